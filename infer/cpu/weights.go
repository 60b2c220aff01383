package cpu

import (
	"encoding/binary"
	"fmt"
	"iter"
	"math"
	"slices"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// kind is what a product's scale is computed as.
type kind int

const (
	conv kind = iota
	fullyConnected
	transposed // see transposeConvs
)

// weights8 is what an 8-bit layer with weights is made of.
type weights8 struct {
	bytes []uint8 // as in the model: a patch for each output, or all outputs for each tap
	flip  uint8   // what makes the engine's bytes of them, by exclusive or
	zero  int32   // of the weights, as the engine's bytes
	bias  []int32
	in    quant
	out   kernel.Output
	round kernel.Rounding
	view  view // where the results go

	hybrid *hybridSums // if not nil, they are float32: then bias, in and out mean nothing
}

// own is a copy of the weights as the engine's bytes.
func (w *weights8) own() []uint8 {
	b := make([]uint8, len(w.bytes))
	flipCopy(b, w.bytes, w.flip)
	return b
}

// sumBias is what the sum of each of outC outputs begins with, if its k products are of inputs, not less their zero point,
// and weights less theirs. zero is the input's zero point, as the products see it.
func (w *weights8) sumBias(k, outC int, zero int32) []int32 {
	list := make([]int32, outC)
	for i := range list {
		sum := kernel.SumBytes(w.bytes[i*k:(i+1)*k], w.flip)
		list[i] = w.bias[i] - zero*(sum-int32(k)*w.zero)
	}
	return list
}

// newWeights8 reads weights, bias and scales of an 8-bit layer with outC outputs along dimension axis of the weights.
func newWeights8(l *lowering, n *node, outC, axis int, k kind, a model.Activation) (weights8, error) {
	in, w, out := n.inputs[0], n.inputs[1], n.outputs[0]
	if w.Data == nil || w.Type != in.Type || out.Type != in.Type {
		return weights8{}, fmt.Errorf("input is %v, weights %v, output %v (want one type, and constant weights): %w",
			in.Type, w.Type, out.Type, model.ErrUnsupported)
	}
	bias, err := bias8(n, outC)
	if err != nil {
		return weights8{}, err
	}
	qi, qo, err := n.quants()
	if err != nil {
		return weights8{}, err
	}
	mult, err := multipliers(w, outC, axis, k, qi, qo)
	if err != nil {
		return weights8{}, err
	}
	result, err := qo.output(a, mult)
	made := weights8{
		bytes: w.Data, flip: w.flip(), zero: w.Quant.ZeroPoint[0] + int32(w.flip()), bias: bias, in: qi, out: result,
		view: l.view(out),
	}
	if axis != 0 || k == transposed { // a depthwise one
		made.round = kernel.HalfAway
	}
	if err == nil {
		err = made.checkScales(w, axis)
	}
	if err == nil {
		made.soften(axis)
	}
	return made, err
}

// soften gives channels whose multiplier kernels do not take one that they do.
func (w *weights8) soften(axis int) {
	for c := range w.bias {
		if w.out.Slice(c, 1).Plain() {
			continue
		}
		lo, hi := w.sums(c, axis)
		if lo != int64(int32(lo)) || hi != int64(int32(hi)) {
			continue // they wrap around
		}
		if m, offset, ok := w.out.Mult[c].Gentle(int32(lo), int32(hi), w.round); ok {
			w.out.Mult[c] = m
			w.bias[c] += offset
		}
	}
}

// sums is the least and the greatest sum that channel c can have, bias included.
func (w *weights8) sums(c, axis int) (lo, hi int64) {
	lo, hi = int64(w.bias[c]), int64(w.bias[c])
	down, up := int64(-w.in.zero), int64(math.MaxUint8-w.in.zero) // of inputs less their zero point
	for x := range w.channel(c, axis) {
		weight := int64(x^w.flip) - int64(w.zero)
		lo += min(weight*down, weight*up)
		hi += max(weight*down, weight*up)
	}
	return lo, hi
}

// most bounds how far from 0 the sums of n channels from first on are, of k products each.
func (w *weights8) most(k, first, n int) int64 {
	most := int64(0)
	for _, b := range w.bias[first : first+n] {
		most = max(most, int64(b), -int64(b))
	}
	return most + int64(k)*math.MaxUint8*math.MaxUint8
}

// channel goes through the weights of channel c, as they are stored.
func (w *weights8) channel(c, axis int) iter.Seq[uint8] {
	n := len(w.bias)
	first, step := c, n // depthwise: all channels for each tap
	if axis == 0 {
		first, step = c*(len(w.bytes)/n), 1
	}
	return func(yield func(uint8) bool) {
		for i := range len(w.bytes) / n {
			if !yield(w.bytes[first+i*step]) {
				return
			}
		}
	}
}

// checkScales refuses a scale of 0 for weights that are not all 0. Older quantizers write it for a channel of zeros.
func (w *weights8) checkScales(v *value, axis int) error {
	for c := range w.bias {
		if v.Quant.Scale[min(c, len(v.Quant.Scale)-1)] != 0 {
			continue
		}
		for x := range w.channel(c, axis) {
			if int32(x^w.flip) != w.zero {
				return fmt.Errorf("weights %q: the scale of channel %d is 0, but not all its weights are 0: %w", v.Name, c, model.ErrUnsupported)
			}
		}
	}
	return nil
}

// multipliers derives each output's multiplier, in scale × weights' scale / out scale. For uint8, and for fully connected
// layers, TensorFlow Lite rounds the first product to float32; for int8 convolutions it does not.
func multipliers(w *value, outC, axis int, k kind, in, out quant) ([]kernel.Multiplier, error) {
	q := w.Quant
	if q == nil || len(q.Scale) != 1 && (len(q.Scale) != outC || q.Axis != axis) || len(q.ZeroPoint) != len(q.Scale) {
		return nil, fmt.Errorf("weights %q have no scale, or not one for each of %d outputs: %w", w.Name, outC, model.ErrUnsupported)
	}
	perChannel := len(q.Scale) > 1
	if slices.ContainsFunc(q.ZeroPoint, func(z int32) bool { return z != 0 }) && (perChannel || w.Type == model.Int8 && k != fullyConnected) {
		return nil, fmt.Errorf("weights %q have a zero point (want 0 for int8 and for a scale per channel): %w", w.Name, model.ErrUnsupported)
	}
	if perChannel && w.Type != model.Int8 {
		return nil, fmt.Errorf("%v weights %q have a scale per channel (want int8): %w", w.Type, w.Name, model.ErrUnsupported)
	}
	mult := make([]kernel.Multiplier, outC)
	for i := range mult {
		scale := q.Scale[min(i, len(q.Scale)-1)]
		product := float64(in.scale) * float64(scale)
		if w.Type == model.Uint8 || k == fullyConnected && !perChannel {
			product = float64(in.scale * scale)
		}
		var err error
		if mult[i], err = multiplier(product / float64(out.scale)); err != nil {
			return nil, err
		}
	}
	return mult, nil
}

// bias8 reads the outC values of an 8-bit layer's bias, 0 if it has none.
func bias8(n *node, outC int) ([]int32, error) {
	bias, v := make([]int32, outC), n.bias()
	if v == nil {
		return bias, nil
	}
	if v.Data == nil || v.Type != model.Int32 || v.Elements() != outC {
		return nil, fmt.Errorf("bias is %v %v (want %d constant int32): %w", v.Type, v.Shape, outC, model.ErrUnsupported)
	}
	for i := range bias {
		bias[i] = int32(binary.LittleEndian.Uint32(v.Data[4*i:]))
	}
	return bias, nil
}

// bias is n's third input, nil if it is absent.
func (n *node) bias() *value {
	if len(n.inputs) < 3 {
		return nil
	}
	return n.inputs[2]
}

// readWeights32 finds the weights of a float32 layer with outC outputs, a constant, and reads its bias.
func readWeights32(l *lowering, n *node, outC int) (weights *value, bias []float32, err error) {
	if !n.constant(1) {
		return nil, nil, fmt.Errorf("weights %q are not constant: %w", n.inputs[1].Name, model.ErrUnsupported)
	}
	if w := n.inputs[1]; w.Type != model.Float32 {
		return nil, nil, fmt.Errorf("weights %q are %v, activations are not (dynamic range): export the model with full integer "+
			"quantization, or install inceptiond-tflite: %w", w.Name, w.Type, model.ErrUnsupported)
	}
	bias, err = bias32(l, n, outC)
	return n.inputs[1].root(), bias, err
}

// bias32 reads the outC values of a float32 layer's bias, 0 if it has none.
func bias32(l *lowering, n *node, outC int) ([]float32, error) {
	if n.bias() == nil {
		return make([]float32, outC), nil
	}
	bias, err := l.floats(n.inputs[2])
	if err != nil {
		return nil, err
	}
	if !n.constant(2) || len(bias) != outC {
		return nil, fmt.Errorf("bias has %d values (want %d constants): %w", len(bias), outC, model.ErrUnsupported)
	}
	return bias, nil
}
