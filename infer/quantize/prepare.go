package quantize

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/inceptiond/inceptiond/infer/model"
)

// prepare is m as it is quantized, with the same tensors: all constants are float32, whatever the file stores them as, and
// activations are part of the operators before them. m does not change. The error says why m is no float model of one picture.
func prepare(m *model.Model) (*model.Model, error) {
	if err := checkFloat(m); err != nil {
		return nil, err
	}
	made := *m
	made.Tensors = slices.Clone(m.Tensors)
	made.Operators = nil
	for i := range m.Operators {
		o := &m.Operators[i]
		folded, err := fold(made.Tensors, o)
		if err != nil {
			return nil, err
		}
		if !folded {
			made.Operators = append(made.Operators, *o)
		}
	}
	for i := range made.Tensors {
		if t := &made.Tensors[i]; t.Data != nil && (t.Type == model.Float16 || t.Quant != nil && t.Type != model.Int32) {
			if err := unpack(t, t); err != nil {
				return nil, err
			}
		}
	}
	fuse(&made)
	return &made, nil
}

// fold makes a constant of what o computes, if it only dequantizes or reshapes one: converters store weights so.
func fold(tensors []model.Tensor, o *model.Operator) (done bool, err error) {
	if o.Odd != "" || len(o.Inputs) == 0 || len(o.Outputs) != 1 || o.Inputs[0] < 0 || tensors[o.Inputs[0]].Data == nil {
		return false, nil
	}
	from, to := &tensors[o.Inputs[0]], &tensors[o.Outputs[0]]
	switch o.Op.String() {
	case "DEQUANTIZE":
		return true, unpack(from, to)
	case "RESHAPE", "SQUEEZE", "EXPAND_DIMS":
		same := from.Odd == "" && to.Odd == "" && from.Type == to.Type && from.Elements() == to.Elements()
		if same && (from.Quant == nil || len(from.Quant.Scale) == 1) {
			to.Data, to.Quant = from.Data, from.Quant
			return true, nil
		}
	}
	return false, nil
}

// checkFloat says why m is not a model in float32 with one input.
func checkFloat(m *model.Model) error {
	if len(m.Inputs) != 1 || len(m.Outputs) == 0 {
		return fmt.Errorf("the model has %d inputs and %d outputs (want one input, a picture, and an output): %w", len(m.Inputs), len(m.Outputs), model.ErrUnsupported)
	}
	for i := range m.Operators {
		o := &m.Operators[i]
		if o.Custom == model.EdgeTPUOperator {
			return fmt.Errorf("the model is compiled for an Edge TPU: take the float model that it was made of: %w", model.ErrUnsupported)
		}
		for _, t := range o.Outputs {
			switch out := &m.Tensors[t]; out.Type {
			case model.Int8, model.Uint8, model.Int16:
				return fmt.Errorf("the model is quantized already: %.80q is %v (take the float model that it was made of): %w", out.Name, out.Type, model.ErrUnsupported)
			}
		}
	}
	if in := &m.Tensors[m.Inputs[0]]; in.Type != model.Float32 {
		return fmt.Errorf("the model's input %.80q is %v (want float32): %w", in.Name, in.Type, model.ErrUnsupported)
	}
	return nil
}

// unpack makes to the float32 numbers that constant from stands for; they may be the same tensor.
func unpack(from, to *model.Tensor) error {
	values, err := numbers(from)
	if err != nil {
		return err
	}
	if to.Odd != "" || to.Elements() != len(values) {
		return fmt.Errorf("constant %.80q has %d numbers, and becomes %.80q %v: %w", from.Name, len(values), to.Name, to.Shape, model.ErrUnsupported)
	}
	to.Type, to.Quant, to.Data = model.Float32, nil, encode(values)
	return nil
}

// numbers is what constant t stands for.
func numbers(t *model.Tensor) ([]float32, error) {
	n := t.Elements()
	if t.Odd != "" || len(t.Data) != n*t.Type.Size() || t.Data == nil {
		return nil, fmt.Errorf("constant %.80q cannot be read %s: %w", t.Name, t.Odd, model.ErrUnsupported)
	}
	values, little := make([]float32, n), binary.LittleEndian
	switch {
	case t.Type == model.Float32:
		for i := range values {
			values[i] = math.Float32frombits(little.Uint32(t.Data[4*i:]))
		}
	case t.Type == model.Float16:
		for i := range values {
			values[i] = half(little.Uint16(t.Data[2*i:]))
		}
	case t.Quant != nil && (t.Type == model.Int8 || t.Type == model.Uint8):
		channel := channels(t.Shape, t.Quant.Axis, len(t.Quant.Scale))
		for i, b := range t.Data {
			q := int32(b)
			if t.Type == model.Int8 {
				q = int32(int8(b))
			}
			c := channel(i)
			values[i] = t.Quant.Scale[c] * float32(q-t.Quant.ZeroPoint[c])
		}
	default:
		return nil, fmt.Errorf("constant %.80q is %v: %w", t.Name, t.Type, model.ErrUnsupported)
	}
	return values, nil
}

// half is a float16 as float32, exactly.
func half(bits uint16) float32 {
	sign, exponent, fraction := uint32(bits&0x8000)<<16, bits>>10&31, float64(bits&1023)
	var v float64
	switch exponent {
	case 0:
		v = math.Ldexp(fraction, -24)
	case 31:
		return math.Float32frombits(sign | 0x7f800000 | uint32(bits&1023)<<13)
	default:
		v = math.Ldexp(1024+fraction, int(exponent)-25)
	}
	return math.Float32frombits(sign | math.Float32bits(float32(v)))
}

// channels tells of an element's number which of n channels along an axis of shape it belongs to.
func channels(shape []int, axis, n int) func(i int) int {
	if n <= 1 {
		return func(int) int { return 0 }
	}
	inner := 1
	for _, d := range shape[axis+1:] {
		inner *= d
	}
	return func(i int) int { return i / inner % n }
}

func encode(values []float32) []byte {
	data := make([]byte, 0, 4*len(values))
	for _, v := range values {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	return data
}

// fuse makes a RELU, RELU6 or RELU_N1_TO_1 part of the operator before it, if that can have one and nobody else reads what it
// gives: two roundings less, and no levels for numbers that the activation drops.
func fuse(m *model.Model) {
	maker, readers := m.Makers(), readers(m)
	gone := map[int]bool{}
	for i := range m.Operators {
		o := &m.Operators[i]
		a, ok := activations[o.Op.String()]
		if !ok || o.Odd != "" {
			continue
		}
		before := maker[o.Inputs[0]]
		if before < 0 || readers[o.Inputs[0]] != 1 || len(m.Operators[before].Outputs) != 1 {
			continue
		}
		options, ok := withActivation(m.Operators[before].Options, a)
		if !ok {
			continue
		}
		made := &m.Operators[before]
		made.Options, made.Outputs = options, o.Outputs
		maker[o.Outputs[0]] = before
		gone[i] = true
	}
	kept := m.Operators[:0:0]
	for i := range m.Operators {
		if !gone[i] {
			kept = append(kept, m.Operators[i])
		}
	}
	m.Operators = kept
}

// activations are the operators that can be part of others, by their names in the schema.
var activations = map[string]model.Activation{"RELU": model.ReLU, "RELU6": model.ReLU6, "RELU_N1_TO_1": model.ReLUN1To1}

// withActivation is options with an activation; ok is false if they have one, or no room for it.
func withActivation(options any, a model.Activation) (changed any, ok bool) {
	var had model.Activation
	switch o := options.(type) {
	case model.Conv2D:
		had, o.Activation = o.Activation, a
		changed = o
	case model.DepthwiseConv2D:
		had, o.Activation = o.Activation, a
		changed = o
	case model.FullyConnected:
		had, o.Activation = o.Activation, a
		changed = o
	case model.Add:
		had, o.Activation = o.Activation, a
		changed = o
	case model.Sub:
		had, o.Activation = o.Activation, a
		changed = o
	case model.Mul:
		had, o.Activation = o.Activation, a
		changed = o
	default:
		return nil, false
	}
	return changed, had == model.NoActivation
}

// readers is how often each tensor is read, by operators and as an output.
func readers(m *model.Model) []int {
	list := make([]int, len(m.Tensors))
	for i := range m.Operators {
		for _, t := range m.Operators[i].Inputs {
			if t >= 0 {
				list[t]++
			}
		}
	}
	for _, t := range m.Outputs {
		list[t]++
	}
	return list
}
