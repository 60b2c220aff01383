package cpu

import (
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// chunk is how many elements a piece of a pointwise layer has, callChunks how many pieces a call takes at once: a call of
// assembly cannot be interrupted.
const (
	chunk      = 4096
	callChunks = 16
)

// pointwise computes each element of the output from the same element of the input.
type pointwise[A, B any] struct {
	in  []A
	out []B
	f   func(dst []B, src []A)
}

func newPointwise[A, B any](memA func(*value) ([]A, error), memB func(*value) ([]B, error), n *node, f func([]B, []A)) (layer, error) {
	in, err := memA(n.inputs[0])
	if err != nil {
		return nil, err
	}
	out, err := memB(n.outputs[0])
	if err != nil {
		return nil, err
	}
	if len(in) != len(out) {
		return nil, fmt.Errorf("%d elements cannot become %d", len(in), len(out))
	}
	return &pointwise[A, B]{in, out, f}, nil
}

func (l *pointwise[A, B]) units() int { return ceil(len(l.in), chunk) }

func (l *pointwise[A, B]) run(_ *scratch, from, to int) {
	for ; from < to; from += callChunks {
		begin, end := from*chunk, min(min(from+callChunks, to)*chunk, len(l.in))
		l.f(l.out[begin:end], l.in[begin:end])
	}
}

// lowerMap makes a layer that translates bytes by a table: the new byte of x is f(x).
func lowerMap(l *lowering, n *node, f func(x int32, in, out quant) int32) (layer, error) {
	in, out, err := n.quants()
	if err != nil {
		return nil, err
	}
	table := new([256]uint8)
	for x := range table {
		table[x] = kernel.Clamp(f(int32(x), in, out), 0, math.MaxUint8)
	}
	translate := l.set.Map
	return newPointwise(l.bytes, l.bytes, n, func(dst, src []uint8) { translate(dst, src, table) })
}

// lowerLogistic makes a LOGISTIC, 1 / (1 + e^-x).
func lowerLogistic(l *lowering, n *node) (layer, error) {
	if n.inputs[0].Type == model.Float32 {
		return newPointwise(l.floats, l.floats, n, func(dst, src []float32) {
			for i, x := range src {
				dst[i] = logistic(x)
			}
		})
	}
	return lowerMap(l, n, func(x int32, in, out quant) int32 {
		y := logistic(in.scale * float32(x-in.zero))
		return int32(math.Round(float64(kernel.Clamp32(y*(1/out.scale), 0, 1<<20)))) + out.zero
	})
}

func logistic(x float32) float32 { return 1 / (1 + float32(math.Exp(-float64(x)))) }

// lowerReLU makes a RELU, RELU6 or RELU_N1_TO_1.
func lowerReLU(l *lowering, n *node) (layer, error) {
	a := map[model.Op]model.Activation{
		model.OpReLU: model.ReLU, model.OpReLU6: model.ReLU6, model.OpReLUN1To1: model.ReLUN1To1,
	}[n.op]
	lo, hi, err := limits(a)
	if err != nil {
		return nil, err
	}
	if n.inputs[0].Type == model.Float32 {
		return newPointwise(l.floats, l.floats, n, func(dst, src []float32) { kernel.Clamp32s(dst, src, lo, hi) })
	}
	in, out, err := n.quants()
	if err != nil {
		return nil, err
	}
	m, err := multiplier(float64(in.scale / out.scale))
	if err != nil {
		return nil, err
	}
	return lowerMap(l, n, func(x int32, in, out quant) int32 {
		y := m.HalfAway(x-in.zero) + out.zero
		return min(max(y, out.quantized(lo)), out.quantized(hi))
	})
}

// lowerQuantize makes a QUANTIZE, from float32 or from another quantization.
func lowerQuantize(l *lowering, n *node) (layer, error) {
	out, err := n.outputs[0].quant()
	if err != nil {
		return nil, err
	}
	if n.inputs[0].Type == model.Float32 {
		f := l.set.Quantize
		return newPointwise(l.floats, l.bytes, n, func(dst []uint8, src []float32) { f(dst, src, out.scale, out.zero) })
	}
	in, err := n.inputs[0].quant()
	if err != nil {
		return nil, err
	}
	m, err := multiplier(float64(in.scale) / float64(out.scale))
	if err != nil {
		return nil, err
	}
	return lowerMap(l, n, func(x int32, in, out quant) int32 { return m.HalfAway(x-in.zero) + out.zero })
}

// lowerDequantize makes a DEQUANTIZE to float32.
func lowerDequantize(l *lowering, n *node) (layer, error) {
	q, err := n.inputs[0].quant()
	if err != nil {
		return nil, err
	}
	f := l.set.Dequantize
	return newPointwise(l.bytes, l.floats, n, func(dst []float32, src []uint8) { f(dst, src, q.scale, q.zero) })
}
