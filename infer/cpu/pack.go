package cpu

import (
	"fmt"
	"slices"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

func packShape(n *node) ([][]int, error) {
	opt, ok := n.options.(model.Pack)
	in := n.inputs[0]
	if !ok || opt.Values != len(n.inputs) {
		return nil, fmt.Errorf("%d inputs, options for %d", len(n.inputs), opt.Values)
	}
	rank := len(in.Shape)
	if opt.Axis < -rank-1 || opt.Axis > rank {
		return nil, fmt.Errorf("axis %d of %v", opt.Axis, in.Shape)
	}
	at := opt.Axis
	if at < 0 {
		at += rank + 1
	}
	for _, v := range n.inputs {
		if v == nil || v.Type != in.Type || !slices.Equal(v.Shape, in.Shape) {
			return nil, fmt.Errorf("the inputs differ in type or shape: %w", model.ErrUnsupported)
		}
	}
	return one(with(in.Shape, at, len(n.inputs))...), nil
}

// lowerPack makes a PACK: tensors of one shape, side by side along a new dimension.
func lowerPack(l *lowering, n *node) (layer, error) {
	in, out := n.inputs[0], n.outputs[0]
	if err := n.movable(in, model.Float32, model.Uint8, model.Int8, model.Int16, model.Int32, model.Int64); err != nil {
		return nil, err
	}
	opt, _ := n.options.(model.Pack)
	at, err := axisOf(out, opt.Axis)
	if err != nil {
		return nil, err
	}
	dst, err := l.raw(out)
	if err != nil {
		return nil, err
	}
	size, m := in.Type.Size(), &move{}
	to := steps(out.Shape, size)
	for i, v := range n.inputs {
		if err := v.alike(out); err != nil {
			return nil, err
		}
		src, err := l.raw(v)
		if err != nil {
			return nil, err
		}
		b := box(size, in.Shape, without(to, at), steps(in.Shape, size))
		b.Dst = i * to[at]
		m.add(dst, src, b)
	}
	return m, nil
}

func unpackShape(n *node) ([][]int, error) {
	opt, ok := n.options.(model.Unpack)
	in := n.inputs[0]
	if !ok {
		return nil, fmt.Errorf("no options")
	}
	a, err := axisOf(in, opt.Axis)
	if err != nil {
		return nil, err
	}
	if opt.Num != in.Shape[a] {
		return nil, fmt.Errorf("%d parts of dimension %d of %v", opt.Num, a, in.Shape)
	}
	list := make([][]int, len(n.outputs))
	for i := range list {
		list[i] = without(in.Shape, a)
	}
	if len(list) != opt.Num {
		return nil, fmt.Errorf("%d outputs (want %d)", len(list), opt.Num)
	}
	return list, nil
}

// lowerUnpack makes an UNPACK, the opposite of a PACK.
func lowerUnpack(l *lowering, n *node) (layer, error) {
	in := n.inputs[0]
	if err := n.movable(in, model.Float32, model.Uint8, model.Int8, model.Int16, model.Int32, model.Bool); err != nil {
		return nil, err
	}
	opt, _ := n.options.(model.Unpack)
	a, err := axisOf(in, opt.Axis)
	if err != nil {
		return nil, err
	}
	size := in.Type.Size()
	from := steps(in.Shape, size)
	var boxes []kernel.Box
	for i, out := range n.outputs {
		if err := out.alike(in); err != nil {
			return nil, err
		}
		b := box(size, out.Shape, steps(out.Shape, size), without(from, a))
		b.Src = i * from[a]
		boxes = append(boxes, b)
	}
	return lowerMove(l, n, in, boxes...)
}
