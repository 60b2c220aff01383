// Package graphs makes models of a few operators for tests of what reads and writes them.
package graphs

import (
	"strings"

	"github.com/inceptiond/inceptiond/infer/model"
)

// Graph is a model in the making.
type Graph struct{ model.Model }

// Tensor adds a tensor and returns its index.
func (g *Graph) Tensor(typ model.Type, shape ...int) int {
	g.Tensors = append(g.Tensors, model.Tensor{Name: strings.Repeat("t", len(g.Tensors)), Shape: shape, Type: typ})
	return len(g.Tensors) - 1
}

// Quantized adds a tensor with one scale and zero point.
func (g *Graph) Quantized(typ model.Type, scale float32, zero int32, shape ...int) int {
	i := g.Tensor(typ, shape...)
	g.Tensors[i].Quant = &model.Quant{Scale: []float32{scale}, ZeroPoint: []int32{zero}}
	return i
}

// Constant fills tensor i with bytes.
func (g *Graph) Constant(i int) int {
	t := &g.Tensors[i]
	t.Data = make([]byte, t.Bytes())
	for n := range t.Data {
		t.Data[n] = byte(n + i)
	}
	return i
}

// Operator appends an operator, of version 0.
func (g *Graph) Operator(op model.Op, options any, inputs []int, outputs ...int) {
	g.Operators = append(g.Operators, model.Operator{Op: op, Options: options, Inputs: inputs, Outputs: outputs})
}

// Small is a model with one convolution of every kind that matters to the parser: 8x8x3 uint8 to 5 scores.
func Small() *model.Model {
	g := &Graph{Model: model.Model{Description: "small"}}
	in := g.Quantized(model.Uint8, 1./128, 128, 1, 8, 8, 3)
	w := g.Constant(g.Quantized(model.Uint8, 0.01, 120, 4, 3, 3, 3))
	b := g.Constant(g.Quantized(model.Int32, 0.01/128, 0, 4))
	conv := g.Quantized(model.Uint8, 0.05, 0, 1, 4, 4, 4)
	pool := g.Quantized(model.Uint8, 0.05, 0, 1, 4, 4, 4)
	cat := g.Quantized(model.Uint8, 0.05, 0, 1, 4, 4, 8)
	fw := g.Constant(g.Quantized(model.Uint8, 0.02, 131, 5, 128))
	fb := g.Constant(g.Quantized(model.Int32, 0.001, 0, 5))
	fc := g.Quantized(model.Uint8, 0.1, 52, 1, 5)
	out := g.Quantized(model.Uint8, 1./256, 0, 1, 5)
	g.Operator(model.OpConv2D, model.Conv2D{StrideH: 2, StrideW: 2, DilationH: 1, DilationW: 1, Activation: model.ReLU}, []int{in, w, b}, conv)
	g.Operator(model.OpMaxPool2D, model.Pool2D{StrideH: 1, StrideW: 1, Height: 3, Width: 3}, []int{conv}, pool)
	g.Operator(model.OpConcatenation, model.Concat{Axis: 3}, []int{conv, pool}, cat)
	g.Operator(model.OpFullyConnected, model.FullyConnected{}, []int{cat, fw, fb}, fc)
	g.Operator(model.OpSoftmax, model.Softmax{Beta: 1}, []int{fc}, out)
	g.Inputs, g.Outputs = []int{in}, []int{out}
	return &g.Model
}

// Every has one operator for each kind of options, without regard to whether its shapes make sense.
func Every() *model.Model {
	g := &Graph{Model: model.Model{Description: "every"}}
	x := g.Tensor(model.Int8, 1, 4, 4, 6)
	weights := g.Constant(g.Tensor(model.Int8, 1, 3, 3, 6))
	g.Tensors[weights].Quant = &model.Quant{Scale: []float32{1, 2, 3, 4, 5, 6}, ZeroPoint: make([]int32, 6), Axis: 3}
	two := g.Constant(g.Tensor(model.Int32, 2))
	scalar := g.Constant(g.Tensor(model.Float32))
	g.Inputs = []int{x}
	add := func(op model.Op, options any, inputs ...int) {
		g.Operator(op, options, inputs, g.Quantized(model.Int8, 0.5, -128, 1, 4, 4, 6))
	}
	conv := model.Conv2D{Padding: model.Valid, StrideH: 1, StrideW: 2, DilationH: 3, DilationW: 4, Activation: model.ReLU6}
	depthwise := model.Conv2D{StrideH: 1, StrideW: 2, DilationH: 1, DilationW: 1}
	pool := model.Pool2D{Padding: model.Valid, StrideH: 1, StrideW: 2, Height: 3, Width: 4, Activation: model.ReLU}
	add(model.OpConv2D, conv, x, weights)
	add(model.OpDepthwiseConv2D, model.DepthwiseConv2D{Conv2D: depthwise, Multiplier: 8}, x, weights, -1)
	add(model.OpAveragePool2D, pool, x)
	add(model.OpFullyConnected, model.FullyConnected{Activation: model.ReLUN1To1, KeepNumDims: true, AsymmetricInputs: true}, x, weights, two)
	add(model.OpSoftmax, model.Softmax{Beta: 0.5}, x)
	add(model.OpConcatenation, model.Concat{Axis: 1}, x, x, x)
	add(model.OpAdd, model.Add{Activation: model.ReLU}, x, x)
	add(model.OpSub, model.Sub{Activation: model.ReLU, AnyScale16: true}, x, x)
	add(model.OpMul, model.Mul{Activation: model.ReLU}, x, x)
	add(model.OpDiv, model.Div{Activation: model.ReLU}, x, x)
	add(model.OpL2Normalization, model.L2Norm{}, x)
	add(model.OpLRN, model.LRN{Radius: 5, Bias: 1, Alpha: 1e-4, Beta: 0.75}, x)
	add(model.OpReshape, model.Reshape{NewShape: []int{1, -1}}, x, two)
	add(model.OpReshape, model.Reshape{}, x)
	add(model.OpSqueeze, model.Squeeze{Axes: []int{1, 2}}, x)
	add(model.OpMean, model.Reducer{KeepDims: true}, x, two)
	add(model.OpResizeBilinear, model.ResizeBilinear{HalfPixelCenters: true}, x, two)
	add(model.OpResizeNearest, model.ResizeNearest{AlignCorners: true}, x, two)
	add(model.OpSpaceToDepth, model.SpaceToDepth{Block: 2}, x)
	add(model.OpDepthToSpace, model.DepthToSpace{Block: 2}, x)
	add(model.OpSplit, model.Split{Splits: 1}, scalar, x)
	add(model.OpSplitV, model.Split{Splits: 1}, x, two, scalar)
	add(model.OpLeakyReLU, model.LeakyReLU{Alpha: 0.1}, x)
	add(model.OpGELU, model.GELU{Approximate: true}, x)
	add(model.OpGather, model.Gather{Axis: -1, BatchDims: 1}, x, two)
	add(model.OpStridedSlice, model.StridedSlice{BeginMask: 1, EndMask: 2, EllipsisMask: 4, NewAxisMask: 8, ShrinkMask: 16}, x, two, two, two)
	add(model.OpShape, model.Shape{Out: model.Int64}, x)
	add(model.OpPack, model.Pack{Values: 2, Axis: -1}, x, x)
	add(model.OpUnpack, model.Unpack{Num: 1, Axis: 3}, x)
	add(model.OpOneHot, model.OneHot{Axis: -1}, x, two, scalar, scalar)
	add(model.OpMirrorPad, model.MirrorPad{Symmetric: true}, x, two)
	add(model.OpQuantize, nil, x)
	add(model.OpPad, nil, x, two)
	add(model.OpReverseSequence, model.ReverseSequence{Sequence: 1, Batch: 2}, x, two)
	add(model.OpFakeQuant, model.FakeQuant{Min: -1, Max: 2, Bits: 8}, x)
	add(model.OpBucketize, model.Bucketize{Boundaries: []float32{-1, 2}}, x)
	add(model.OpRNN, model.Recurrent{Activation: model.Tanh, AsymmetricInputs: true}, x, x, x, x, x)
	add(model.OpSequenceRNN, model.Recurrent{TimeMajor: true, Activation: model.ReLU}, x, x, x, x, x)
	add(model.OpLSTM, model.LSTM{Activation: model.Tanh, CellClip: 1, Basic: true}, x, x, x, x, x)
	add(model.OpSequenceLSTM, model.LSTM{TimeMajor: true, ProjectClip: 2, AsymmetricInputs: true}, x, x, x, x, x)
	g.Operators[len(g.Operators)-1].Intermediates = []int{x, x}
	add(model.OpBatchMatMul, model.BatchMatMul{TransposeA: true, AsymmetricInputs: true}, x, x)
	add(153, nil, x) // UNSORTED_SEGMENT_PROD, a number that does not fit the old byte
	add(999, nil)    // not in the schema yet
	g.Operator(model.OpCustom, nil, []int{x}, g.Tensor(model.Bool, 1))
	g.Operators[len(g.Operators)-1].Custom = "my-op"
	g.Operator(model.OpCustom, []byte("its options"), []int{x}, g.Tensor(model.Bool, 1))
	g.Operators[len(g.Operators)-1].Custom = "my-other-op"
	g.Outputs = []int{len(g.Tensors) - 1, x}
	return &g.Model
}
