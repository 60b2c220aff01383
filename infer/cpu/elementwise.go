package cpu

import (
	"fmt"
	"slices"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// lowerAdd makes an ADD.
func lowerAdd(l *lowering, n *node) (layer, error) {
	opt, ok := n.options.(model.Add)
	if !ok {
		return nil, fmt.Errorf("no options")
	}
	return lowerBinary(l, n, opt.Activation, l.adder, func(lo, hi float32) combine[float32] {
		return limited(l.set.Add32, kernel.Add32, lo, hi)
	})
}

// lowerMul makes a MUL.
func lowerMul(l *lowering, n *node) (layer, error) {
	opt, ok := n.options.(model.Mul)
	if !ok {
		return nil, fmt.Errorf("no options")
	}
	return lowerBinary(l, n, opt.Activation, multiplication, func(lo, hi float32) combine[float32] {
		return limited(l.set.Mul32, kernel.Mul32, lo, hi)
	})
}

// limited is f between two limits, or plain if there is no f.
func limited(f, plain func(dst, a, b []float32, stepA, stepB int, lo, hi float32), lo, hi float32) combine[float32] {
	if f == nil {
		f = plain
	}
	return func(dst, a, b []float32, stepA, stepB int) { f(dst, a, b, stepA, stepB, lo, hi) }
}

// adder prepares a quantized sum: each input is brought to half the step of the coarser input, with 20 bits of fraction
// (tflite/kernels/add.cc).
func (l *lowering) adder(a, b, out quant, act model.Activation) (combine[uint8], error) {
	twice := float64(2 * max(a.scale, b.scale))
	mult, err := multiplier(twice / float64((1<<kernel.AddFraction)*out.scale))
	if err != nil {
		return nil, err
	}
	result, err := out.output(act, []kernel.Multiplier{mult})
	if err != nil {
		return nil, err
	}
	var ins [2]kernel.AddInput
	for i, in := range []quant{a, b} {
		ins[i].Zero = in.zero
		if ins[i].Mult, err = multiplier(float64(in.scale) / twice); err != nil {
			return nil, err
		}
	}
	k := kernel.NewAdder(ins[0], ins[1], result)
	if l.set.Adder == nil {
		return k.Add, nil
	}
	add, size := l.set.Adder(k)
	if add == nil {
		return k.Add, nil
	}
	return func(dst, a, b []uint8, stepA, stepB int) {
		if stepA == 1 && stepB == 1 {
			add(dst, a, b)
		} else {
			k.Add(dst, a, b, stepA, stepB)
		}
	}, l.take(size)
}

// multiplication prepares a quantized product. The factor is computed in float32, as in tflite/kernels/mul.cc.
func multiplication(a, b, out quant, act model.Activation) (combine[uint8], error) {
	mult, err := multiplier(float64(float32(a.scale*b.scale) / out.scale))
	if err != nil {
		return nil, err
	}
	k := &kernel.Multiplication{ZeroA: a.zero, ZeroB: b.zero}
	if k.Out, err = out.output(act, []kernel.Multiplier{mult}); err != nil {
		return nil, err
	}
	return k.Mul, nil
}

// combine computes dst from two rows; a step is 0 where a row is a single element that counts for all of dst.
type combine[T any] func(dst, a, b []T, stepA, stepB int)

// lowerBinary makes an operator of two tensors, of the same shape or such that one repeats along some dimensions.
func lowerBinary(l *lowering, n *node, act model.Activation,
	prepare func(a, b, out quant, act model.Activation) (combine[uint8], error),
	prepare32 func(lo, hi float32) combine[float32]) (layer, error) {
	if len(n.inputs) != 2 || n.inputs[1] == nil {
		return nil, fmt.Errorf("%d inputs (want 2)", len(n.inputs))
	}
	a, b, out := n.inputs[0], n.inputs[1], n.outputs[0]
	if a.Type != out.Type || b.Type != out.Type {
		return nil, fmt.Errorf("inputs are %v and %v, output is %v: %w", a.Type, b.Type, out.Type, model.ErrUnsupported)
	}
	pairs, err := l.pairRows(longRows(a.Shape, b.Shape, out.Shape))
	if err != nil {
		return nil, err
	}
	if out.Type == model.Float32 {
		lo, hi, err := limits(act)
		if err != nil {
			return nil, err
		}
		return newPairwise(l.floats, n, pairs, prepare32(lo, hi))
	}
	var q [3]quant
	for i, v := range []*value{a, b, out} {
		if q[i], err = v.quant(); err != nil {
			return nil, err
		}
	}
	f, err := prepare(q[0], q[1], q[2], act)
	if err != nil {
		return nil, err
	}
	return newPairwise(l.bytes, n, pairs, f)
}

// rowPairs says which rows of two inputs make a row of the output, a row being the last dimension.
type rowPairs struct {
	rows, width  int
	a, b         []int // where each row begins
	stepA, stepB int   // 0: the row is one element, which counts for the whole row
}

// longRows makes the last two dimensions one where all shapes are the same: rows of pixels are longer than pixels.
func longRows(a, b, out []int) (_, _, _ []int) {
	n := len(out) - 2
	if n < 0 || !slices.Equal(a, out) || !slices.Equal(b, out) {
		return a, b, out
	}
	long := append(slices.Clone(out[:n]), out[n]*out[n+1])
	return long, long, long
}

// pairRows matches shapes as NumPy does: aligned at the last dimension, a dimension that is 1 or missing repeats.
func (l *lowering) pairRows(a, b, out []int) (*rowPairs, error) {
	r := &rowPairs{rows: 1, width: 1}
	if len(out) > 0 {
		r.width = out[len(out)-1]
		r.rows = product(out[:len(out)-1])
	}
	if err := l.take(16 * int64(r.rows)); err != nil {
		return nil, err
	}
	r.a, r.b = make([]int, r.rows), make([]int, r.rows)
	var errA, errB error
	r.stepA, errA = broadcast(r.a, a, out)
	r.stepB, errB = broadcast(r.b, b, out)
	if errA != nil || errB != nil {
		return nil, fmt.Errorf("inputs %v and %v do not make output %v", a, b, out)
	}
	return r, nil
}

// broadcast writes to starts where each row of an output of shape out finds its elements in an input of shape in.
func broadcast(starts []int, in, out []int) (step int, err error) {
	if len(in) > len(out) {
		return 0, fmt.Errorf("too many dimensions")
	}
	strides := make([]int, len(out)) // of in along each dimension of out
	missing := len(out) - len(in)
	size := 1
	for d := len(in) - 1; d >= 0; d-- {
		switch in[d] {
		case 1: // stays
		case out[missing+d]:
			strides[missing+d] = size
		default:
			return 0, fmt.Errorf("dimension %d differs", d)
		}
		size *= in[d]
	}
	outer := max(0, len(out)-1)
	for row := range starts {
		at, rest := 0, row
		for d := outer - 1; d >= 0; d-- {
			at += rest % out[d] * strides[d]
			rest /= out[d]
		}
		starts[row] = at
	}
	if len(out) == 0 {
		return 0, nil
	}
	return strides[outer], nil
}

// pairwise applies f to pairs of rows. A piece is a row.
type pairwise[T any] struct {
	*rowPairs
	inA, inB, out []T
	f             combine[T]
}

func newPairwise[T any](memory func(*value) ([]T, error), n *node, pairs *rowPairs, f combine[T]) (layer, error) {
	b := &pairwise[T]{rowPairs: pairs, f: f}
	var err error
	if b.inA, err = memory(n.inputs[0]); err != nil {
		return nil, err
	}
	if b.inB, err = memory(n.inputs[1]); err != nil {
		return nil, err
	}
	if b.out, err = memory(n.outputs[0]); err != nil {
		return nil, err
	}
	return b, nil
}

func (b *pairwise[T]) units() int { return b.rows }

func (b *pairwise[T]) run(_ *scratch, from, to int) {
	for row := from; row < to; row++ {
		b.f(b.out[row*b.width:(row+1)*b.width], b.inA[b.a[row]:], b.inB[b.b[row]:], b.stepA, b.stepB)
	}
}
