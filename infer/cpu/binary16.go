package cpu

import (
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// output16 is output of a tensor of 16 bits.
func (q quant) output16(a model.Activation, mult []kernel.Multiplier) (kernel.Output, error) {
	lo, hi, err := limits(a)
	if err != nil {
		return kernel.Output{}, err
	}
	return kernel.Output{Mult: mult, Zero: q.zero, Lo: q.quantized16(lo), Hi: q.quantized16(hi)}, nil
}

// quantized16 is x in the units of q, rounded half away from zero, and limited to 16 bits.
func (q quant) quantized16(x float32) int32 {
	steps := int32(math.Round(float64(kernel.Clamp32(x/q.scale, -1<<20, 1<<20))))
	return min(max(steps+q.zero, math.MinInt16), math.MaxInt16)
}

// adding16 prepares a sum or difference of 16 bits: as of bytes with 15 bits of fraction, or by shifts, if all scales are powers of
// two and the operator does not say that they are as any others (tflite/kernels/add.cc, sub.cc).
func adding16(n *node, a, b, out quant, act model.Activation) (combine[int16, int16], error) {
	any := false
	switch opt := n.options.(type) {
	case model.Add:
		any = opt.AnyScale16
	case model.Sub:
		any = opt.AnyScale16
	}
	logA, powA := log2(a.scale)
	logB, powB := log2(b.scale)
	logOut, powOut := log2(out.scale)
	if !any && powA && powB && powOut {
		return shifting16(n, a, b, out, act, [2]int{logOut - logA, logOut - logB})
	}
	ins, mult, err := addition(a, b, out, kernel.AddFraction16)
	if err != nil {
		return nil, err
	}
	if n.op == model.OpSub {
		ins[1].Mult.M = -ins[1].Mult.M
	}
	k := &kernel.Adder16{A: ins[0], B: ins[1]}
	k.Out, err = out.output16(act, mult)
	return k.Add, err
}

// shifting16 is adding16 by shifts to the right.
func shifting16(n *node, a, b, out quant, act model.Activation, right [2]int) (combine[int16, int16], error) {
	if a.zero != 0 || b.zero != 0 || out.zero != 0 {
		return nil, fmt.Errorf("zero points of %d, %d and %d of int16 (want 0): %w", a.zero, b.zero, out.zero, model.ErrUnsupported)
	}
	if min(right[0], right[1]) < 0 || min(right[0], right[1]) > 0 || max(right[0], right[1]) > 15 {
		return nil, fmt.Errorf("scales of %g and %g, which are powers of two, make %g: %w", a.scale, b.scale, out.scale, model.ErrUnsupported)
	}
	limits, err := out.output16(act, nil)
	if err != nil {
		return nil, err
	}
	k := &kernel.PowerAdder16{RightA: uint8(right[0]), RightB: uint8(right[1]), Minus: n.op == model.OpSub, Lo: limits.Lo, Hi: limits.Hi}
	return k.Add, nil
}

// log2 is the logarithm of x, and whether it is a whole number, but for a thousandth.
func log2(x float32) (n int, whole bool) {
	l := float32(float32(math.Log(float64(x))) * float32(1/math.Ln2))
	r := float32(math.Round(float64(l)))
	return int(r), math.Abs(float64(l-r)) < 1e-3
}

// multiplying16 prepares a product of 16 bits.
func multiplying16(_ *node, a, b, out quant, act model.Activation) (combine[int16, int16], error) {
	k, err := product8(a, b, out)
	if err != nil {
		return nil, err
	}
	k.Out, err = out.output16(act, k.Out.Mult)
	return (*kernel.Multiplication16)(k).Mul, err
}

// stored16 is an operator on the numbers as they are stored.
func stored16(f combine[int16, int16]) func(n *node, a, b, out quant, act model.Activation) (combine[int16, int16], error) {
	return func(*node, quant, quant, quant, model.Activation) (combine[int16, int16], error) { return f, nil }
}
