package inception

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/inceptiond/inceptiond/infer/model"
)

// MobileNet is MobileNet v2 in float32, as Keras has it, for square pictures: inverted bottlenecks with sums around them.
// Weights are drawn such that activations spread alike in all layers, and the softmax leaves no class alone.
func MobileNet(size int) *model.Model {
	b := mobileNet{m: &model.Model{Description: "MobileNet v2, seeded weights, float32"}, h: size, c: 3}
	b.last = b.tensor("input", nil, 1, size, size, 3)
	b.m.Inputs = []int{b.last}
	b.conv("Conv1", 3, 32, 2, model.ReLU6)
	for i, s := range []struct{ expand, channels, count, stride int }{
		{1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1},
	} {
		for k := range s.count {
			b.block(fmt.Sprintf("block_%d_%d", i, k), s.expand, s.channels, s.stride)
			s.stride = 1
		}
	}
	b.conv("Conv_1", 1, 1280, 1, model.ReLU6)
	axes := b.add(model.Tensor{Name: "axes", Shape: []int{2}, Type: model.Int32, Data: int32s([]int32{1, 2})})
	b.operator(model.OpMean, model.Reducer{}, b.tensor("mean", nil, 1, b.c), b.last, axes)
	b.operator(model.OpFullyConnected, model.FullyConnected{}, b.tensor("logits", nil, 1, Classes),
		b.last, b.weights("logits/weights", b.c, Classes, b.c), b.biases("logits/biases", Classes))
	b.operator(model.OpSoftmax, model.Softmax{Beta: 1}, b.tensor("output", nil, 1, Classes), b.last)
	b.m.Outputs = []int{b.last}
	return b.m
}

// mobileNet adds layers that read the last one, whose image is h pixels high and wide and has c channels.
type mobileNet struct {
	m          *model.Model
	last, h, c int
}

func (b *mobileNet) add(t model.Tensor) int {
	b.m.Tensors = append(b.m.Tensors, t)
	return len(b.m.Tensors) - 1
}

func (b *mobileNet) tensor(name string, data []byte, shape ...int) int {
	return b.add(model.Tensor{Name: name, Shape: shape, Type: model.Float32, Data: data})
}

func (b *mobileNet) operator(op model.Op, options any, output int, inputs ...int) {
	b.m.Operators = append(b.m.Operators, model.Operator{Op: op, Options: options, Inputs: inputs, Outputs: []int{output}})
	b.last = output
}

// weights adds numbers whose products with fanIn inputs that spread by 1 spread by about 1.4, of which a ReLU leaves 1.
func (b *mobileNet) weights(name string, fanIn int, shape ...int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return b.tensor(name, b.numbers(n, math.Sqrt(2/float64(fanIn))), shape...)
}

func (b *mobileNet) biases(name string, n int) int { return b.tensor(name, b.numbers(n, 0.1), n) }

// numbers draws n that spread by deviation around 0.
func (b *mobileNet) numbers(n int, deviation float64) []byte {
	random, factor := rand.NewPCG(uint64(len(b.m.Tensors)), 0x30b11e), float32(deviation/(1<<16)*math.Sqrt(3))
	data := make([]byte, 0, 4*n)
	for range n {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(float32(bell(random.Uint64()))*factor))
	}
	return data
}

// conv adds a convolution.
func (b *mobileNet) conv(name string, size, channels, stride int, a model.Activation) {
	w := b.weights(name+"/weights", size*size*b.c, channels, size, size, b.c)
	in, bias := b.last, b.biases(name+"/biases", channels)
	b.h, b.c = outputSize(b.h, size, stride, model.Same), channels
	b.operator(model.OpConv2D, window2D(stride, a), b.tensor(name, nil, 1, b.h, b.h, b.c), in, w, bias)
}

// depthwise adds one of 3x3.
func (b *mobileNet) depthwise(name string, stride int) {
	w := b.weights(name+"/weights", 9, 1, 3, 3, b.c)
	in, bias := b.last, b.biases(name+"/biases", b.c)
	b.h = outputSize(b.h, 3, stride, model.Same)
	b.operator(model.OpDepthwiseConv2D, model.DepthwiseConv2D{Conv2D: window2D(stride, model.ReLU6), Multiplier: 1},
		b.tensor(name, nil, 1, b.h, b.h, b.c), in, w, bias)
}

func window2D(stride int, a model.Activation) model.Conv2D {
	return model.Conv2D{Padding: model.Same, StrideH: stride, StrideW: stride, DilationH: 1, DilationW: 1, Activation: a}
}

// block adds an inverted bottleneck: wider, depthwise, narrower, and the sum with what it began with if that is alike.
func (b *mobileNet) block(name string, expand, channels, stride int) {
	from, c := b.last, b.c
	if expand > 1 {
		b.conv(name+"_expand", 1, expand*c, 1, model.ReLU6)
	}
	b.depthwise(name+"_depthwise", stride)
	b.conv(name+"_project", 1, channels, 1, model.NoActivation)
	if stride == 1 && c == channels {
		b.operator(model.OpAdd, model.Add{}, b.tensor(name+"_add", nil, 1, b.h, b.h, b.c), from, b.last)
	}
}
