package cpu

import (
	"math"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// shorts has the operators that compute numbers of 16 bits: as tables does, for answers that may not fit.
var shorts = map[model.Op]func(n *node, in, out quant) (func(x int32) int32, error){
	model.OpLeakyReLU: leaking,
	model.OpAbs:       signless,
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
