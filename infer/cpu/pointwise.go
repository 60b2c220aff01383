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

func pointwiseOf[A, B any](memA func(int) ([]A, error), memB func(int) ([]B, error), o *model.Operator, f func([]B, []A)) (layer, error) {
	in, err := memA(o.Inputs[0])
	if err != nil {
		return nil, err
	}
	out, err := memB(o.Outputs[0])
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

// mapped makes a layer that translates bytes by a table: the new byte of x is f(x).
func (p *planner) mapped(o *model.Operator, f func(x int32, in, out quant) int32) (layer, error) {
	in, out, err := p.quants(o)
	if err != nil {
		return nil, err
	}
	table := new([256]uint8)
	for x := range table {
		table[x] = kernel.Clamp(f(int32(x), in, out), 0, math.MaxUint8)
	}
	translate := p.set.Map
	return pointwiseOf(p.bytes, p.bytes, o, func(dst, src []uint8) { translate(dst, src, table) })
}

// buildLogistic makes a LOGISTIC, 1 / (1 + e^-x).
func buildLogistic(p *planner, o *model.Operator) (layer, error) {
	if p.tensor(o.Inputs[0]).Type == model.Float32 {
		return pointwiseOf(p.floats, p.floats, o, func(dst, src []float32) {
			for i, x := range src {
				dst[i] = logistic(x)
			}
		})
	}
	return p.mapped(o, func(x int32, in, out quant) int32 {
		y := logistic(in.scale * float32(x-in.zero))
		return int32(math.Round(float64(kernel.Clamp32(y*(1/out.scale), 0, 1<<20)))) + out.zero
	})
}

func logistic(x float32) float32 { return 1 / (1 + float32(math.Exp(-float64(x)))) }

// buildReLU makes a RELU, RELU6 or RELU_N1_TO_1.
func buildReLU(p *planner, o *model.Operator) (layer, error) {
	a := map[model.Op]model.Activation{
		model.OpReLU: model.ReLU, model.OpReLU6: model.ReLU6, model.OpReLUN1To1: model.ReLUN1To1,
	}[o.Op]
	lo, hi, err := limits(a)
	if err != nil {
		return nil, err
	}
	if p.tensor(o.Inputs[0]).Type == model.Float32 {
		return pointwiseOf(p.floats, p.floats, o, func(dst, src []float32) { kernel.Clamp32s(dst, src, lo, hi) })
	}
	in, out, err := p.quants(o)
	if err != nil {
		return nil, err
	}
	m, err := multiplier(float64(in.scale / out.scale))
	if err != nil {
		return nil, err
	}
	return p.mapped(o, func(x int32, in, out quant) int32 {
		y := m.HalfAway(x-in.zero) + out.zero
		return min(max(y, out.quantized(lo)), out.quantized(hi))
	})
}

// buildQuantize makes a QUANTIZE, from float32 or from another quantization.
func buildQuantize(p *planner, o *model.Operator) (layer, error) {
	out, err := p.quant(o.Outputs[0])
	if err != nil {
		return nil, err
	}
	if p.tensor(o.Inputs[0]).Type == model.Float32 {
		f := p.set.Quantize
		return pointwiseOf(p.floats, p.bytes, o, func(dst []uint8, src []float32) { f(dst, src, out.scale, out.zero) })
	}
	in, err := p.quant(o.Inputs[0])
	if err != nil {
		return nil, err
	}
	m, err := multiplier(float64(in.scale) / float64(out.scale))
	if err != nil {
		return nil, err
	}
	return p.mapped(o, func(x int32, in, out quant) int32 { return m.HalfAway(x-in.zero) + out.zero })
}

// buildDequantize makes a DEQUANTIZE to float32.
func buildDequantize(p *planner, o *model.Operator) (layer, error) {
	q, err := p.quant(o.Inputs[0])
	if err != nil {
		return nil, err
	}
	f := p.set.Dequantize
	return pointwiseOf(p.bytes, p.floats, o, func(dst []float32, src []uint8) { f(dst, src, q.scale, q.zero) })
}
