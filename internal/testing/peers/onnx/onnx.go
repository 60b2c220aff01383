// Package onnx writes a quantized network as an .onnx file, for measurements: each operator between DequantizeLinear and
// QuantizeLinear (QDQ), which ONNX Runtime joins into kernels for bytes. Activations are uint8 and weights int8 with a scale
// for each output channel, the form that ONNX Runtime recommends for x86; images are NCHW. The formats are those of
// onnx.proto3 and of the operators' documentation, opset 13.
package onnx

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/inceptiond/inceptiond/infer/model"
)

// Export is the .onnx file of m, whose input and output must be quantized. An operator or a form of one that it does not
// know is an error.
func Export(m *model.Model) ([]byte, error) {
	e := &exporter{m: m, names: make([]string, len(m.Tensors)), floats: map[int]bool{}}
	in, out := m.Inputs[0], m.Outputs[0]
	e.names[in] = "input"
	e.inputs = port("input", uint8Type, nchw(m.Tensors[in].Shape))
	for i := range m.Operators {
		if err := e.operator(&m.Operators[i]); err != nil {
			return nil, fmt.Errorf("onnx: operator %d, %s: %w", i, m.Operators[i].Name(), err)
		}
	}
	e.outputs = port(e.names[out], uint8Type, nchw(m.Tensors[out].Shape))
	return e.encode(m.Description), nil
}

// exporter adds the nodes of one operator after the other.
type exporter struct {
	graph
	m      *model.Model
	names  []string     // by tensor; "" until it is computed
	floats map[int]bool // tensors that are float32 in the model
}

// nchw is the shape of an image with its channels first; others stay.
func nchw(shape []int) []int {
	if len(shape) != 4 {
		return shape
	}
	return []int{shape[0], shape[3], shape[1], shape[2]}
}

func (e *exporter) name(kind string) string {
	e.count++
	return fmt.Sprint(kind, e.count)
}

// scale adds the constants of a quantization: its scales and zero points, of the element type.
func (e *exporter) scale(scales []float32, element int, zero []byte) (scale, point string) {
	var data []byte
	for _, s := range scales {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(s))
	}
	var shape []int
	if len(scales) > 1 {
		shape = []int{len(scales)}
	}
	scale, point = e.name("scale"), e.name("zero")
	e.constant(scale, float32Type, shape, data)
	e.constant(point, element, shape, zero)
	return scale, point
}

// activation adds the constants of an activation's quantization, as uint8.
func (e *exporter) activation(t int) (scale, point string, err error) {
	x := &e.m.Tensors[t]
	if x.Quant == nil || len(x.Quant.Scale) != 1 || x.Type != model.Uint8 && x.Type != model.Int8 {
		return "", "", fmt.Errorf("tensor %q is not quantized as a whole", x.Name)
	}
	scale, point = e.scale(x.Quant.Scale, uint8Type, []byte{zeroByte(x)})
	return scale, point, nil
}

// zeroByte is the zero point of a tensor as uint8.
func zeroByte(t *model.Tensor) byte {
	if t.Type == model.Int8 {
		return byte(t.Quant.ZeroPoint[0] + 128)
	}
	return byte(t.Quant.ZeroPoint[0])
}

// real is tensor t as float32.
func (e *exporter) real(t int) (string, error) {
	if e.floats[t] {
		return e.names[t], nil
	}
	if e.names[t] == "" {
		return "", fmt.Errorf("tensor %q is not computed", e.m.Tensors[t].Name)
	}
	scale, point, err := e.activation(t)
	name := e.name("real")
	e.node("DequantizeLinear", name, []string{e.names[t], scale, point})
	return name, err
}

// quantize makes tensor t of float32 numbers.
func (e *exporter) quantize(from string, t int) error {
	scale, point, err := e.activation(t)
	e.names[t] = e.name("bytes")
	e.node("QuantizeLinear", e.names[t], []string{from, scale, point})
	return err
}

// weights adds constant weights, arranged by order, with a scale for each of n output channels.
func (e *exporter) weights(t int, shape []int, order func(i int) int) (string, error) {
	w := &e.m.Tensors[t]
	if w.Type != model.Int8 || w.Data == nil || slices.ContainsFunc(w.Quant.ZeroPoint, func(z int32) bool { return z != 0 }) {
		return "", fmt.Errorf("weights %q are not int8 around 0", w.Name)
	}
	data := make([]byte, len(w.Data))
	for i := range data {
		data[i] = w.Data[order(i)]
	}
	values, name := e.name("weights"), e.name("real")
	e.constant(values, int8Type, shape, data)
	scale, point := e.scale(w.Quant.Scale, int8Type, make([]byte, len(w.Quant.Scale)))
	e.node("DequantizeLinear", name, []string{values, scale, point}, attribute{"axis", 0})
	return name, nil
}

// bias adds the int32 constants of a bias, whose scales are those of the input times those of the weights.
func (e *exporter) bias(t, input, weights int) string {
	b, s := &e.m.Tensors[t], e.m.Tensors[input].Quant.Scale[0]
	var scales []float32
	for _, w := range e.m.Tensors[weights].Quant.Scale {
		scales = append(scales, s*w)
	}
	values, name := e.name("bias"), e.name("real")
	e.constant(values, int32Type, []int{len(b.Data) / 4}, b.Data)
	scale, point := e.scale(scales, int32Type, make([]byte, 4*len(scales)))
	e.node("DequantizeLinear", name, []string{values, scale, point}, attribute{"axis", 0})
	return name
}

// finish applies an activation function and quantizes. Where the zero point is the least byte, that does what ReLU would.
func (e *exporter) finish(from string, a model.Activation, t int) error {
	name := e.name("activated")
	switch {
	case a == model.NoActivation || a == model.ReLU && zeroByte(&e.m.Tensors[t]) == 0:
		name = from
	case a == model.ReLU:
		e.node("Relu", name, []string{from})
	case a == model.ReLU6:
		low, high := e.name("low"), e.name("high")
		e.constant(low, float32Type, nil, make([]byte, 4))
		e.constant(high, float32Type, nil, binary.LittleEndian.AppendUint32(nil, math.Float32bits(6)))
		e.node("Clip", name, []string{from, low, high})
	default:
		return fmt.Errorf("activation %v", a)
	}
	return e.quantize(name, t)
}
