package onnx

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/inceptiond/inceptiond/infer/model"
)

// operator adds the nodes of an operator.
func (e *exporter) operator(o *model.Operator) error {
	in, out := o.Inputs[0], o.Outputs[0]
	switch opt := o.Options.(type) {
	case model.Conv2D:
		return e.convolution(o, opt, 1)
	case model.DepthwiseConv2D:
		return e.convolution(o, opt.Conv2D, e.m.Tensors[in].Shape[3])
	case model.Pool2D:
		return e.pool(o, opt)
	case model.FullyConnected:
		return e.fullyConnected(o, opt)
	case model.Concat:
		return e.joined(o, opt)
	case model.Add:
		return e.added(o, opt)
	case model.Softmax:
		return e.unary("Softmax", in, out, attribute{"axis", -1})
	case model.Reducer:
		return e.mean(o)
	case model.LRN:
		size := 2*opt.Radius + 1 // ONNX divides alpha by it
		return e.unary("LRN", in, out, attribute{"size", size}, attribute{"alpha", opt.Alpha * float32(size)},
			attribute{"beta", opt.Beta}, attribute{"bias", opt.Bias})
	}
	switch o.Op {
	case model.OpQuantize:
		return e.requantize(in, out)
	case model.OpDequantize:
		name, err := e.real(in)
		e.names[out], e.floats[out] = name, true
		return err
	case model.OpReshape:
		return e.reshape(in, out)
	case model.OpPad:
		return e.pad(o)
	}
	return fmt.Errorf("it has no form here")
}

// unary adds an operator of one input and one output.
func (e *exporter) unary(op string, in, out int, attributes ...attribute) error {
	from, err := e.real(in)
	if err != nil {
		return err
	}
	name := e.name("result")
	e.node(op, name, []string{from}, attributes...)
	if e.m.Tensors[out].Type == model.Float32 {
		e.names[out], e.floats[out] = name, true
		return nil
	}
	return e.quantize(name, out)
}

// border is the pads of a window: top, left, bottom, right.
func (e *exporter) border(in, out, h, w, strideH, strideW int) []int {
	x, y := e.m.Tensors[in].Shape, e.m.Tensors[out].Shape
	tall, wide := max((y[1]-1)*strideH+h-x[1], 0), max((y[2]-1)*strideW+w-x[2], 0)
	return []int{tall / 2, wide / 2, tall - tall/2, wide - wide/2}
}

// convolution adds a Conv of so many groups, 1 or one for each channel.
func (e *exporter) convolution(o *model.Operator, c model.Conv2D, groups int) error {
	in, kernel, out := o.Inputs[0], o.Inputs[1], o.Outputs[0]
	s := e.m.Tensors[kernel].Shape
	n, h, w, channels := s[0], s[1], s[2], s[3]
	order := func(i int) int { // of n, channel, y, x
		yx := i % (h * w)
		channel, n := i/(h*w)%channels, i/(h*w*channels)
		return (n*h*w+yx)*channels + channel
	}
	if o.Op == model.OpDepthwiseConv2D {
		n, channels = s[3], 1
		order = func(i int) int { return i%(h*w)*n + i/(h*w) }
	}
	from, err := e.real(in)
	if err != nil {
		return err
	}
	weights, err := e.weights(kernel, []int{n, channels, h, w}, order)
	if err != nil {
		return err
	}
	inputs, name := []string{from, weights}, e.name("result")
	if len(o.Inputs) > 2 && o.Inputs[2] >= 0 {
		inputs = append(inputs, e.bias(o.Inputs[2], in, kernel))
	}
	e.node("Conv", name, inputs, attribute{"group", groups}, attribute{"kernel_shape", []int{h, w}},
		attribute{"pads", e.border(in, out, (h-1)*c.DilationH+1, (w-1)*c.DilationW+1, c.StrideH, c.StrideW)},
		attribute{"strides", []int{c.StrideH, c.StrideW}}, attribute{"dilations", []int{c.DilationH, c.DilationW}})
	return e.finish(name, c.Activation, out)
}

// pool adds a MaxPool or AveragePool, whose averages do not count the border.
func (e *exporter) pool(o *model.Operator, p model.Pool2D) error {
	op := map[model.Op]string{model.OpMaxPool2D: "MaxPool", model.OpAveragePool2D: "AveragePool"}[o.Op]
	if op == "" || p.Activation != model.NoActivation {
		return fmt.Errorf("a pool with activation %v", p.Activation)
	}
	in, out := o.Inputs[0], o.Outputs[0]
	return e.unary(op, in, out, attribute{"kernel_shape", []int{p.Height, p.Width}},
		attribute{"pads", e.border(in, out, p.Height, p.Width, p.StrideH, p.StrideW)}, attribute{"strides", []int{p.StrideH, p.StrideW}})
}

func (e *exporter) fullyConnected(o *model.Operator, f model.FullyConnected) error {
	in, w, out := o.Inputs[0], o.Inputs[1], o.Outputs[0]
	from, err := e.real(in)
	if err != nil {
		return err
	}
	weights, err := e.weights(w, e.m.Tensors[w].Shape, func(i int) int { return i })
	if err != nil {
		return err
	}
	inputs, name := []string{from, weights}, e.name("result")
	if len(o.Inputs) > 2 && o.Inputs[2] >= 0 {
		inputs = append(inputs, e.bias(o.Inputs[2], in, w))
	}
	e.node("Gemm", name, inputs, attribute{"transB", 1})
	return e.finish(name, f.Activation, out)
}

// joined adds a Concat along the channels.
func (e *exporter) joined(o *model.Operator, c model.Concat) error {
	if c.Axis != 3 || c.Activation != model.NoActivation {
		return fmt.Errorf("along axis %d with activation %v", c.Axis, c.Activation)
	}
	var inputs []string
	for _, in := range o.Inputs {
		from, err := e.real(in)
		if err != nil {
			return err
		}
		inputs = append(inputs, from)
	}
	name := e.name("result")
	e.node("Concat", name, inputs, attribute{"axis", 1})
	return e.quantize(name, o.Outputs[0])
}

func (e *exporter) added(o *model.Operator, a model.Add) error {
	x, err := e.real(o.Inputs[0])
	if err != nil {
		return err
	}
	y, err := e.real(o.Inputs[1])
	if err != nil {
		return err
	}
	name := e.name("result")
	e.node("Add", name, []string{x, y})
	return e.finish(name, a.Activation, o.Outputs[0])
}

// mean adds the mean of each channel, with or without height and width of 1.
func (e *exporter) mean(o *model.Operator) error {
	in, out := o.Inputs[0], o.Outputs[0]
	x, y := e.m.Tensors[in].Shape, e.m.Tensors[out].Shape
	if o.Op != model.OpMean || len(x) != 4 || y[len(y)-1] != x[3] || e.m.Tensors[out].Elements() != x[3] {
		return fmt.Errorf("of %v to %v", x, y)
	}
	if err := e.unary("GlobalAveragePool", in, out); err != nil {
		return err
	}
	return e.flatten(e.names[out], out)
}

// requantize changes the scale, unless there is only the sign to change.
func (e *exporter) requantize(in, out int) error {
	x, y := &e.m.Tensors[in], &e.m.Tensors[out]
	if !e.floats[in] && slices.Equal(x.Quant.Scale, y.Quant.Scale) && zeroByte(x) == zeroByte(y) {
		e.names[out] = e.names[in]
		return nil
	}
	from, err := e.real(in)
	if err != nil {
		return err
	}
	return e.quantize(from, out)
}

// reshape knows images of one pixel.
func (e *exporter) reshape(in, out int) error {
	if x := e.m.Tensors[in].Shape; len(x) == 4 && x[1]*x[2] != 1 {
		return fmt.Errorf("of %v", x)
	}
	return e.flatten(e.names[in], out)
}

// flatten makes tensor out of a value with as many elements.
func (e *exporter) flatten(from string, out int) error {
	var dims []byte
	shape := nchw(e.m.Tensors[out].Shape)
	for _, d := range shape {
		dims = binary.LittleEndian.AppendUint64(dims, uint64(d))
	}
	to := e.name("shape")
	e.constant(to, int64Type, []int{len(shape)}, dims)
	e.names[out] = e.name("bytes")
	e.node("Reshape", e.names[out], []string{from, to})
	return nil
}

// pad adds a border of zeros around an image.
func (e *exporter) pad(o *model.Operator) error {
	from, err := e.real(o.Inputs[0])
	if err != nil {
		return err
	}
	by := e.m.Tensors[o.Inputs[1]]
	if by.Data == nil || len(by.Data) != 4*8 {
		return fmt.Errorf("by %v", by.Shape)
	}
	var pads []byte
	for side := range 2 {
		for _, axis := range []int{0, 3, 1, 2} {
			pads = binary.LittleEndian.AppendUint64(pads, uint64(binary.LittleEndian.Uint32(by.Data[4*(2*axis+side):])))
		}
	}
	sizes, name := e.name("pads"), e.name("result")
	e.constant(sizes, int64Type, []int{8}, pads)
	e.node("Pad", name, []string{from, sizes})
	return e.quantize(name, o.Outputs[0])
}
