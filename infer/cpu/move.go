package cpu

import (
	"fmt"
	"slices"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// move copies blocks from its input to its outputs, as one piece. fill, if set, goes to what no block covers.
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

// mover makes a move of tensor in to all of o's outputs, which have its type.
func (p *planner) mover(o *model.Operator, in int, boxes []*kernel.Box, fill *uint8) (layer, error) {
	for _, i := range o.Outputs {
		if p.tensor(i).Type != p.tensor(in).Type {
			return nil, fmt.Errorf("%v cannot become %v", p.tensor(in).Type, p.tensor(i).Type)
		}
	}
	if p.tensor(in).Type != model.Float32 {
		return moveOf(p.bytes, o, in, boxes, fill)
	}
	var zero *float32
	if fill != nil {
		zero = new(float32)
	}
	return moveOf(p.floats, o, in, boxes, zero)
}

func moveOf[T any](memory func(int) ([]T, error), o *model.Operator, in int, boxes []*kernel.Box, fill *T) (layer, error) {
	src, err := memory(in)
	if err != nil {
		return nil, err
	}
	m := &move[T]{in: src, boxes: boxes, fill: fill}
	for _, i := range o.Outputs {
		dst, err := memory(i)
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

// box describes a copy of a block of the given size between arrays of two shapes of the same rank.
func box(size, dst, src []int) (*kernel.Box, error) {
	if len(size) > kernel.MaxDims {
		return nil, fmt.Errorf("%d dimensions (the most is %d): %w", len(size), kernel.MaxDims, infer.ErrUnsupported)
	}
	b := &kernel.Box{N: len(size), DstStep: steps(dst), SrcStep: steps(src)}
	copy(b.Dims[:], size)
	return b, nil
}

// buildPad makes a PAD: the input with a border of zeros.
func buildPad(p *planner, o *model.Operator) (layer, error) {
	if len(o.Inputs) != 2 {
		return nil, fmt.Errorf("%d inputs (want 2)", len(o.Inputs))
	}
	borders, err := p.ints(o.Inputs[1])
	if err != nil {
		return nil, err
	}
	in, out := p.tensor(o.Inputs[0]), p.tensor(o.Outputs[0])
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
	zero := flip(out)
	if out.Quant != nil && out.Type != model.Float32 {
		q, err := p.quant(o.Outputs[0])
		if err != nil {
			return nil, err
		}
		zero = uint8(q.zero)
	}
	return p.mover(o, o.Inputs[0], []*kernel.Box{b}, &zero)
}

// buildTranspose makes a TRANSPOSE: dimension d of the output is dimension order[d] of the input.
func buildTranspose(p *planner, o *model.Operator) (layer, error) {
	if len(o.Inputs) != 2 {
		return nil, fmt.Errorf("%d inputs (want 2)", len(o.Inputs))
	}
	order, err := p.ints(o.Inputs[1])
	if err != nil {
		return nil, err
	}
	in, out := p.tensor(o.Inputs[0]), p.tensor(o.Outputs[0])
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
	return p.mover(o, o.Inputs[0], []*kernel.Box{b}, nil)
}

// buildSpaceToDepth makes a SPACE_TO_DEPTH: the pixels of a block become channels, row by row.
func buildSpaceToDepth(p *planner, o *model.Operator) (layer, error) {
	opt, ok := o.Options.(model.SpaceToDepth)
	in, out := p.tensor(o.Inputs[0]), p.tensor(o.Outputs[0])
	n := opt.Block
	if !ok || len(in.Shape) != 4 || n < 1 || n > maxWindow {
		return nil, fmt.Errorf("blocks of %d in %v (want 4 dimensions): %w", n, in.Shape, infer.ErrUnsupported)
	}
	batch, h, w, c := in.Shape[0], in.Shape[1]/n, in.Shape[2]/n, in.Shape[3]
	if h*n != in.Shape[1] || w*n != in.Shape[2] || !slices.Equal(out.Shape, []int{batch, h, w, n * n * c}) {
		return nil, fmt.Errorf("blocks of %d make %v of %v", n, out.Shape, in.Shape)
	}
	// The output is [batch h w n n*c], the input [batch h n w n*c].
	b, err := box([]int{batch * h, w, n, n * c}, []int{batch * h, w, n, n * c}, []int{batch * h, n, w, n * c})
	if err != nil {
		return nil, err
	}
	b.SrcStep[1], b.SrcStep[2] = b.SrcStep[2], b.SrcStep[1]
	return p.mover(o, o.Inputs[0], []*kernel.Box{b}, nil)
}

// buildSplit makes a SPLIT; its inputs are the axis and what is split.
func buildSplit(p *planner, o *model.Operator) (layer, error) {
	if len(o.Inputs) != 2 {
		return nil, fmt.Errorf("%d inputs (want 2)", len(o.Inputs))
	}
	return p.split(o, o.Inputs[1], o.Inputs[0])
}

// buildSplitV makes a SPLIT_V; its inputs are what is split, the sizes, and the axis.
func buildSplitV(p *planner, o *model.Operator) (layer, error) {
	if len(o.Inputs) != 3 {
		return nil, fmt.Errorf("%d inputs (want 3)", len(o.Inputs))
	}
	return p.split(o, o.Inputs[0], o.Inputs[2])
}

// split divides tensor in along the dimension that the constant tensor axis holds. The outputs' own shapes say how.
func (p *planner) split(o *model.Operator, in, axis int) (layer, error) {
	if in < 0 {
		return nil, fmt.Errorf("an input is missing")
	}
	axes, err := p.ints(axis)
	if err != nil {
		return nil, err
	}
	src := p.tensor(in)
	if len(axes) != 1 || axes[0] < -len(src.Shape) || axes[0] >= len(src.Shape) {
		return nil, fmt.Errorf("axis %v of %v", axes, src.Shape)
	}
	a := (axes[0] + len(src.Shape)) % len(src.Shape)
	var boxes []*kernel.Box
	at := 0
	for _, i := range o.Outputs {
		part := p.tensor(i).Shape
		if !sameBut(part, src.Shape, a) {
			return nil, fmt.Errorf("%v is no part of %v", part, src.Shape)
		}
		b, err := box(part, part, src.Shape)
		if err != nil {
			return nil, err
		}
		b.SrcStart = at * b.SrcStep[a]
		boxes = append(boxes, b)
		at += part[a]
	}
	if at != src.Shape[a] {
		return nil, fmt.Errorf("the outputs have %d along dimension %d, the input has %d", at, a, src.Shape[a])
	}
	return p.mover(o, in, boxes, nil)
}
