package cpu

import (
	"fmt"
	"slices"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// lowerSelect makes a SELECT or SELECT_V2: where the first input is true, the second's number, else the third's.
func lowerSelect(l *lowering, n *node) (layer, error) {
	if err := n.sameTypes(3); err != nil {
		return nil, err
	}
	switch n.outputs[0].Type {
	case model.Uint8, model.Int8:
		return newSelect(l, l.bytes, n)
	case model.Bool:
		return newSelect(l, l.bools, n)
	case model.Int16:
		return newSelect(l, l.int16s, n)
	case model.Int32:
		return newSelect(l, l.int32s, n)
	case model.Int64:
		return newSelect(l, l.int64s, n)
	case model.Float32:
		return newSelect(l, l.floats, n)
	}
	return nil, fmt.Errorf("it is not for %v: %w", n.outputs[0].Type, model.ErrUnsupported)
}

// selection is SELECT. A piece is a row.
type selection[T element] struct {
	*rows
	which     []uint8
	a, b, out []T
}

func newSelect[T element](l *lowering, memory func(*value) ([]T, error), n *node) (layer, error) {
	r, err := selectRows(n)
	if err != nil {
		return nil, err
	}
	s := &selection[T]{rows: r}
	if s.which, err = l.bools(n.inputs[0]); err != nil {
		return nil, err
	}
	if s.a, err = memory(n.inputs[1]); err != nil {
		return nil, err
	}
	if s.b, err = memory(n.inputs[2]); err != nil {
		return nil, err
	}
	s.out, err = memory(n.outputs[0])
	return s, err
}

// selectRows matches the shapes: all the same, or those of SELECT_V2 as they repeat. A SELECT may have one condition for all, or one
// for each index of the first dimension.
func selectRows(n *node) (*rows, error) {
	which, a, b, out := n.inputs[0], n.inputs[1], n.inputs[2], n.outputs[0]
	if which == nil {
		return nil, fmt.Errorf("an input is missing")
	}
	shape := which.Shape
	if n.op == model.OpSelect {
		if !slices.Equal(a.Shape, b.Shape) || !slices.Equal(a.Shape, out.Shape) {
			return nil, fmt.Errorf("inputs %v and %v do not make output %v", a.Shape, b.Shape, out.Shape)
		}
		switch {
		case slices.Equal(shape, a.Shape) || len(shape) == 0:
		case len(shape) == 1 && len(a.Shape) > 0 && shape[0] == a.Shape[0]:
			shape = make([]int, len(a.Shape))
			for d := range shape {
				shape[d] = 1
			}
			shape[0] = a.Shape[0]
		default:
			return nil, fmt.Errorf("the condition is %v, the others %v", shape, a.Shape)
		}
	}
	if len(out.Shape) > maxDims {
		return nil, fmt.Errorf("%d dimensions (the most is %d): %w", len(out.Shape), maxDims, model.ErrUnsupported)
	}
	return newRows(out.Shape, shape, a.Shape, b.Shape)
}

func (s *selection[T]) units() int { return s.count }

func (s *selection[T]) run(_ *scratch, from, to int) {
	w, in := s.width, s.rows.from
	for p := s.seek(from); from < to; from++ {
		kernel.Select(s.out[from*w:(from+1)*w], s.which[p.at[0]:], s.a[p.at[1]:], s.b[p.at[2]:], in[0].step, in[1].step, in[2].step)
		s.advance(&p)
	}
}

// lowerAddN makes an ADD_N: the sum of tensors of one shape.
func lowerAddN(l *lowering, n *node) (layer, error) {
	out := n.outputs[0]
	if len(n.inputs) < 2 {
		return nil, fmt.Errorf("%d inputs (want 2 or more): %w", len(n.inputs), model.ErrUnsupported)
	}
	for _, v := range n.inputs {
		if v == nil || v.Type != out.Type || !slices.Equal(v.Shape, out.Shape) {
			return nil, fmt.Errorf("an input is missing, or not %v %v as the output", out.Type, out.Shape)
		}
	}
	switch out.Type {
	case model.Int32:
		return newSum(l.int32s, n)
	case model.Float32:
		return newSum(l.floats, n)
	}
	return nil, n.noType()
}

// sum adds up its inputs, in their order. A piece is a chunk of elements.
type sum[T kernel.Number] struct {
	ins [][]T
	out []T
}

func newSum[T kernel.Number](memory func(*value) ([]T, error), n *node) (layer, error) {
	out, err := memory(n.outputs[0])
	s := &sum[T]{out: out}
	for _, v := range n.inputs {
		in, err := memory(v)
		if err != nil {
			return nil, err
		}
		s.ins = append(s.ins, in)
	}
	return s, err
}

func (s *sum[T]) units() int { return ceil(len(s.out), chunk) }

func (s *sum[T]) run(_ *scratch, from, to int) {
	for ; from < to; from++ {
		begin, end := from*chunk, min((from+1)*chunk, len(s.out))
		copy(s.out[begin:end], s.ins[0][begin:end])
		for _, in := range s.ins[1:] {
			for i, x := range in[begin:end] {
				s.out[begin+i] += x
			}
		}
	}
}
