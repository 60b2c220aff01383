package cpu

import (
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// pairOp is an operator of two tensors of one type, which the output has too: how rows are combined, by type. Those that
// TensorFlow Lite does not have are nil.
type pairOp struct {
	bytes  func(l *lowering, n *node, a, b, out quant, act model.Activation) (combine[uint8, uint8], error)
	shorts func(n *node, a, b, out quant, act model.Activation) (combine[int16, int16], error)
	int32s func(lo, hi int32) combine[int32, int32]
	int64s func(lo, hi int64) combine[int64, int64]
	floats func(l *lowering, lo, hi float32) combine[float32, float32]
}

// binaries has the operators that lowerBinary makes.
var binaries = map[model.Op]pairOp{
	model.OpAdd: {
		bytes: adding(1), shorts: adding16,
		int32s: limited(kernel.Add[int32]), int64s: limited(kernel.Add[int64]),
		floats: func(l *lowering, lo, hi float32) combine[float32, float32] {
			return either(l.set.Add32, kernel.Add32, lo, hi)
		},
	},
	model.OpSub: {
		bytes: adding(-1), shorts: adding16,
		int32s: limited(kernel.Sub[int32]), int64s: limited(kernel.Sub[int64]), floats: limited32(kernel.Sub[float32]),
	},
	model.OpMul: {
		bytes: multiplying, shorts: multiplying16,
		int32s: limited(kernel.Mul[int32]), int64s: limited(kernel.Mul[int64]),
		floats: func(l *lowering, lo, hi float32) combine[float32, float32] {
			return either(l.set.Mul32, kernel.Mul32, lo, hi)
		},
	},
	model.OpDiv:               {bytes: dividing, int32s: limited(kernel.DivInt), floats: limited32(kernel.Div32)},
	model.OpSquaredDifference: {bytes: squaring, int32s: plain(kernel.SquaredDifference[int32]), floats: plain32(kernel.SquaredDifference[float32])},
	model.OpMaximum: {
		bytes: stored(kernel.Larger[uint8]), shorts: stored16(kernel.Larger[int16]),
		int32s: plain(kernel.Larger[int32]), int64s: plain(kernel.Larger[int64]), floats: plain32(kernel.Larger[float32]),
	},
	model.OpMinimum: {
		bytes: stored(kernel.Smaller[uint8]), shorts: stored16(kernel.Smaller[int16]),
		int32s: plain(kernel.Smaller[int32]), int64s: plain(kernel.Smaller[int64]), floats: plain32(kernel.Smaller[float32]),
	},
	model.OpFloorDiv: {int32s: plain(kernel.FloorDivInt), floats: plain32(kernel.FloorDiv32)},
	model.OpFloorMod: {int32s: plain(kernel.FloorModInt[int32]), int64s: plain(kernel.FloorModInt[int64]), floats: plain32(kernel.FloorMod32)},
	model.OpPow:      {int32s: plain(kernel.PowInt), floats: plain32(kernel.Pow32)},
	model.OpPReLU: {bytes: bending, floats: func(l *lowering, _, _ float32) combine[float32, float32] {
		if l.set.PReLU32 != nil {
			return l.set.PReLU32
		}
		return kernel.PReLU32
	}},
}

// limits of numbers that f leaves are its last arguments.
func limited[T any](f func(dst, a, b []T, stepA, stepB int, lo, hi T)) func(lo, hi T) combine[T, T] {
	return func(lo, hi T) combine[T, T] {
		return func(dst, a, b []T, stepA, stepB int) { f(dst, a, b, stepA, stepB, lo, hi) }
	}
}

func limited32(f func(dst, a, b []float32, stepA, stepB int, lo, hi float32)) func(l *lowering, lo, hi float32) combine[float32, float32] {
	return func(_ *lowering, lo, hi float32) combine[float32, float32] { return limited(f)(lo, hi) }
}

// plain is an operator that has no activation.
func plain[T any](f combine[T, T]) func(lo, hi T) combine[T, T] {
	return func(_, _ T) combine[T, T] { return f }
}

func plain32(f combine[float32, float32]) func(l *lowering, lo, hi float32) combine[float32, float32] {
	return func(*lowering, float32, float32) combine[float32, float32] { return f }
}

// either is f between two limits, or else if there is no f.
func either(f, other func(dst, a, b []float32, stepA, stepB int, lo, hi float32), lo, hi float32) combine[float32, float32] {
	if f == nil {
		f = other
	}
	return limited(f)(lo, hi)
}

// activation is what is fused to an operator of two tensors. Those that can have one always have options.
func (n *node) activation() model.Activation {
	switch opt := n.options.(type) {
	case model.Add:
		return opt.Activation
	case model.Sub:
		return opt.Activation
	case model.Mul:
		return opt.Activation
	case model.Div:
		return opt.Activation
	}
	return model.NoActivation
}

// lowerBinary makes an operator of two tensors.
func lowerBinary(l *lowering, n *node) (layer, error) {
	if err := n.sameTypes(2); err != nil {
		return nil, err
	}
	op, act := binaries[n.op], n.activation()
	lo, hi, err := limits(act)
	if err != nil {
		return nil, err
	}
	switch typ := n.outputs[0].Type; {
	case n.outputs[0].is8bit() && op.bytes != nil:
		return op.lowerBytes(l, n, act)
	case typ == model.Int16 && op.shorts != nil:
		return op.lowerShorts(l, n, act)
	case typ == model.Int32 && op.int32s != nil:
		lo, hi := max(-1<<31, float64(lo)), min(1<<31-1, float64(hi))
		return newPairwise(l.int32s, l.int32s, n, op.int32s(int32(lo), int32(hi)))
	case typ == model.Int64 && op.int64s != nil:
		return newPairwise(l.int64s, l.int64s, n, op.int64s(wholeLimits(lo, hi)))
	case typ == model.Float32 && op.floats != nil:
		f := op.floats(l, max(lo, -math.MaxFloat32), min(hi, math.MaxFloat32))
		return newPairwise(l.floats, l.floats, n, f)
	}
	return nil, n.noType()
}

// wholeLimits is limits, which are infinite or small, as int64.
func wholeLimits(lo, hi float32) (int64, int64) {
	a, b := int64(math.MinInt64), int64(math.MaxInt64)
	if lo > -1<<31 {
		a = int64(lo)
	}
	if hi < 1<<31 {
		b = int64(hi)
	}
	return a, b
}

// sameTypes wants count inputs, the last ones of which have the type of the output.
func (n *node) sameTypes(count int) error {
	if len(n.inputs) != count {
		return fmt.Errorf("%d inputs (want %d)", len(n.inputs), count)
	}
	for _, v := range n.inputs[count-2:] {
		if v == nil || v.Type != n.outputs[0].Type {
			return fmt.Errorf("an input is missing, or not %v as the output: %w", n.outputs[0].Type, model.ErrUnsupported)
		}
	}
	return nil
}

// noType says that n's operator does not have the type of its first input.
func (n *node) noType() error {
	return fmt.Errorf("it is not for %v: %w", n.inputs[0].Type, model.ErrUnsupported)
}

func (op *pairOp) lowerBytes(l *lowering, n *node, act model.Activation) (layer, error) {
	a, b, out, err := n.quants3()
	if err != nil {
		return nil, err
	}
	f, err := op.bytes(l, n, a, b, out, act)
	if err != nil {
		return nil, err
	}
	p, err := newPairwise(l.bytes, l.bytes, n, f)
	if err != nil {
		return nil, err
	}
	return againAndAgain(l, p), nil
}

func (op *pairOp) lowerShorts(l *lowering, n *node, act model.Activation) (layer, error) {
	a, b, out, err := n.quants3()
	if err != nil {
		return nil, err
	}
	f, err := op.shorts(n, a, b, out, act)
	if err != nil {
		return nil, err
	}
	return newPairwise(l.int16s, l.int16s, n, f)
}

// quants3 is the quantization of a node's first two inputs and first output.
func (n *node) quants3() (a, b, out quant, err error) {
	for _, of := range []struct {
		v *value
		q *quant
	}{{n.inputs[0], &a}, {n.inputs[1], &b}, {n.outputs[0], &out}} {
		if *of.q, err = of.v.scaled(); err != nil {
			return a, b, out, err
		}
	}
	return a, b, out, nil
}
