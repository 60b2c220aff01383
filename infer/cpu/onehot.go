package cpu

import (
	"fmt"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

func oneHotShape(n *node) ([][]int, error) {
	opt, ok := n.options.(model.OneHot)
	in := n.inputs[0]
	depth, err := n.list(1)
	if err != nil {
		return nil, err
	}
	rank := len(in.Shape)
	if !ok || opt.Axis < -1 || opt.Axis > rank || len(depth) != 1 {
		return nil, fmt.Errorf("axis %d and depth %v of %v: %w", opt.Axis, depth, in.Shape, model.ErrUnsupported)
	}
	at := opt.Axis
	if at < 0 {
		at = rank
	}
	return one(with(in.Shape, at, depth[0])...), nil
}

// lowerOneHot makes a ONE_HOT: for each index a row that is on there and off elsewhere, along a new dimension.
func lowerOneHot(l *lowering, n *node) (layer, error) {
	opt, _ := n.options.(model.OneHot)
	out := n.outputs[0]
	if err := oneOf(n.inputs[0], model.Int32, model.Int64); err != nil {
		return nil, err
	}
	if err := n.movable(n.inputs[2], model.Float32, model.Int32, model.Int64, model.Int8, model.Uint8, model.Bool); err != nil {
		return nil, err
	}
	if n.inputs[3].Type != out.Type || n.inputs[2].Elements() != 1 || n.inputs[3].Elements() != 1 {
		return nil, fmt.Errorf("on %v %v and off %v %v", n.inputs[2].Type, n.inputs[2].Shape, n.inputs[3].Type, n.inputs[3].Shape)
	}
	at := opt.Axis
	if at < 0 {
		at = len(out.Shape) - 1
	}
	x, err := l.indices(n.inputs[0])
	if err != nil {
		return nil, err
	}
	h := &oneHot{indices: x, depth: out.Shape[at], inner: product(out.Shape[at+1:]), size: out.Type.Size()}
	if h.dst, err = l.raw(out); err != nil {
		return nil, err
	}
	if h.on, err = l.raw(n.inputs[2]); err != nil {
		return nil, err
	}
	if h.off, err = l.raw(n.inputs[3]); err != nil {
		return nil, err
	}
	h.outer = out.Elements() / (h.depth * h.inner)
	return h, nil
}

// oneHot writes rows of depth elements, inner elements apart. A piece is inner rows.
type oneHot struct {
	*indices
	outer, depth, inner, size int
	on, off, dst              []byte
}

func (h *oneHot) units() int { return h.outer }

func (h *oneHot) run(_ *scratch, from, to int) {
	length := h.depth * h.inner * h.size
	for i := from; i < to; i++ {
		rows := h.dst[i*length:][:length]
		kernel.Repeat(rows, h.off)
		for k := range h.inner {
			if row, ok := h.at(i*h.inner+k, h.depth); ok {
				copy(rows[(row*h.inner+k)*h.size:][:h.size], h.on)
			}
		}
		h.bad.Store(false) // an index beyond makes a row without an on
	}
}
