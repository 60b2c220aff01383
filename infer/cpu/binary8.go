package cpu

import (
	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// adding prepares a quantized sum, or a difference if sign is -1: each input is brought to half the step of the coarser
// input, with 20 bits of fraction (tflite/kernels/add.cc, sub.cc).
func adding(sign int32) func(l *lowering, n *node, a, b, out quant, act model.Activation) (combine[uint8, uint8], error) {
	return func(l *lowering, _ *node, a, b, out quant, act model.Activation) (combine[uint8, uint8], error) {
		ins, mult, err := addition(a, b, out, kernel.AddFraction)
		if err != nil {
			return nil, err
		}
		ins[1].Mult.M *= sign
		result, err := out.output(act, mult)
		if err != nil {
			return nil, err
		}
		k := kernel.NewAdder(ins[0], ins[1], result)
		if l.set.Adder == nil {
			return k.Add, nil
		}
		add, size := l.set.Adder(k)
		return alongside(add, k.Add), l.take(size)
	}
}

// addition is how inputs are brought to a common scale with some bits of fraction, and what brings their sum to the output's.
func addition(a, b, out quant, fraction int) (ins [2]kernel.AddInput, mult []kernel.Multiplier, err error) {
	twice := float64(2 * max(a.scale, b.scale))
	mult = make([]kernel.Multiplier, 1)
	if mult[0], err = multiplier(twice / float64(float32(int(1)<<fraction)*out.scale)); err != nil {
		return ins, nil, err
	}
	for i, in := range []quant{a, b} {
		ins[i].Zero = in.zero
		if ins[i].Mult, err = multiplier(float64(in.scale) / twice); err != nil {
			return ins, nil, err
		}
	}
	return ins, mult, nil
}

// multiplying prepares a quantized product. The factor is computed in float32 (tflite/kernels/mul.cc).
func multiplying(l *lowering, _ *node, a, b, out quant, act model.Activation) (combine[uint8, uint8], error) {
	k, err := product8(a, b, out)
	if err != nil {
		return nil, err
	}
	if k.Out, err = out.output(act, k.Out.Mult); err != nil || l.set.Multiplier == nil {
		return k.Mul, err
	}
	mul, size := l.set.Multiplier(k)
	return alongside(mul, k.Mul), l.take(size)
}

// alongside is fast where no row is a single element, else other; other if there is no fast.
func alongside(fast func(dst, a, b []uint8), other combine[uint8, uint8]) combine[uint8, uint8] {
	if fast == nil {
		return other
	}
	return func(dst, a, b []uint8, stepA, stepB int) {
		if stepA == 1 && stepB == 1 {
			fast(dst, a, b)
		} else {
			other(dst, a, b, stepA, stepB)
		}
	}
}

// product8 is a product without limits.
func product8(a, b, out quant) (*kernel.Multiplication, error) {
	mult, err := multiplier(float64(float32(a.scale*b.scale) / out.scale))
	return &kernel.Multiplication{ZeroA: a.zero, ZeroB: b.zero, Out: kernel.Output{Mult: []kernel.Multiplier{mult}}}, err
}

// stored is an operator on the numbers as they are stored.
func stored(f combine[uint8, uint8]) func(l *lowering, n *node, a, b, out quant, act model.Activation) (combine[uint8, uint8], error) {
	return func(*lowering, *node, quant, quant, quant, model.Activation) (combine[uint8, uint8], error) {
		return f, nil
	}
}

// squaring prepares the square of a quantized difference (tflite/kernels/squared_difference.cc).
func squaring(_ *lowering, n *node, a, b, out quant, act model.Activation) (combine[uint8, uint8], error) {
	if n.outputs[0].Type != model.Int8 {
		return nil, n.noType()
	}
	twice := 2 * float64(max(a.scale, b.scale))
	mult, err := multiplier(twice * twice / (float64(int(1)<<(2*kernel.SquareFraction)) * float64(out.scale)))
	if err != nil {
		return nil, err
	}
	k := &kernel.SquaredDifference8{}
	if k.Out, err = out.output(act, []kernel.Multiplier{mult}); err != nil {
		return nil, err
	}
	for i, in := range []quant{a, b} {
		m, err := multiplier(float64(in.scale) / twice)
		if err != nil {
			return nil, err
		}
		for x := range k.A {
			*[]*int32{&k.A[x], &k.B[x]}[i] = m.HalfAway((int32(x) - in.zero) << kernel.SquareFraction)
		}
	}
	return k.Combine, nil
}

// bending prepares a PRELU: the second input's numbers are the slopes below 0.
func bending(l *lowering, _ *node, a, b, out quant, _ model.Activation) (combine[uint8, uint8], error) {
	above, err := multiplier(float64(a.scale / out.scale))
	if err != nil {
		return nil, err
	}
	below, err := multiplier(float64(float32(a.scale*b.scale) / out.scale))
	if err != nil {
		return nil, err
	}
	k := &kernel.PReLU8{ZeroA: a.zero, ZeroB: b.zero, Zero: out.zero, Above: above, Below: below}
	if l.set.PReLUer == nil {
		return k.Combine, nil
	}
	bend, size := l.set.PReLUer(k)
	return alongside(bend, k.Combine), l.take(size)
}

// dividing prepares a quantized quotient: a table of all pairs (tflite/kernels/internal/reference/div.h). What is divided by 0
// becomes 0; TensorFlow Lite ends the run.
func dividing(l *lowering, n *node, a, b, out quant, act model.Activation) (combine[uint8, uint8], error) {
	if n.outputs[0].Type != model.Uint8 {
		return nil, n.noType()
	}
	mult, err := multiplier(float64(a.scale / float32(b.scale*out.scale)))
	if err != nil {
		return nil, err
	}
	result, err := out.output(act, []kernel.Multiplier{mult})
	if err != nil {
		return nil, err
	}
	d := kernel.Divider{Out: result}
	table := new(kernel.Pairs)
	for x := range 256 {
		for y := range 256 {
			table[x<<8|y] = d.Quotient(int32(x)-a.zero, int32(y)-b.zero)
		}
	}
	return table.Combine, l.take(int64(len(table)))
}
