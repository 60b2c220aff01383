package quantize

import (
	"encoding/binary"
	"math"

	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/levels"
)

// layer is what decides how the weights of an operator become 8-bit.
type layer struct {
	bytes   model.Type
	axis    int     // along which there may be a scale for each channel; -1: one for all
	outputs int     // channels
	in, out float64 // scales
	weights []float32
	shape   []int // of weights
	bias    []float32
	means   []float64 // of the input's channels; nil: not known
}

// layer is that of operator i, whose scales are not known yet.
func (p *plan) layer(i int) *layer {
	o, axis := &p.m.Operators[i], p.rules[i].axis
	w := &p.m.Tensors[o.Inputs[1]]
	l := &layer{bytes: p.bytes, axis: axis, outputs: w.Shape[max(axis, 0)], shape: w.Shape}
	l.weights, _ = numbers(w) // they are float32, and so are biases
	if t := p.bias(i); t >= 0 {
		l.bias, _ = numbers(&p.m.Tensors[t])
	}
	return l
}

// change gives operator i the weights and the bias of l.
func (p *plan) change(i int, l *layer) {
	for _, c := range []struct {
		tensor int
		values []float32
	}{{p.m.Operators[i].Inputs[1], l.weights}, {p.bias(i), l.bias}} {
		if c.tensor >= 0 {
			p.m.Tensors[c.tensor].Data = encode(c.values)
		}
	}
}

// bias is the tensor with the bias of operator i, which has weights; -1: it has none.
func (p *plan) bias(i int) int {
	if in, k := p.m.Operators[i].Inputs, p.rules[i].bias(); len(in) > k {
		return in[k]
	}
	return -1
}

// quantize makes the constants of the layer; names are the caller's.
func (l *layer) quantize() (weights, bias model.Tensor) {
	weights = model.Tensor{Shape: l.shape, Type: l.bytes}
	if l.bytes == model.Uint8 {
		levels.Asymmetric(&weights, l.weights, l.leastScales(1)[0])
		return weights, l.quantizeBias(&weights)
	}
	if l.axis < 0 {
		levels.Symmetric(&weights, l.weights, func(int) int { return 0 }, l.leastScales(1))
	} else {
		levels.Symmetric(&weights, l.weights, l.outputChannel(), l.leastScales(l.outputs))
	}
	if len(weights.Quant.Scale) > 1 {
		weights.Quant.Axis = l.axis
	}
	return weights, l.quantizeBias(&weights)
}

// leastScales are those that the biases want of weights with n scales, one for all or one for each output.
func (l *layer) leastScales(n int) []float64 {
	biases := make([]float64, n) // the greatest by scale
	for c, b := range l.bias {
		k := min(c, n-1)
		biases[k] = max(biases[k], math.Abs(float64(b)))
	}
	for k, b := range biases {
		biases[k] = levels.LeastScale(b, l.in, l.out)
	}
	return biases
}

// outputChannel tells which output a weight belongs to.
func (l *layer) outputChannel() func(i int) int { return channels(l.shape, max(l.axis, 0), l.outputs) }

// inputChannel tells which of n channels of the input a weight is for.
func (l *layer) inputChannel(n int) func(i int) int {
	if l.axis != 3 {
		return func(i int) int { return i % n }
	}
	output := l.outputChannel() // depthwise: an output sees one channel
	return func(i int) int { return output(i) * n / l.outputs }
}

// quantizeBias makes the bias, whose scales are the input's times those of the weights. It makes up for what rounding the
// weights does to the average output: that is the same in all pictures, and would add up from layer to layer.
func (l *layer) quantizeBias(weights *model.Tensor) model.Tensor {
	scales := weights.Quant.Scale
	t := model.Tensor{Shape: []int{l.outputs}, Type: model.Int32, Quant: &model.Quant{}}
	for _, s := range scales {
		t.Quant.Scale = append(t.Quant.Scale, float32(l.in*float64(s)))
		t.Quant.ZeroPoint = append(t.Quant.ZeroPoint, 0)
	}
	shift := l.shift(weights)
	for c := range l.outputs {
		b := shift[c]
		if l.bias != nil {
			b += float64(l.bias[c])
		}
		step := l.in * float64(scales[min(c, len(scales)-1)])
		t.Data = binary.LittleEndian.AppendUint32(t.Data, uint32(int32(math.Round(min(max(b/step, math.MinInt32), math.MaxInt32)))))
	}
	return t
}

// shift is by how much the average of each output is too low with these weights.
func (l *layer) shift(weights *model.Tensor) []float64 {
	list, n := make([]float64, l.outputs), len(l.means)
	seen := l.shape[len(l.shape)-1] // input channels
	if l.axis == 3 {
		seen = l.outputs // depthwise: an output sees one channel
	}
	if n == 0 || seen%n != 0 {
		return list
	}
	rounded, err := numbers(weights)
	if err != nil {
		return list
	}
	output, input := l.outputChannel(), l.inputChannel(n)
	for i, w := range l.weights {
		lost := float64(w) - float64(rounded[i])
		list[output(i)] += float64(lost * l.means[input(i)])
	}
	return list
}
