package cpu

import (
	"cmp"
	"fmt"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// lowerArg makes an ARG_MAX or ARG_MIN, which tells where the greatest or least numbers are along a dimension.
func lowerArg(l *lowering, n *node) (layer, error) {
	opt, ok := n.options.(model.Arg)
	in, out := n.inputs[0], n.outputs[0]
	if !ok || opt.Output != out.Type {
		return nil, fmt.Errorf("no options, or output %q is %v (want %v)", out.Name, out.Type, opt.Output)
	}
	s, err := slabsAt(n)
	if err != nil {
		return nil, err
	}
	if s.outer*s.inner != out.Elements() {
		return nil, fmt.Errorf("%v cannot become %v", in.Shape, out.Shape)
	}
	l.scratch.grow(need{sums: argPart})
	switch in.Type {
	case model.Uint8, model.Int8:
		f := argOf[uint8](n.op)
		if n.op == model.OpArgMax {
			f.rows = l.set.ArgMax
		}
		return newArg(l, l.bytes, n, s, f)
	case model.Bool:
		return newArg(l, l.bools, n, s, argOf[uint8](n.op))
	case model.Float32:
		return newArg(l, l.floats, n, s, argOf[float32](n.op))
	case model.Int32:
		return newArg(l, l.int32s, n, s, argOf[int32](n.op))
	}
	return nil, n.badType()
}

// slabs is how a dimension lies in a tensor: outer times n rows of inner numbers.
type slabs struct{ outer, n, inner int }

// slabsAt finds the dimension of a node's first input that the second one, an axis, names.
func slabsAt(n *node) (slabs, error) {
	in := n.inputs[0]
	if len(n.inputs) != 2 {
		return slabs{}, fmt.Errorf("no axis")
	}
	axes, err := n.inputs[1].ints()
	if err != nil {
		return slabs{}, err
	}
	if len(axes) != 1 {
		return slabs{}, fmt.Errorf("%d axes (want 1): %w", len(axes), model.ErrUnsupported)
	}
	d, err := dimension(axes[0], len(in.Shape))
	if err != nil {
		return slabs{}, err
	}
	return slabs{product(in.Shape[:d]), in.Shape[d], product(in.Shape[d+1:])}, nil
}

// argPart is how many places are found at a time, and argBytes bounds what is looked at for it.
const (
	argPart  = 1 << 8
	argBytes = 1 << 17
)

// places is how they are found: in rows of numbers that lie side by side, or across rows.
type places[T element] struct {
	rows   func(dst []int32, src []T, n int)
	across func(dst []int32, src []T, n, step int)
}

func argOf[T interface {
	element
	cmp.Ordered
}](op model.Op) places[T] {
	if op == model.OpArgMax {
		return places[T]{kernel.ArgMax[T], kernel.ArgMaxAcross[T]}
	}
	return places[T]{kernel.ArgMin[T], kernel.ArgMinAcross[T]}
}

// arg tells where numbers are. A piece is some outputs, of one slab if the numbers lie across rows.
type arg[T element] struct {
	slabs
	places[T]
	in    []T
	out32 []int32 // or
	out64 []int64
	part  int // outputs of a piece
}

func newArg[T element](l *lowering, memory func(*value) ([]T, error), n *node, s slabs, p places[T]) (layer, error) {
	in, err := memory(n.inputs[0])
	if err != nil {
		return nil, err
	}
	a := &arg[T]{slabs: s, places: p, in: in, part: min(argPart, max(1, argBytes/s.n))}
	switch n.outputs[0].Type {
	case model.Int32:
		a.out32, err = l.int32s(n.outputs[0])
	case model.Int64:
		a.out64, err = l.int64s(n.outputs[0])
	default:
		err = fmt.Errorf("output %q is %v (want int32 or int64): %w", n.outputs[0].Name, n.outputs[0].Type, model.ErrUnsupported)
	}
	if err != nil {
		return nil, err
	}
	return a, l.work(float64(len(in)))
}

func (a *arg[T]) units() int {
	if a.inner == 1 {
		return ceil(a.outer, a.part)
	}
	return a.outer * ceil(a.inner, a.part)
}

func (a *arg[T]) run(s *scratch, from, to int) {
	for i := from; i < to; i++ {
		if a.inner == 1 {
			first := i * a.part
			dst := s.sums[:min(a.part, a.outer-first)]
			a.rows(dst, a.in[first*a.n:][:len(dst)*a.n], a.n)
			a.store(first, dst)
			continue
		}
		parts := ceil(a.inner, a.part)
		row, first := i/parts, i%parts*a.part
		dst := s.sums[:min(a.part, a.inner-first)]
		a.across(dst, a.in[row*a.n*a.inner+first:], a.n, a.inner)
		a.store(row*a.inner+first, dst)
	}
}

func (a *arg[T]) store(first int, places []int32) {
	if a.out32 != nil {
		copy(a.out32[first:], places)
		return
	}
	dst := a.out64[first:][:len(places)]
	for i, x := range places {
		dst[i] = int64(x)
	}
}
