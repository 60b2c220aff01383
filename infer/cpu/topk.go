package cpu

import (
	"fmt"
	"slices"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// lowerTopK makes a TOPK_V2: the greatest numbers of each row, and where they were.
func lowerTopK(l *lowering, n *node) (layer, error) {
	if len(n.inputs) != 2 || len(n.outputs) != 2 {
		return nil, fmt.Errorf("%d inputs and %d outputs (want 2 and 2)", len(n.inputs), len(n.outputs))
	}
	count, err := n.inputs[1].ints()
	if err != nil {
		return nil, err
	}
	in, out, where := n.inputs[0], n.outputs[0], n.outputs[1]
	rank := len(in.Shape)
	if len(count) != 1 || rank == 0 || count[0] < 1 || count[0] > in.Shape[rank-1] {
		return nil, fmt.Errorf("the greatest %v of %v", count, in.Shape)
	}
	want := append(slices.Clone(in.Shape[:rank-1]), count[0])
	if !slices.Equal(out.Shape, want) || !slices.Equal(where.Shape, want) || out.Type != in.Type {
		return nil, fmt.Errorf("%v %v cannot become %v %v and %v", in.Type, in.Shape, out.Type, out.Shape, where.Shape)
	}
	places, err := l.int32s(where)
	if err != nil {
		return nil, err
	}
	if err := l.work(float64(in.Elements()) * float64(count[0])); err != nil {
		return nil, err
	}
	t := top{width: in.Shape[rank-1], count: count[0], places: places}
	switch in.Type {
	case model.Float32:
		return newTop(l.floats, n, t, kernel.Top[float32])
	case model.Uint8, model.Int8:
		return newTop(l.bytes, n, t, kernel.Top[uint8])
	case model.Int32:
		return newTop(l.int32s, n, t, kernel.Top[int32])
	case model.Int64:
		return newTop(l.int64s, n, t, kernel.Top[int64])
	}
	return nil, n.badType()
}

// top is what rows of all types have in common; a piece is a row.
type top struct {
	width, count int
	places       []int32
}

func (t *top) units() int { return len(t.places) / t.count }

type topOf[T element] struct {
	top
	in, out []T
	find    func(values []T, places []int32, row []T)
}

func newTop[T element](memory func(*value) ([]T, error), n *node, t top, find func([]T, []int32, []T)) (layer, error) {
	in, out, err := ends(memory, n)
	return &topOf[T]{t, in, out, find}, err
}

func (t *topOf[T]) run(_ *scratch, from, to int) {
	for i := from; i < to; i++ {
		t.find(t.out[i*t.count:(i+1)*t.count], t.places[i*t.count:(i+1)*t.count], t.in[i*t.width:(i+1)*t.width])
	}
}

// lowerCumSum makes a CUMSUM, the sums of all numbers up to each along a dimension.
func lowerCumSum(l *lowering, n *node) (layer, error) {
	opt, ok := n.options.(model.CumSum)
	if !ok || n.inputs[0].Type != n.outputs[0].Type || n.inputs[0].Elements() != n.outputs[0].Elements() {
		return nil, fmt.Errorf("no options, or %v %v cannot become %v %v", n.inputs[0].Type, n.inputs[0].Shape, n.outputs[0].Type, n.outputs[0].Shape)
	}
	s, err := slabsAt(n)
	if err != nil {
		return nil, err
	}
	if err := l.work(float64(n.inputs[0].Elements())); err != nil {
		return nil, err
	}
	switch n.inputs[0].Type {
	case model.Float32:
		return newRunning(l.floats, n, s, opt)
	case model.Int32:
		return newRunning(l.int32s, n, s, opt)
	case model.Int64:
		return newRunning(l.int64s, n, s, opt)
	}
	return nil, n.badType()
}

// running is sums; a piece is a column of a slab.
type running[T element] struct {
	slabs
	model.CumSum
	in, out []T
}

func newRunning[T element](memory func(*value) ([]T, error), n *node, s slabs, opt model.CumSum) (layer, error) {
	in, out, err := ends(memory, n)
	return &running[T]{s, opt, in, out}, err
}

func (r *running[T]) units() int { return r.outer * r.inner }

func (r *running[T]) run(_ *scratch, from, to int) {
	for i := from; i < to; i++ {
		at := i/r.inner*r.n*r.inner + i%r.inner
		kernel.Running(r.out[at:], r.in[at:], r.n, r.inner, r.Exclusive, r.Reverse)
	}
}
