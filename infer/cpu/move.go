package cpu

import (
	"fmt"
	"slices"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// move copies boxes from its input to its outputs, as one piece. fill, if set, goes to what no box covers.
type move[T any] struct {
	in    []T
	out   [][]T
	boxes []*kernel.Box // one for each output
	fill  *T
}

func (m *move[T]) units() int { return 1 }

func (m *move[T]) run(_ *scratch, _, _ int) {
	for i, out := range m.out {
		if m.fill != nil {
			kernel.Fill(out, *m.fill)
		}
		kernel.Copy(out, m.in, m.boxes[i])
	}
}

// lowerMove makes a move of value in to all of n's outputs, which have its type.
func lowerMove(l *lowering, n *node, in *value, boxes []*kernel.Box, fill *uint8) (layer, error) {
	for _, out := range n.outputs {
		if out.Type != in.Type {
			return nil, fmt.Errorf("%v cannot become %v", in.Type, out.Type)
		}
	}
	if in.Type != model.Float32 {
		return newMove(l.bytes, n, in, boxes, fill)
	}
	var zero *float32
	if fill != nil {
		zero = new(float32)
	}
	return newMove(l.floats, n, in, boxes, zero)
}

func newMove[T any](memory func(*value) ([]T, error), n *node, in *value, boxes []*kernel.Box, fill *T) (layer, error) {
	src, err := memory(in)
	if err != nil {
		return nil, err
	}
	m := &move[T]{in: src, boxes: boxes, fill: fill}
	for _, out := range n.outputs {
		dst, err := memory(out)
		if err != nil {
			return nil, err
		}
		m.out = append(m.out, dst)
	}
	return m, nil
}

// steps are the distances between neighbours along each dimension, in elements.
func steps(shape []int) (s [kernel.MaxDims]int) {
	size := 1
	for d := len(shape) - 1; d >= 0; d-- {
		s[d] = size
		size *= shape[d]
	}
	return s
}

// box describes a copy of a box of the given size between arrays of two shapes of the same rank.
func box(size, dst, src []int) (*kernel.Box, error) {
	if len(size) > kernel.MaxDims {
		return nil, fmt.Errorf("%d dimensions (the most is %d): %w", len(size), kernel.MaxDims, model.ErrUnsupported)
	}
	b := &kernel.Box{N: len(size), DstStep: steps(dst), SrcStep: steps(src)}
	copy(b.Dims[:], size)
	return b, nil
}

// lowerPad makes a PAD: the input with a border of zeros.
func lowerPad(l *lowering, n *node) (layer, error) {
	if len(n.inputs) != 2 {
		return nil, fmt.Errorf("%d inputs (want 2)", len(n.inputs))
	}
	borders, err := n.inputs[1].ints()
	if err != nil {
		return nil, err
	}
	in, out := n.inputs[0], n.outputs[0]
	if len(out.Shape) != len(in.Shape) || len(borders) != 2*len(in.Shape) {
		return nil, fmt.Errorf("%d borders for input %v and output %v", len(borders), in.Shape, out.Shape)
	}
	b, err := box(in.Shape, out.Shape, in.Shape)
	if err != nil {
		return nil, err
	}
	for d := range in.Shape {
		before, after := borders[2*d], borders[2*d+1]
		if before < 0 || after < 0 || int64(before)+int64(in.Shape[d])+int64(after) != int64(out.Shape[d]) {
			return nil, fmt.Errorf("input %v with borders %v is not %v", in.Shape, borders, out.Shape)
		}
		b.DstStart += before * b.DstStep[d]
	}
	zero := out.flip()
	if out.Quant != nil && out.Type != model.Float32 {
		q, err := n.outputs[0].quant()
		if err != nil {
			return nil, err
		}
		zero = uint8(q.zero)
	}
	return lowerMove(l, n, n.inputs[0], []*kernel.Box{b}, &zero)
}

// lowerTranspose makes a TRANSPOSE: dimension d of the output is dimension order[d] of the input.
func lowerTranspose(l *lowering, n *node) (layer, error) {
	if len(n.inputs) != 2 {
		return nil, fmt.Errorf("%d inputs (want 2)", len(n.inputs))
	}
	order, err := n.inputs[1].ints()
	if err != nil {
		return nil, err
	}
	in, out := n.inputs[0], n.outputs[0]
	if len(order) != len(in.Shape) || len(order) != len(out.Shape) {
		return nil, fmt.Errorf("order %v of input %v and output %v", order, in.Shape, out.Shape)
	}
	b, err := box(out.Shape, out.Shape, in.Shape)
	if err != nil {
		return nil, err
	}
	from := b.SrcStep
	seen := make([]bool, len(order))
	for d, s := range order {
		if s < 0 {
			s += len(order)
		}
		if s < 0 || s >= len(order) || seen[s] || in.Shape[s] != out.Shape[d] {
			return nil, fmt.Errorf("order %v of input %v is not %v", order, in.Shape, out.Shape)
		}
		seen[s], b.SrcStep[d] = true, from[s]
	}
	return lowerMove(l, n, n.inputs[0], []*kernel.Box{b}, nil)
}

// lowerSpaceToDepth makes a SPACE_TO_DEPTH: the pixels of a block become channels, row by row.
func lowerSpaceToDepth(l *lowering, n *node) (layer, error) {
	opt, ok := n.options.(model.SpaceToDepth)
	in, out := n.inputs[0], n.outputs[0]
	side := opt.Block
	if !ok || len(in.Shape) != 4 || side < 1 || side > maxWindow {
		return nil, fmt.Errorf("blocks of %d in %v (want 4 dimensions): %w", side, in.Shape, model.ErrUnsupported)
	}
	batch, h, w, c := in.Shape[0], in.Shape[1]/side, in.Shape[2]/side, in.Shape[3]
	if h*side != in.Shape[1] || w*side != in.Shape[2] || !slices.Equal(out.Shape, []int{batch, h, w, side * side * c}) {
		return nil, fmt.Errorf("blocks of %d make %v of %v", side, out.Shape, in.Shape)
	}
	// The output is [batch h w side side*c], the input [batch h side w side*c].
	b, err := box([]int{batch * h, w, side, side * c}, []int{batch * h, w, side, side * c}, []int{batch * h, side, w, side * c})
	if err != nil {
		return nil, err
	}
	b.SrcStep[1], b.SrcStep[2] = b.SrcStep[2], b.SrcStep[1]
	return lowerMove(l, n, n.inputs[0], []*kernel.Box{b}, nil)
}

// lowerSplit makes a SPLIT; its inputs are the axis and what is split.
func lowerSplit(l *lowering, n *node) (layer, error) {
	if len(n.inputs) != 2 {
		return nil, fmt.Errorf("%d inputs (want 2)", len(n.inputs))
	}
	return lowerParts(l, n, n.inputs[1], n.inputs[0])
}

// lowerSplitV makes a SPLIT_V; its inputs are what is split, the sizes, and the axis.
func lowerSplitV(l *lowering, n *node) (layer, error) {
	if len(n.inputs) != 3 {
		return nil, fmt.Errorf("%d inputs (want 3)", len(n.inputs))
	}
	return lowerParts(l, n, n.inputs[0], n.inputs[2])
}

// lowerParts divides value in along the dimension that the constant axis holds. The outputs' own shapes say how.
func lowerParts(l *lowering, n *node, in, axis *value) (layer, error) {
	if in == nil {
		return nil, fmt.Errorf("an input is missing")
	}
	axes, err := axis.ints()
	if err != nil {
		return nil, err
	}
	if len(axes) != 1 || axes[0] < -len(in.Shape) || axes[0] >= len(in.Shape) {
		return nil, fmt.Errorf("axis %v of %v", axes, in.Shape)
	}
	a := (axes[0] + len(in.Shape)) % len(in.Shape)
	var boxes []*kernel.Box
	at := 0
	for _, out := range n.outputs {
		part := out.Shape
		if !sameBut(part, in.Shape, a) {
			return nil, fmt.Errorf("%v is no part of %v", part, in.Shape)
		}
		b, err := box(part, part, in.Shape)
		if err != nil {
			return nil, err
		}
		b.SrcStart = at * b.SrcStep[a]
		boxes = append(boxes, b)
		at += part[a]
	}
	if at != in.Shape[a] {
		return nil, fmt.Errorf("the outputs have %d along dimension %d, the input has %d", at, a, in.Shape[a])
	}
	return lowerMove(l, n, in, boxes, nil)
}
