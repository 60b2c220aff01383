package cpu

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// kind is what a product's scale is computed as.
type kind int

const (
	conv kind = iota
	fullyConnected
)

// weights8 is what an 8-bit layer with weights is made of.
type weights8 struct {
	bytes []uint8 // as in the model: n times a patch, or taps times n
	flip  uint8   // what makes the engine's bytes of them, by exclusive or
	zero  int32   // of the weights, as the engine's bytes
	bias  []int32
	in    quant
	out   kernel.Output
	round kernel.Rounding
	view  view // where the results go
}

// own is a copy of the weights as the engine's bytes.
func (w *weights8) own() []uint8 {
	b := make([]uint8, len(w.bytes))
	flipCopy(b, w.bytes, w.flip)
	return b
}

// sumBias is what the sum of each of n outputs begins with, if its k products are of inputs, not less their zero point,
// and weights less theirs. zero is the input's zero point, as the products see it.
func (w *weights8) sumBias(k, n int, zero int32) []int32 {
	list := make([]int32, n)
	for i := range list {
		sum := int32(0)
		for _, x := range w.bytes[i*k : (i+1)*k] {
			sum += int32(x ^ w.flip)
		}
		list[i] = w.bias[i] - zero*(sum-int32(k)*w.zero)
	}
	return list
}

// weights reads weights, bias and scales of an 8-bit layer with n outputs along dimension axis of the weights.
func (p *planner) weights(o *model.Operator, n, axis int, k kind, a model.Activation) (weights8, error) {
	in, w, out := p.tensor(o.Inputs[0]), p.tensor(o.Inputs[1]), p.tensor(o.Outputs[0])
	if w.Data == nil || w.Type != in.Type || out.Type != in.Type {
		return weights8{}, fmt.Errorf("input is %v, weights %v, output %v (want one type, and constant weights): %w",
			in.Type, w.Type, out.Type, infer.ErrUnsupported)
	}
	bias, err := p.bias(o, n)
	if err != nil {
		return weights8{}, err
	}
	qi, qo, err := p.quants(o)
	if err != nil {
		return weights8{}, err
	}
	mult, err := p.channels(w, n, axis, k, qi, qo)
	if err != nil {
		return weights8{}, err
	}
	result, err := qo.output(a, mult)
	return weights8{
		bytes: w.Data, flip: flip(w), zero: w.Quant.ZeroPoint[0] + int32(flip(w)), bias: bias, in: qi, out: result,
		view: p.view(o.Outputs[0]),
	}, err
}

// channels derives each output's multiplier, in scale × weights' scale / out scale. For uint8, and for fully connected
// layers, TensorFlow Lite rounds the first product to float32; for int8 convolutions it does not.
func (p *planner) channels(w *model.Tensor, n, axis int, k kind, in, out quant) ([]kernel.Multiplier, error) {
	q := w.Quant
	if q == nil || len(q.Scale) != 1 && (len(q.Scale) != n || q.Axis != axis) || len(q.ZeroPoint) != len(q.Scale) {
		return nil, fmt.Errorf("weights %q have no scale, or not one for each of %d outputs: %w", w.Name, n, infer.ErrUnsupported)
	}
	perChannel := len(q.Scale) > 1
	if slices.ContainsFunc(q.ZeroPoint, func(z int32) bool { return z != 0 }) && (perChannel || w.Type == model.Int8 && k == conv) {
		return nil, fmt.Errorf("weights %q have a zero point (want 0 for int8 and for a scale per channel): %w", w.Name, infer.ErrUnsupported)
	}
	if perChannel && w.Type != model.Int8 {
		return nil, fmt.Errorf("%v weights %q have a scale per channel (want int8): %w", w.Type, w.Name, infer.ErrUnsupported)
	}
	mult := make([]kernel.Multiplier, n)
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

// bias reads the n values of an 8-bit layer's bias, 0 if it has none.
func (p *planner) bias(o *model.Operator, n int) ([]int32, error) {
	bias := make([]int32, n)
	if len(o.Inputs) < 3 || o.Inputs[2] < 0 {
		return bias, nil
	}
	t := p.tensor(o.Inputs[2])
	if t.Data == nil || t.Type != model.Int32 || t.Elements() != n {
		return nil, fmt.Errorf("bias is %v %v (want %d constant int32): %w", t.Type, t.Shape, n, infer.ErrUnsupported)
	}
	for i := range bias {
		bias[i] = int32(binary.LittleEndian.Uint32(t.Data[4*i:]))
	}
	return bias, nil
}

// weights32 reads weights and bias of a float32 layer with n outputs.
func (p *planner) weights32(o *model.Operator, n int) (weights, bias []float32, err error) {
	if p.tensor(o.Inputs[1]).Data == nil {
		return nil, nil, fmt.Errorf("weights %q are not constant: %w", p.tensor(o.Inputs[1]).Name, infer.ErrUnsupported)
	}
	if weights, err = p.floats(o.Inputs[1]); err != nil {
		return nil, nil, err
	}
	if len(o.Inputs) < 3 || o.Inputs[2] < 0 {
		return weights, make([]float32, n), nil
	}
	if bias, err = p.floats(o.Inputs[2]); err != nil {
		return nil, nil, err
	}
	if p.tensor(o.Inputs[2]).Data == nil || len(bias) != n {
		return nil, nil, fmt.Errorf("bias has %d values (want %d constants): %w", len(bias), n, infer.ErrUnsupported)
	}
	return weights, bias, nil
}
