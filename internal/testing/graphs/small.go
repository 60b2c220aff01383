package graphs

import (
	"encoding/binary"
	"math"

	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
)

// random is a stream of numbers from -1 to 1 that is the same everywhere.
type random uint32

func (r *random) next() float32 {
	*r = *r*1664525 + 1013904223 // Numerical Recipes' generator
	return float32(int32(*r)>>8) / (1 << 23)
}

// floats makes tensor i hold numbers of float32.
func (g *Graph) floats(i int, number func(n int) float32) int {
	t := &g.Tensors[i]
	t.Data = make([]byte, t.Bytes())
	for n := range len(t.Data) / 4 {
		binary.LittleEndian.PutUint32(t.Data[4*n:], math.Float32bits(number(n)))
	}
	return i
}

// ints makes tensor i hold numbers of int32.
func (g *Graph) ints(i int, list ...int32) int {
	t := &g.Tensors[i]
	t.Data = nil
	for _, v := range list {
		t.Data = binary.LittleEndian.AppendUint32(t.Data, uint32(v))
	}
	return i
}

// Colours is a classifier in float32 that tells red, green and blue pictures apart, its input 24x24 pixels from -1 to 1: the mean of
// each channel is weighed against those of the others. A convolution of random weights beside it, which weighs little, adds up enough
// numbers that kernels which round differently give other last places.
func Colours() *model.Model {
	const side, inner = 24, 32
	r := random(1)
	g := &Graph{Model: model.Model{Description: "colours"}}
	in := g.Tensor(model.Float32, 1, side, side, 3)
	weights := g.floats(g.Tensor(model.Float32, inner, 3, 3, 3), func(n int) float32 {
		if out, tap := n/27, n%27; out < 3 { // the first pass a channel on
			if tap/3 == 4 && tap%3 == out {
				return 1
			}
			return 0
		}
		return r.next() / 4
	})
	bias := g.floats(g.Tensor(model.Float32, inner), func(n int) float32 {
		if n < 3 {
			return 1 // so that from -1 on, nothing is cut
		}
		return r.next() / 8
	})
	conv := g.Tensor(model.Float32, 1, side, side, inner)
	g.Operator(model.OpConv2D, model.Conv2D{StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, Activation: model.ReLU}, []int{in, weights, bias}, conv)
	axes := g.ints(g.Tensor(model.Int32, 2), 1, 2)
	mean := g.Tensor(model.Float32, 1, inner)
	g.Operator(model.OpMean, model.Reducer{}, []int{conv, axes}, mean)
	dense := g.floats(g.Tensor(model.Float32, 3, inner), func(n int) float32 {
		switch class, i := n/inner, n%inner; {
		case i == class:
			return 2
		case i < 3:
			return -1
		}
		return r.next() / 2
	})
	logits, out := g.Tensor(model.Float32, 1, 3), g.Tensor(model.Float32, 1, 3)
	g.Operator(model.OpFullyConnected, model.FullyConnected{}, []int{mean, dense}, logits)
	g.Operator(model.OpSoftmax, model.Softmax{Beta: 1}, []int{logits}, out)
	g.Inputs, g.Outputs = []int{in}, []int{out}
	return &g.Model
}

// Fading is a classifier in float32 that tells red, green and blue pictures apart, its input 8x8 pixels from -1 to 1, and goes on to
// say what it has seen before: half of the mean of each channel comes back in the next run, in a variable or as an input.
func Fading(variable bool) *model.Model {
	const side = 8
	g := &Graph{Model: model.Model{Description: "fading"}}
	in := g.Tensor(model.Float32, 1, side, side, 3)
	axes := g.ints(g.Tensor(model.Int32, 2), 1, 2)
	mean, state, faded, out := g.Tensor(model.Float32, 1, 3), g.Tensor(model.Float32, 1, 3), g.Tensor(model.Float32, 1, 3), g.Tensor(model.Float32, 1, 3)
	g.Operator(model.OpMean, model.Reducer{}, []int{in, axes}, mean)
	g.Inputs, g.Outputs = []int{in}, []int{out}
	if variable {
		diagonal := func(x float32) int {
			return g.floats(g.Tensor(model.Float32, 3, 3), func(n int) float32 {
				if n%4 == 0 {
					return x
				}
				return 0
			})
		}
		bias := g.floats(g.Tensor(model.Float32, 3), func(int) float32 { return 0 })
		g.Tensors[state].Variable, g.Tensors[state].Odd = true, "a variable"
		g.Operator(model.OpRNN, model.Recurrent{}, []int{mean, diagonal(1), diagonal(0.5), bias, state}, faded)
	} else {
		half, part := g.floats(g.Tensor(model.Float32, 1, 3), func(int) float32 { return 0.5 }), g.Tensor(model.Float32, 1, 3)
		g.Operator(model.OpMul, model.Mul{}, []int{state, half}, part)
		g.Operator(model.OpAdd, model.Add{}, []int{mean, part}, faded)
		g.Tensors[state].Name, g.Tensors[faded].Name = "in/faded", "out/faded"
		g.Inputs, g.Outputs = append(g.Inputs, state), append(g.Outputs, faded)
	}
	g.Operator(model.OpSoftmax, model.Softmax{Beta: 2}, []int{faded}, out)
	return &g.Model
}

// Quarters is a detector of 8 bits that looks at the four quarters of a picture of 16x16 pixels, and finds a thing where it is bright.
func Quarters() *model.Model {
	const side = 16
	g := &Graph{Model: model.Model{Description: "quarters"}}
	in := g.Quantized(model.Uint8, 1./128, 128, 1, side, side, 3)
	pool := g.Quantized(model.Uint8, 1./128, 128, 1, 2, 2, 3)
	g.Operator(model.OpAveragePool2D, model.Pool2D{StrideH: side / 2, StrideW: side / 2, Height: side / 2, Width: side / 2}, []int{in}, pool)
	// Two numbers for each quarter: that of the background, which is always 0, and how bright it is.
	weights := g.Quantized(model.Uint8, 1./16, 128, 2, 1, 1, 3)
	g.Tensors[weights].Data = []byte{128, 128, 128, 160, 160, 160}
	bias := g.ints(g.Quantized(model.Int32, 1./(16*128), 0, 2), 0, 0)
	conv := g.Quantized(model.Uint8, 1./16, 128, 1, 2, 2, 2)
	g.Operator(model.OpConv2D, model.Conv2D{StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1}, []int{pool, weights, bias}, conv)
	shape := g.ints(g.Tensor(model.Int32, 3), 1, 4, 2)
	rows := g.Quantized(model.Uint8, 1./16, 128, 1, 4, 2)
	g.Operator(model.OpReshape, model.Reshape{NewShape: []int{1, 4, 2}}, []int{conv, shape}, rows)
	scores, floats := g.Quantized(model.Uint8, 1./256, 0, 1, 4, 2), g.Tensor(model.Float32, 1, 4, 2)
	g.Operator(model.OpLogistic, nil, []int{rows}, scores)
	g.Operator(model.OpDequantize, nil, []int{scores}, floats)
	codes := g.floats(g.Tensor(model.Float32, 1, 4, 4), func(int) float32 { return 0 })
	anchors := g.floats(g.Tensor(model.Float32, 4, 4), func(n int) float32 { // y, x, height, width
		return [4]float32{0.25 + 0.5*float32(n/8), 0.25 + 0.5*float32(n/4%2), 0.5, 0.5}[n%4]
	})
	boxes, classes, sure, count := g.Tensor(model.Float32, 1, 4, 4), g.Tensor(model.Float32, 1, 4), g.Tensor(model.Float32, 1, 4), g.Tensor(model.Float32, 1)
	g.Operator(model.OpCustom, write.Detection(model.DetectionPostProcess{
		MaxDetections: 4, MaxClasses: 1, Classes: 1, PerClass: 4, ScoreThreshold: 0.1, Overlap: 0.5, ScaleY: 10, ScaleX: 10, ScaleH: 5, ScaleW: 5,
	}), []int{codes, floats, anchors}, boxes, classes, sure, count)
	g.Operators[len(g.Operators)-1].Custom = model.DetectionOperator
	g.Inputs, g.Outputs = []int{in}, []int{boxes, classes, sure, count}
	return &g.Model
}
