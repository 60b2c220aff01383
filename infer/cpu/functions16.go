package cpu

import (
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// shorts has the operators that compute numbers of 16 bits: as tables does, for answers that may not fit.
var shorts = map[model.Op]func(n *node, in, out quant) (func(x int32) int32, error){
	model.OpReLU:      clamping16,
	model.OpReLU6:     clamping16,
	model.OpLeakyReLU: leaking,
	model.OpAbs:       signless,
	model.OpTanh:      sigmoid16,
	model.OpLogistic:  sigmoid16,
}

// clamping16 is RELU and RELU6.
func clamping16(n *node, in, out quant) (func(x int32) int32, error) {
	if in.zero != 0 || out.zero != 0 {
		return nil, errZero16(in, out)
	}
	m, err := multiplier(float64(in.scale / out.scale))
	lo, hi := n.clamp()
	least, most := out.quantized16(lo), out.quantized16(hi)
	return func(x int32) int32 { return min(max(m.HalfAway(x), least), most) }, err
}

func errZero16(list ...quant) error {
	return fmt.Errorf("scales and zero points %v of int16 (want zero points of 0): %w", list, model.ErrUnsupported)
}

// sigmoid16 is TANH or LOGISTIC: in fixed point for scales of 2^-12 and 2^-11, else by a table (tflite/kernels/activations.cc).
func sigmoid16(n *node, in, out quant) (func(x int32) int32, error) {
	logIn, power := log2(in.scale)
	logOut, powerOut := log2(out.scale)
	if in.zero != 0 || out.zero != 0 {
		return nil, errZero16(in, out)
	}
	if !powerOut || logOut != -15 {
		return nil, fmt.Errorf("its output has a scale of %g (want 2^-15): %w", out.scale, model.ErrUnsupported)
	}
	if left := logIn + 12; power && (left == 0 || left == 1 && n.op == model.OpTanh) {
		f := kernel.Logistic16
		if n.op == model.OpTanh {
			f = func(x int16) int16 { return kernel.Tanh16(x, 3) }
		}
		return func(x int32) int32 { return int32(f(int16(min(max(x<<left, math.MinInt16), math.MaxInt16)))) }, nil
	}
	mult, right := float64(in.scale)*4096*3, uint8(0)
	for ; mult <= 32767.0/2 && right <= 30; right++ {
		mult *= 2
	}
	if mult > math.MaxInt16 {
		return nil, fmt.Errorf("a scale of %g of int16: %w", in.scale, model.ErrUnsupported)
	}
	k := kernel.NewSigmoid16(int32(mult), right)
	if n.op == model.OpTanh {
		return k.Tanh, nil
	}
	return k.Logistic, nil
}

// softmax16 prepares SOFTMAX.
func softmax16(in, out quant, beta float32) (*kernel.Softmax16, error) {
	if out.zero != 0 || math.Abs(float64(out.scale)*32768-1) > 1e-3 {
		return nil, fmt.Errorf("its output has a scale of %g and a zero point of %d (want 2^-15 and 0): %w", out.scale, out.zero, model.ErrUnsupported)
	}
	m, err := multiplier(float64(float32(in.scale*beta)) / (10.0 / 65535))
	return kernel.NewSoftmax16(m), err
}

// rsqrt8 is RSQRT of int8. TensorFlow Lite refuses negative numbers in the run; here they give what 0 does.
func rsqrt8(n *node, in, out quant) (func(x int32) int32, error) {
	if n.inputs[0].Type != model.Int8 {
		return nil, n.noType()
	}
	m, err := multiplier(1 / float64(float32(math.Sqrt(float64(in.scale)))*out.scale))
	return func(x int32) int32 {
		if x <= in.zero {
			return math.MaxUint8
		}
		return kernel.InverseRoot(x-in.zero, m) + out.zero
	}, err
}

// lowerLogSoftmax makes a LOG_SOFTMAX over the last dimension.
func lowerLogSoftmax(l *lowering, n *node) (layer, error) {
	if n.inputs[0].Type == model.Float32 {
		return newRowwise(l.floats, n, func(_ *scratch, dst, src []float32) { kernel.LogSoftmax32(dst, src) })
	}
	in, out, err := n.quants()
	if err != nil {
		return nil, err
	}
	flip := int32(n.inputs[0].flip())
	k := kernel.NewLogSoftmax(in.scale, out.scale, out.zero-flip, flip)
	return newRowwise(l.bytes, n, func(_ *scratch, dst, src []uint8) { k.Row(dst, src) })
}
