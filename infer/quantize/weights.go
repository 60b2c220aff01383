package quantize

import (
	"encoding/binary"
	"math"

	"github.com/inceptiond/inceptiond/infer/model"
)

// layer is what decides how the weights of an operator become 8-bit.
type layer struct {
	bytes        model.Type
	axis         int     // along which there may be a scale for each channel; -1: one for all
	outputs      int     // channels
	in, out      float64 // scales
	weights      []float32
	shape        []int // of weights
	bias         []float32
	means        []float64 // of the input's channels; nil: not known
	biasPerScale []float64 // by scale: the greatest bias
}

// quantize makes the constants of the layer; names are the caller's.
func (l *layer) quantize() (weights, bias model.Tensor) {
	weights = model.Tensor{Shape: l.shape, Type: l.bytes}
	channel, axis := l.outputChannel(), 0
	if l.bytes == model.Uint8 || l.axis < 0 {
		channel = func(int) int { return 0 }
		l.biasPerScale = make([]float64, 1)
	} else {
		axis = l.axis
		l.biasPerScale = make([]float64, l.outputs)
	}
	for c, b := range l.bias {
		k := min(c, len(l.biasPerScale)-1)
		l.biasPerScale[k] = max(l.biasPerScale[k], math.Abs(float64(b)))
	}
	if l.bytes == model.Uint8 {
		l.asymmetric(&weights)
	} else {
		l.symmetric(&weights, channel)
	}
	if len(weights.Quant.Scale) > 1 {
		weights.Quant.Axis = axis
	}
	return weights, l.quantizeBias(&weights)
}

// outputChannel tells which output a weight belongs to.
func (l *layer) outputChannel() func(i int) int { return channels(l.shape, max(l.axis, 0), l.outputs) }

// leastScale is the scale of weights that a bias needs so as not to have more than 30 bits, and the factor from sums to the
// output so as not to vanish.
func (l *layer) leastScale(bias float64) float64 {
	return max(bias, l.out) / (1 << 30) / l.in
}

// symmetric gives the weights of each channel a scale, with 0 in the middle, as TensorFlow Lite wants it of int8.
func (l *layer) symmetric(t *model.Tensor, channel func(int) int) {
	n := len(l.biasPerScale)
	most := make([]float64, n)
	for i, w := range l.weights {
		c := channel(i)
		most[c] = max(most[c], math.Abs(float64(w)))
	}
	t.Quant = &model.Quant{Scale: make([]float32, n), ZeroPoint: make([]int32, n)}
	for c := range most {
		t.Quant.Scale[c] = float32(max(most[c]/127, l.leastScale(l.biasPerScale[c])))
	}
	t.Data = make([]byte, len(l.weights))
	for i, w := range l.weights {
		q := math.Round(float64(w) / float64(t.Quant.Scale[channel(i)]))
		t.Data[i] = byte(int8(min(max(q, -127), 127)))
	}
}

// asymmetric gives all weights one scale. They are 1 to 255: TensorFlow Lite's product for arm adds up two at a time in 16
// bits, which those of 0 might exceed.
func (l *layer) asymmetric(t *model.Tensor) {
	low, high := 0., 0.
	for _, w := range l.weights {
		low, high = min(low, float64(w)), max(high, float64(w))
	}
	scale := float32(max((high-low)/254, l.leastScale(l.biasPerScale[0])))
	zero := 1 + min(math.Round(-low/float64(scale)), 254)
	t.Quant = one(scale, int32(zero))
	t.Data = make([]byte, len(l.weights))
	for i, w := range l.weights {
		t.Data[i] = byte(min(max(math.Round(float64(w)/float64(scale))+zero, 1), 255))
	}
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
	output := l.outputChannel()
	for i, w := range l.weights {
		in := i % n
		if l.axis == 3 {
			in = output(i) * n / l.outputs
		}
		lost := float64(w) - float64(rounded[i])
		list[output(i)] += float64(lost * l.means[in])
	}
	return list
}
