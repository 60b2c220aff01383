package inception

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/infer/model"
)

// quant is a node's quantization as uint8; as int8, the zero point is 128 less.
type quant struct {
	scale float32
	zero  int32
}

// Build quantizes the network. It returns a model without the facts of a file.
func (n *Network) Build(f Flavour) *model.Model {
	b := builder{
		flavour: f, nodes: n.nodes, scaled: n.scaled,
		prefix: fmt.Sprintf("InceptionV%d/", n.version),
		quants: quants(n.nodes, n.scaled, f),
		tensor: make([]int, len(n.nodes)),
	}
	b.m.Description = fmt.Sprintf("Inception v%d, seeded weights, %v", n.version, f)
	for i := range b.nodes {
		b.node(i)
	}
	b.finish()
	return &b.m
}

// quants chooses the quantization of every node's output.
func quants(nodes []*node, scaled []scaling, f Flavour) []quant {
	q := make([]quant, len(nodes))
	for i, o := range nodes {
		switch o.kind {
		case input:
			q[i] = quant{1. / 128, 128}
		case maxPool, averagePool:
			q[i] = q[o.from[0]]
		case concatenation:
			for _, from := range o.from {
				q[i].scale = max(q[i].scale, q[from].scale) // all zero points are 0
			}
		default:
			s := scaling{high: 1}
			if scaled != nil {
				s = scaled[i]
			}
			q[i].scale = (s.high - s.low) / 255
			q[i].zero = int32(math.Round(float64(-s.low / q[i].scale)))
		}
	}
	if f == Uint8 {
		return q
	}
	for i := len(nodes) - 1; i >= 0; i-- { // a concatenation before those inside it
		for _, from := range nodes[i].from {
			if k := nodes[from].kind; nodes[i].kind == concatenation && k != maxPool && k != averagePool {
				q[from] = q[i]
			}
		}
	}
	return q
}

// builder turns nodes into tensors and operators.
type builder struct {
	flavour Flavour
	nodes   []*node
	scaled  []scaling // nil if all weights are zero
	quants  []quant
	prefix  string
	tensor  []int // by node: its output
	m       model.Model
}

// activation adds a quantized tensor.
func (b *builder) activation(name string, q quant, shape ...int) int {
	t, zero := model.Uint8, q.zero
	if b.flavour == Int8 {
		t, zero = model.Int8, q.zero-128
	}
	return b.add(model.Tensor{Name: b.prefix + name, Shape: shape, Type: t,
		Quant: &model.Quant{Scale: []float32{q.scale}, ZeroPoint: []int32{zero}}})
}

// bytes adds a quantized tensor that is uint8 in both flavours.
func (b *builder) bytes(name string, q quant, shape ...int) int {
	return b.add(model.Tensor{Name: name, Shape: shape, Type: model.Uint8,
		Quant: &model.Quant{Scale: []float32{q.scale}, ZeroPoint: []int32{q.zero}}})
}

func (b *builder) add(t model.Tensor) int {
	b.m.Tensors = append(b.m.Tensors, t)
	return len(b.m.Tensors) - 1
}

func (b *builder) operator(op model.Op, options any, output int, inputs ...int) {
	b.m.Operators = append(b.m.Operators, model.Operator{Op: op, Options: options, Inputs: inputs, Outputs: []int{output}})
}

func (b *builder) node(i int) {
	o := b.nodes[i]
	switch o.kind {
	case input:
		b.tensor[i] = b.bytes("input", b.quants[i], 1, o.h, o.w, o.c)
		b.m.Inputs = []int{b.tensor[i]}
		if b.flavour == Int8 {
			in := b.tensor[i]
			b.tensor[i] = b.activation("input", b.quants[i], 1, o.h, o.w, o.c)
			b.operator(model.OpQuantize, nil, b.tensor[i], in)
		}
	case maxPool, averagePool:
		op := model.OpMaxPool2D
		if o.kind == averagePool {
			op = model.OpAveragePool2D
		}
		b.tensor[i] = b.activation(o.name, b.quants[i], 1, o.h, o.w, o.c)
		b.operator(op, model.Pool2D{Padding: o.padding, StrideH: o.stride, StrideW: o.stride, Height: o.kh, Width: o.kw},
			b.tensor[i], b.tensor[o.from[0]])
	case concatenation:
		b.concat(i)
	case convolution, depthwise:
		b.convolution(i)
	case fullyConnected:
		in := b.reshape(o.from[0])
		weights, bias := b.weights(i)
		b.tensor[i] = b.activation(o.name, b.quants[i], 1, o.c)
		b.operator(model.OpFullyConnected, model.FullyConnected{}, b.tensor[i], in, weights, bias)
	}
}

func (b *builder) convolution(i int) {
	o := b.nodes[i]
	weights, bias := b.weights(i)
	b.tensor[i] = b.activation(o.name, b.quants[i], 1, o.h, o.w, o.c)
	opt := model.Conv2D{Padding: o.padding, StrideH: o.stride, StrideW: o.stride, DilationH: 1, DilationW: 1,
		Activation: o.activation}
	in := b.tensor[o.from[0]]
	if o.kind == depthwise {
		multiplier := o.c / b.nodes[o.from[0]].c
		b.operator(model.OpDepthwiseConv2D, model.DepthwiseConv2D{Conv2D: opt, Multiplier: multiplier}, b.tensor[i], in, weights, bias)
		return
	}
	b.operator(model.OpConv2D, opt, b.tensor[i], in, weights, bias)
}

// concat joins branches along the channels. TensorFlow Lite's int8 concatenation only copies, so a pool, which cannot
// choose its scale, is requantized first where it differs.
func (b *builder) concat(i int) {
	o := b.nodes[i]
	var inputs []int
	for _, from := range o.from {
		in := b.tensor[from]
		if b.flavour == Int8 && b.quants[from] != b.quants[i] {
			f := b.nodes[from]
			in = b.activation(f.name+"/requantized", b.quants[i], 1, f.h, f.w, f.c)
			b.operator(model.OpQuantize, nil, in, b.tensor[from])
		}
		inputs = append(inputs, in)
	}
	b.tensor[i] = b.activation(o.name, b.quants[i], 1, o.h, o.w, o.c)
	b.operator(model.OpConcatenation, model.Concat{Axis: 3}, b.tensor[i], inputs...)
}

// reshape drops the height and width of node i, which are 1.
func (b *builder) reshape(i int) int {
	o := b.nodes[i]
	shape := b.add(model.Tensor{Name: b.prefix + o.name + "/shape", Shape: []int{2}, Type: model.Int32,
		Data: int32s([]int32{1, int32(o.c)})})
	out := b.activation(o.name+"/flat", b.quants[i], 1, o.c)
	b.operator(model.OpReshape, model.Reshape{NewShape: []int{1, o.c}}, out, b.tensor[i], shape)
	return out
}

// finish adds softmax to the logits.
func (b *builder) finish() {
	last := len(b.nodes) - 1
	logits := b.tensor[last]
	if b.nodes[last].kind == convolution {
		logits = b.reshape(last)
	}
	q := quant{scale: 1. / 256}
	if b.flavour == Uint8 {
		out := b.bytes("output", q, 1, Classes)
		b.operator(model.OpSoftmax, model.Softmax{Beta: 1}, out, logits)
		b.m.Outputs = []int{out}
		return
	}
	softmax := b.activation("Softmax", q, 1, Classes)
	b.operator(model.OpSoftmax, model.Softmax{Beta: 1}, softmax, logits)
	out := b.bytes("output", q, 1, Classes)
	b.operator(model.OpQuantize, nil, out, softmax)
	b.m.Outputs = []int{out}
}

func int32s(v []int32) []byte {
	data := make([]byte, 0, 4*len(v))
	for _, x := range v {
		data = binary.LittleEndian.AppendUint32(data, uint32(x))
	}
	return data
}
