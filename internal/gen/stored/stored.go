// Package stored makes models whose numbers are float32 and whose constants are stored in fewer bits, as converters write
// them that are asked for small files: float16, or int8 weights ("dynamic range"). It makes them of quantized models, for
// tests: the numbers are those that the quantized ones stand for, so that the answers mean the same.
package stored

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/infer/model"
)

// How constants are stored.
type How int

// The ways.
const (
	Float32     How = iota // as they are
	Float16                // each constant before a DEQUANTIZE, as the converter writes it
	Bare16                 // float16, without one
	Channels               // weights as int8, a scale for each channel; all else float32
	Tensor                 // weights as int8 with one scale, but those of depthwise convolutions
	Legacy                 // the same with uint8 as the type, as it was before there was int8
	Dequantized            // all constants as int8 before a DEQUANTIZE, weights with a scale for each channel
)

// String is "float16", "channels", …
func (h How) String() string {
	return [...]string{"float32", "float16", "bare16", "channels", "tensor", "legacy", "dequantized"}[h]
}

// Convert makes a model of float32 of a quantized one. m stays as it is.
func Convert(m *model.Model, how How) (*model.Model, error) {
	c := converter{in: m, how: how, index: make([]int, len(m.Tensors))}
	c.out = model.Model{Description: fmt.Sprintf("%s, stored as %v", m.Description, how)}
	roles := roles(m)
	for i := range m.Tensors {
		if m.Tensors[i].Data == nil {
			c.index[i] = c.add(activation(&m.Tensors[i]))
			continue
		}
		index, err := c.constant(i, roles[i])
		if err != nil {
			return nil, fmt.Errorf("stored: tensor %q: %w", m.Tensors[i].Name, err)
		}
		c.index[i] = index
	}
	for i := range m.Operators {
		c.operator(&m.Operators[i])
	}
	c.out.Inputs, c.out.Outputs = c.pick(m.Inputs), c.pick(m.Outputs)
	return &c.out, nil
}

// role is what a constant is for.
type role struct {
	weights bool
	apart   bool      // they may have a scale for each channel: TensorFlow Lite 2.9 has one in fully connected layers
	axis    int       // of weights, along which they have channels
	scales  []float32 // of a bias
}

// roles finds weights and biases, by tensor.
func roles(m *model.Model) map[int]role {
	found := map[int]role{}
	for i := range m.Operators {
		o := &m.Operators[i]
		r := role{weights: true, apart: o.Op != model.OpFullyConnected}
		image, bias := 0, 2
		switch o.Op {
		case model.OpDepthwiseConv2D:
			r.axis = 3
		case model.OpConv2D, model.OpFullyConnected:
		case model.OpTransposeConv: // input 0 is the shape
			image, bias = 2, 3
		default:
			continue
		}
		found[o.Inputs[1]] = r
		if len(o.Inputs) <= bias || o.Inputs[bias] < 0 {
			continue
		}
		in, w := m.Tensors[o.Inputs[image]].Quant, m.Tensors[o.Inputs[1]].Quant
		var scales []float32
		for _, s := range w.Scale {
			scales = append(scales, in.Scale[0]*s)
		}
		found[o.Inputs[bias]] = role{scales: scales}
	}
	return found
}

// converter fills out.
type converter struct {
	in    *model.Model
	out   model.Model
	how   How
	index []int // in out, of each tensor in in
}

func (c *converter) add(t model.Tensor) int {
	c.out.Tensors = append(c.out.Tensors, t)
	return len(c.out.Tensors) - 1
}

func (c *converter) pick(indices []int) []int {
	list := make([]int, len(indices))
	for k, i := range indices {
		if list[k] = i; i >= 0 {
			list[k] = c.index[i]
		}
	}
	return list
}

// activation is a computed tensor, or an input.
func activation(t *model.Tensor) model.Tensor {
	typ := t.Type
	if typ == model.Int8 || typ == model.Uint8 {
		typ = model.Float32
	}
	return model.Tensor{Name: t.Name, Shape: t.Shape, Type: typ}
}

// operator adds o; one between two quantizations has nothing left to do.
func (c *converter) operator(o *model.Operator) {
	if o.Op == model.OpQuantize || o.Op == model.OpDequantize {
		c.index[o.Outputs[0]] = c.index[o.Inputs[0]]
		return
	}
	c.out.Operators = append(c.out.Operators, model.Operator{
		Op: o.Op, Custom: o.Custom, Options: o.Options, Inputs: c.pick(o.Inputs), Outputs: c.pick(o.Outputs),
	})
}

// constant adds constant i, and a DEQUANTIZE if that makes it what operators read; it returns the index of the latter.
func (c *converter) constant(i int, r role) (int, error) {
	t := &c.in.Tensors[i]
	values, err := realValues(t, r)
	if err != nil {
		return 0, err
	}
	made := model.Tensor{Name: t.Name, Shape: t.Shape, Type: model.Float32}
	switch {
	case values == nil: // a shape, say
		return c.add(*t), nil
	case c.how == Float16 || c.how == Bare16:
		made.Type, made.Data = model.Float16, halves(values)
	case c.how == Dequantized, r.weights && (c.how == Channels || c.how == Tensor || c.how == Legacy):
		channels := 1
		if r.apart && (c.how == Channels || c.how == Dequantized || r.axis != 0) {
			channels = t.Shape[r.axis]
		}
		made.Type = model.Int8
		made.Data, made.Quant = bytes(values, channels, r.axis)
		if c.how == Legacy && r.axis == 0 {
			made.Type = model.Uint8
		}
	default:
		for _, v := range values {
			made.Data = binary.LittleEndian.AppendUint32(made.Data, math.Float32bits(v))
		}
	}
	index := c.add(made)
	if c.how != Float16 && c.how != Dequantized {
		return index, nil
	}
	out := c.add(model.Tensor{Name: t.Name + " (float32)", Shape: t.Shape, Type: model.Float32})
	c.out.Operators = append(c.out.Operators, model.Operator{Op: model.OpDequantize, Inputs: []int{index}, Outputs: []int{out}})
	return out, nil
}

// realValues is what a constant's numbers stand for, nil if they are only numbers.
func realValues(t *model.Tensor, r role) ([]float32, error) {
	values := make([]float32, t.Elements())
	switch {
	case t.Type == model.Float32:
		for i := range values {
			values[i] = math.Float32frombits(binary.LittleEndian.Uint32(t.Data[4*i:]))
		}
	case t.Type == model.Int32 && r.scales != nil:
		for i := range values {
			values[i] = r.scales[i%len(r.scales)] * float32(int32(binary.LittleEndian.Uint32(t.Data[4*i:])))
		}
	case (t.Type == model.Int8 || t.Type == model.Uint8) && t.Quant != nil:
		q, inner := t.Quant, len(values)
		if len(q.Scale) > 1 {
			inner = 1
			for _, d := range t.Shape[q.Axis+1:] {
				inner *= d
			}
		}
		for i := range values {
			c, x := i/inner%len(q.Scale), int32(t.Data[i])
			if t.Type == model.Int8 {
				x = int32(int8(t.Data[i]))
			}
			values[i] = q.Scale[c] * float32(x-q.ZeroPoint[c])
		}
	case t.Type == model.Int32 || t.Type == model.Int64:
		return nil, nil
	default:
		return nil, fmt.Errorf("%v", t.Type)
	}
	return values, nil
}

// bytes are the finest int8 of values without a zero point, a scale for each of the channels along an axis: the first, or
// the last one.
func bytes(values []float32, channels, axis int) ([]byte, *model.Quant) {
	q := &model.Quant{Scale: make([]float32, channels), ZeroPoint: make([]int32, channels)}
	if channels > 1 {
		q.Axis = axis
	}
	channel := func(i int) int {
		if axis == 0 {
			return i / (len(values) / channels)
		}
		return i % channels
	}
	for i, v := range values {
		c := channel(i)
		q.Scale[c] = max(q.Scale[c], v/127, -v/127)
	}
	data := make([]byte, len(values))
	for i, v := range values {
		if s := q.Scale[channel(i)]; s > 0 {
			data[i] = byte(int8(math.Round(float64(v / s))))
		}
	}
	return data, q
}

// halves are values as IEEE 754 binary16, rounded to the nearest, to even of two; what is too large becomes infinite.
func halves(values []float32) []byte {
	var data []byte
	for _, v := range values {
		data = binary.LittleEndian.AppendUint16(data, half(v))
	}
	return data
}

func half(v float32) uint16 {
	sign := uint16(math.Float32bits(v) >> 16 & 0x8000)
	a := math.Abs(float64(v))
	switch {
	case a >= 65520:
		return sign | 31<<10
	case a < 1.0/(1<<14): // in units of the smallest number
		return sign | uint16(math.RoundToEven(a*(1<<24)))
	}
	fraction, exponent := math.Frexp(a)                           // 0.5 … 1
	units := uint16(math.RoundToEven(fraction * (1 << 11)))       // 1024 … 2048
	return sign | (uint16(exponent+14)<<10 + (units - (1 << 10))) // a carry goes to the exponent
}
