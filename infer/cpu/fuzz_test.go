package cpu

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
)

// FuzzNew changes the bytes of small models of every operator: whatever New accepts must run without a panic.
func FuzzNew(f *testing.F) {
	for _, typ := range []model.Type{model.Uint8, model.Int8, model.Float32, model.Int32} {
		for _, m := range seeds(typ) {
			data, err := write.Model(m)
			if err != nil {
				f.Fatal(err)
			}
			if _, err := model.Parse(data, model.Limits{}); err != nil {
				f.Fatalf("seed: %v", err)
			}
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) < 1<<14 {
			try(t, data)
		}
	})
}

// FuzzShapes changes shapes, types, scales and options of small models, so that more of what it tries gets past Parse.
func FuzzShapes(f *testing.F) {
	types := []model.Type{model.Uint8, model.Int8, model.Float32, model.Int32, model.Float16, model.Int64, model.Bool, model.Int16}
	for i := range 4 * len(seeds(model.Float32)) {
		f.Add(uint16(i), []byte{})
		f.Add(uint16(i), []byte{0, 0, 3, 1, 1, 5})
	}
	f.Fuzz(func(t *testing.T, which uint16, script []byte) {
		list := seeds(types[which%4])
		m := list[int(which/4)%len(list)]
		script = script[:min(len(script), 3*16)]
		for ; len(script) >= 3; script = script[3:] {
			change(m, types, script[0], script[1], script[2])
		}
		data, err := write.Model(m)
		if err != nil {
			return
		}
		try(t, data)
	})
}

// change alters one thing of m.
func change(m *model.Model, types []model.Type, what, where, value byte) {
	tensor := &m.Tensors[int(where)%len(m.Tensors)]
	n := int(value)
	switch what % 8 {
	case 0, 1, 2:
		if d := int(where) / len(m.Tensors); len(tensor.Shape) > 0 {
			tensor.Shape[d%len(tensor.Shape)] = n%17 + 1
		}
	case 3:
		if len(tensor.Shape) < 6 {
			tensor.Shape = append(tensor.Shape, n%3+1)
		}
	case 4:
		tensor.Shape = tensor.Shape[:len(tensor.Shape)/2]
	case 5:
		tensor.Type = types[n%len(types)]
	case 6:
		if tensor.Quant != nil {
			tensor.Quant.Scale[0], tensor.Quant.ZeroPoint[0] = float32(math.Exp(float64(n)-128)), int32(int8(n))
		}
	case 7:
		changeOptions(&m.Operators[int(where)/8%len(m.Operators)], int(where), n)
	}
	if tensor.Data != nil && tensor.Bytes() <= 1<<20 && tensor.Sparse == nil { // a constant that does not fit its shape is no sound model
		data := tensor.Data
		tensor.Data = make([]byte, tensor.Bytes())
		copy(tensor.Data, data)
	}
}

func changeOptions(o *model.Operator, which, n int) {
	conv := func(c *model.Conv2D) {
		*[]*int{&c.StrideH, &c.StrideW, &c.DilationH, &c.DilationW}[which%4] = n % 6
		c.Padding, c.Activation = model.Padding(n%2), model.Activation(n/2%4)
	}
	switch opt := o.Options.(type) {
	case model.Conv2D:
		conv(&opt)
		o.Options = opt
	case model.DepthwiseConv2D:
		conv(&opt.Conv2D)
		opt.Multiplier = n % 4
		o.Options = opt
	case model.Pool2D:
		*[]*int{&opt.StrideH, &opt.StrideW, &opt.Height, &opt.Width}[which%4] = n % 9
		opt.Padding, opt.Activation = model.Padding(n%2), model.Activation(n/2%4)
		o.Options = opt
	case model.Concat:
		o.Options = model.Concat{Axis: n%9 - 4}
	case model.SpaceToDepth:
		o.Options = model.SpaceToDepth{Block: n % 5}
	case model.DepthToSpace:
		o.Options = model.DepthToSpace{Block: n % 5}
	case model.Pack:
		o.Options = model.Pack{Values: opt.Values, Axis: n%9 - 4}
	case model.Unpack:
		o.Options = model.Unpack{Num: opt.Num, Axis: n%9 - 4}
	case model.Gather:
		o.Options = model.Gather{Axis: n%9 - 4, BatchDims: which%5 - 2}
	case model.OneHot:
		o.Options = model.OneHot{Axis: n%6 - 2}
	case model.MirrorPad:
		o.Options = model.MirrorPad{Symmetric: n%2 == 0}
	case model.StridedSlice:
		o.Options = model.StridedSlice{BeginMask: n & 7, EndMask: n >> 3 & 7, EllipsisMask: which & 3, NewAxisMask: which >> 2 & 3, ShrinkMask: n >> 5}
	case model.TransposeConv:
		o.Options = model.TransposeConv{Padding: model.Padding(n % 2), StrideH: n/2%5 + 1, StrideW: which%5 + 1}
	case model.ResizeBilinear:
		o.Options = model.ResizeBilinear{AlignCorners: n%3 == 1, HalfPixelCenters: n%3 == 2}
	case model.ResizeNearest:
		o.Options = model.ResizeNearest{AlignCorners: n%3 == 1, HalfPixelCenters: n%3 == 2}
	case []byte:
		if d, err := o.Detection(); err == nil {
			*[]*int{&d.MaxDetections, &d.MaxClasses, &d.Classes, &d.PerClass}[which%4] = n % 9
			d.Regular, d.ScoreThreshold = n%2 == 0, float32(n)-128
			o.Options = write.Detection(d)
		}
	case model.Recurrent:
		o.Options = model.Recurrent{TimeMajor: n&1 != 0, Activation: model.Activation(n / 2 % 6), AsymmetricInputs: which&1 != 0}
	case model.LSTM:
		o.Options = model.LSTM{
			TimeMajor: n&1 != 0, Activation: model.Activation(n / 2 % 6), AsymmetricInputs: which&1 != 0, CellClip: float32(which % 3), ProjectClip: float32(which % 2),
		}
	case model.ReverseSequence:
		o.Options = model.ReverseSequence{Sequence: n%5 - 1, Batch: n/5%5 - 1}
	case model.FakeQuant:
		o.Options = model.FakeQuant{Min: float32(which) - 9, Max: float32(n) - 9, Bits: n % 20}
	case model.BatchMatMul:
		o.Options = model.BatchMatMul{TransposeA: n&1 != 0, TransposeB: n&2 != 0, AsymmetricInputs: n&4 != 0}
	case model.Reducer:
		o.Options = model.Reducer{KeepDims: n%2 == 0}
	case model.Arg:
		o.Options = model.Arg{Output: []model.Type{model.Int32, model.Int64, model.Uint8}[n%3]}
	case model.CumSum:
		o.Options = model.CumSum{Exclusive: n%2 == 0, Reverse: n/2%2 == 0}
	case model.LRN:
		o.Options = model.LRN{Radius: n, Bias: float32(which) - 3, Alpha: float32(n) - 9, Beta: float32(which) / 4}
	}
}

// try makes engines of the file data with every set of kernels, if it is a sound model, and runs them.
func try(t *testing.T, data []byte) {
	m, err := model.Parse(data, model.Limits{Memory: 1 << 18})
	if err != nil {
		return
	}
	if p, err := compile(m, target{set: kernel.Best(), threads: 1, memory: 1 << 20}); err != nil || p.effort > 1e7 {
		return
	}
	// With every tensor an output, nothing can be joined or left out.
	open := *m
	for i := range m.Operators {
		open.Outputs = slices.Concat(open.Outputs, m.Operators[i].Outputs)
	}
	floats := slices.ContainsFunc(m.Tensors, func(t model.Tensor) bool { return t.Type == model.Float32 })
	want := map[bool][][]byte{}                            // by whether kernels round products of float32
	for _, name := range slices.Backward(kernel.Names()) { // plain Go first
		set, err := kernel.ByName(name)
		if err != nil {
			t.Fatal(err)
		}
		kind := set.Fused && floats
		if want[kind] == nil {
			want[kind] = runSet(t, &open, set)
		}
		outs := runSet(t, m, set)
		for i := range outs {
			if !equalBytes(m.Tensors[m.Outputs[i]].Type, outs[i], want[kind][i]) {
				t.Errorf("output %d differs between kernels %s and others of their kind without joined steps", i, name)
			}
		}
	}
}

// equalBytes compares tensors; all that is not a number is equal.
func equalBytes(typ model.Type, a, b []byte) bool {
	if typ != model.Float32 {
		return bytes.Equal(a, b)
	}
	for i := 0; i < len(a); i += 4 {
		x, y := binary.LittleEndian.Uint32(a[i:]), binary.LittleEndian.Uint32(b[i:])
		f, g := math.Float32frombits(x), math.Float32frombits(y)
		if x != y && (f == f || g == g) {
			return false
		}
	}
	return true
}

// runSet runs m, and returns its outputs.
func runSet(t *testing.T, m *model.Model, set *kernel.Set) (outs [][]byte) {
	t.Helper()
	e, err := newEngine(m, Options{Threads: 2, Memory: 1 << 23}, set)
	if err != nil {
		t.Fatalf("compile accepts what New refuses with kernels %s: %v", set.Name, err)
	}
	defer e.Close()
	var ins [][]byte
	for _, s := range e.Inputs() {
		in := make([]byte, s.Bytes())
		for i := range in {
			in[i] = byte(i * 37)
		}
		ins = append(ins, in)
	}
	outs = infer.Buffers(e.Outputs())
	switch _, err := e.RunAll(context.Background(), ins, outs); {
	case errors.Is(err, errIndex):
		return nil
	case err != nil:
		t.Errorf("a model that New accepts does not run with kernels %s: %v", set.Name, err)
	}
	return outs
}

// seeding makes small models of one type.
type seeding struct{ typ model.Type }

// value is a tensor that is computed or an input.
func (s seeding) value(shape ...int) model.Tensor {
	t := model.Tensor{Name: "v", Shape: shape, Type: s.typ}
	if s.typ != model.Float32 {
		t.Quant = &model.Quant{Scale: []float32{0.1}, ZeroPoint: []int32{0}}
	}
	return t
}

func (s seeding) image() model.Tensor { return s.value(1, 4, 4, 2) }

// weights is a constant.
func (s seeding) weights(shape ...int) model.Tensor {
	t := s.value(shape...)
	t.Data = make([]byte, t.Bytes())
	for i := range t.Data {
		t.Data[i] = byte(i % 50)
	}
	return t
}

// ints is a constant of int32.
func ints(list ...int32) model.Tensor {
	t := model.Tensor{Name: "i", Shape: []int{len(list)}, Type: model.Int32}
	for _, x := range list {
		t.Data = binary.LittleEndian.AppendUint32(t.Data, uint32(x))
	}
	return t
}

// one makes a model of one operator: its inputs, then its output; those without data are the model's inputs.
func (s seeding) one(op model.Op, options any, tensors ...model.Tensor) *model.Model {
	last := len(tensors) - 1
	m := &model.Model{Tensors: tensors, Outputs: []int{last}}
	o := model.Operator{Op: op, Version: 1, Options: options, Outputs: []int{last}}
	for i := range last {
		o.Inputs = append(o.Inputs, i)
		if tensors[i].Data == nil {
			m.Inputs = append(m.Inputs, i)
		}
	}
	m.Operators = []model.Operator{o}
	return m
}

// seeds is a model for each operator that the engine has for typ, and those of fused.
func seeds(typ model.Type) []*model.Model {
	s := seeding{typ}
	conv := model.Conv2D{StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1}
	pool := model.Pool2D{StrideH: 2, StrideW: 1, Height: 2, Width: 3}
	list := []*model.Model{
		s.one(model.OpConv2D, conv, s.image(), s.weights(3, 3, 3, 2), s.value(1, 4, 4, 3)),
		s.one(model.OpConv2D, conv, s.image(), s.weights(3, 1, 1, 2), s.value(1, 4, 4, 3)),
		s.one(model.OpConv2D, conv, s.image(), s.weights(4, 1, 1, 1), s.value(1, 4, 4, 4)),
		s.one(model.OpDepthwiseConv2D, model.DepthwiseConv2D{Conv2D: conv, Multiplier: 2}, s.image(), s.weights(1, 3, 3, 4), s.value(1, 4, 4, 4)),
		s.one(model.OpFullyConnected, model.FullyConnected{}, s.value(2, 4), s.weights(3, 4), s.value(2, 3)),
		s.one(model.OpMaxPool2D, pool, s.image(), s.value(1, 2, 4, 2)),
		s.one(model.OpAveragePool2D, pool, s.image(), s.value(1, 2, 4, 2)),
		s.one(model.OpConcatenation, model.Concat{Axis: 3}, s.image(), s.image(), s.value(1, 4, 4, 4)),
		s.one(model.OpAdd, model.Add{}, s.image(), s.weights(2), s.value(1, 4, 4, 2)),
		s.one(model.OpMul, model.Mul{}, s.image(), s.weights(4, 1), s.value(1, 4, 4, 2)),
		s.one(model.OpSoftmax, model.Softmax{Beta: 1}, s.value(1, 5), s.value(1, 5)),
		s.one(model.OpLogistic, nil, s.value(5), s.value(5)),
		s.one(model.OpReLU6, nil, s.value(5), s.value(5)),
		s.one(model.OpPad, nil, s.image(), ints(0, 0, 1, 1, 2, 0, 0, 0), s.value(1, 6, 6, 2)),
		s.one(model.OpTranspose, nil, s.image(), ints(3, 1, 2, 0), s.value(2, 4, 4, 1)),
		s.one(model.OpSpaceToDepth, model.SpaceToDepth{Block: 2}, s.image(), s.value(1, 2, 2, 8)),
		s.one(model.OpReshape, model.Reshape{NewShape: []int{32}}, s.image(), s.value(32)),
		s.one(model.OpSqueeze, model.Squeeze{}, s.image(), s.value(4, 4, 2)),
		s.one(model.OpSplit, model.Split{Splits: 1}, ints(1), s.image(), s.image()),
		s.one(model.OpSplitV, model.Split{Splits: 1}, s.image(), ints(4), ints(1), s.image()),
	}
	list = append(list, s.detection())
	list = append(list, s.products()...)
	list = append(list, s.placing()...)
	list = append(list, s.recurrent()...)
	list = append(list, s.movers()...)
	if typ == model.Int32 {
		return append(s.movers(), s.elementwise()...)
	}
	list = append(list,
		s.one(model.OpResizeBilinear, model.ResizeBilinear{}, s.image(), ints(8, 8), s.value(1, 8, 8, 2)),
		s.one(model.OpResizeBilinear, model.ResizeBilinear{HalfPixelCenters: true}, s.image(), ints(3, 9), s.value(1, 3, 9, 2)),
		s.one(model.OpResizeNearest, model.ResizeNearest{}, s.image(), ints(8, 5), s.value(1, 8, 5, 2)),
		s.one(model.OpTransposeConv, model.TransposeConv{StrideH: 2, StrideW: 2}, ints(1, 8, 8, 3), s.weights(3, 3, 3, 2), s.image(), s.value(1, 8, 8, 3)),
	)
	list = append(list, s.fused()...)
	list = append(list, s.reducing()...)
	list = append(list, s.elementwise()...)
	if typ == model.Float32 {
		list = append(list, s.floatReducing()...)
		list = append(list, s.one(model.OpLRN, model.LRN{Radius: 1, Bias: 1, Alpha: 1, Beta: 0.75}, s.image(), s.image()))
		return append(list, s.stored()...)
	}
	float := model.Tensor{Name: "f", Shape: []int{5}, Type: model.Float32}
	return append(list, s.one(model.OpDequantize, nil, s.value(5), float), s.one(model.OpQuantize, nil, float, s.value(5)))
}

// products is models that multiply matrices, and numbers of 16 bits.
func (s seeding) products() []*model.Model {
	conv := model.Conv2D{StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1}
	pool := model.Pool2D{StrideH: 2, StrideW: 1, Height: 2, Width: 3}
	bytes, short := seeding{model.Int8}, seeding{model.Int16}
	image := short.value(1, 4, 4, 2)
	return []*model.Model{
		s.one(model.OpBatchMatMul, model.BatchMatMul{}, s.value(2, 1, 3, 5), s.value(4, 5, 7), s.value(2, 4, 3, 7)),
		s.one(model.OpBatchMatMul, model.BatchMatMul{TransposeA: true, TransposeB: true}, s.value(5, 3), s.weights(7, 5), s.value(3, 7)),
		s.one(model.OpBatchMatMul, model.BatchMatMul{AsymmetricInputs: true}, s.value(3, 5), bytes.weights(5, 7), s.value(3, 7)),
		s.one(model.OpFullyConnected, model.FullyConnected{}, s.value(2, 4), s.value(3, 4), s.value(2, 3)),
		s.one(model.OpBatchMatMul, model.BatchMatMul{}, short.value(3, 5), short.value(5, 7), short.value(3, 7)),
		s.one(model.OpConv2D, conv, image, bytes.weights(3, 3, 3, 2), short.value(1, 4, 4, 3)),
		s.one(model.OpDepthwiseConv2D, model.DepthwiseConv2D{Conv2D: conv, Multiplier: 2}, image, bytes.weights(1, 3, 3, 4), short.value(1, 4, 4, 4)),
		s.one(model.OpTransposeConv, model.TransposeConv{StrideH: 2, StrideW: 2}, ints(1, 8, 8, 3), bytes.weights(3, 3, 3, 2), image, short.value(1, 8, 8, 3)),
		s.one(model.OpMaxPool2D, pool, image, short.value(1, 2, 4, 2)),
		s.one(model.OpAveragePool2D, pool, image, short.value(1, 2, 4, 2)),
	}
}

// stored is models of float32 with constants of other types: int8 weights, float16 behind a DEQUANTIZE, float16 itself.
func (s seeding) stored() []*model.Model {
	conv := model.Conv2D{StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1}
	weights := seeding{model.Int8}.weights
	channels := weights(3, 3, 3, 2)
	channels.Quant = &model.Quant{Scale: []float32{0.1, 0, 0.2}, ZeroPoint: make([]int32, 3)}
	half := func(shape ...int) model.Tensor { return seeding{model.Float16}.weights(shape...) }
	dequantized := s.one(model.OpAdd, model.Add{}, s.image(), s.value(2), s.image())
	dequantized.Tensors = append(dequantized.Tensors, half(2))
	dequantized.Inputs = dequantized.Inputs[:1]
	before := model.Operator{Op: model.OpDequantize, Version: 1, Inputs: []int{3}, Outputs: []int{1}}
	dequantized.Operators = append([]model.Operator{before}, dequantized.Operators...)
	return []*model.Model{
		s.one(model.OpConv2D, conv, s.image(), channels, s.value(1, 4, 4, 3)),
		s.one(model.OpConv2D, conv, s.image(), weights(3, 1, 1, 2), s.value(1, 4, 4, 3)),
		s.one(model.OpConv2D, conv, s.image(), half(3, 1, 1, 2), s.value(1, 4, 4, 3)),
		s.one(model.OpDepthwiseConv2D, model.DepthwiseConv2D{Conv2D: conv, Multiplier: 2}, s.image(), weights(1, 3, 3, 4), s.value(1, 4, 4, 4)),
		s.one(model.OpFullyConnected, model.FullyConnected{}, s.value(2, 4), weights(3, 4), s.value(2, 3)),
		s.one(model.OpFullyConnected, model.FullyConnected{AsymmetricInputs: true}, s.value(1, 4), weights(3, 4), s.value(1, 3)),
		dequantized,
	}
}

// detection is a model that finds objects of two classes at three anchors.
func (s seeding) detection() *model.Model {
	m := s.one(model.OpCustom, nil, s.value(1, 3, 4), s.value(1, 3, 3), s.weights(3, 4), model.Tensor{})
	o := &m.Operators[0]
	o.Custom, o.Options = model.DetectionOperator, write.Detection(model.DetectionPostProcess{
		MaxDetections: 2, MaxClasses: 2, Classes: 2, PerClass: 2, Overlap: 0.5, ScaleY: 10, ScaleX: 10, ScaleH: 5, ScaleW: 5,
	})
	for i := range 3 {
		m.Tensors = append(m.Tensors, model.Tensor{})
		o.Outputs = append(o.Outputs, 4+i)
	}
	m.Outputs = o.Outputs
	return m
}

// fused is models that passes change: a border, joined convolutions, concatenations in a concatenation; and a concatenation
// of rows in one of channels.
func (s seeding) fused() []*model.Model {
	valid := model.Conv2D{Padding: model.Valid, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1}
	op := func(op model.Op, options any, out int, inputs ...int) model.Operator {
		return model.Operator{Op: op, Version: 1, Options: options, Inputs: inputs, Outputs: []int{out}}
	}
	return []*model.Model{
		{
			Tensors: []model.Tensor{
				s.image(), ints(0, 0, 1, 0, 2, 0, 0, 0), s.value(1, 5, 6, 2), s.weights(3, 2, 3, 2), s.value(1, 4, 4, 3),
				s.weights(2, 2, 3, 2), s.value(1, 4, 4, 2), s.value(1, 4, 4, 5), s.value(1, 4, 4, 7),
			},
			Operators: []model.Operator{
				op(model.OpPad, nil, 2, 0, 1), op(model.OpConv2D, valid, 4, 2, 3), op(model.OpConv2D, valid, 6, 2, 5),
				op(model.OpConcatenation, model.Concat{Axis: 3}, 7, 4, 6), op(model.OpConcatenation, model.Concat{Axis: 3}, 8, 0, 7),
			},
			Inputs: []int{0}, Outputs: []int{8},
		},
		{
			Tensors:   []model.Tensor{s.value(1, 2, 4, 2), s.image(), s.weights(1, 4, 4, 1), s.value(1, 4, 4, 3)},
			Operators: []model.Operator{op(model.OpConcatenation, model.Concat{Axis: 1}, 1, 0, 0), op(model.OpConcatenation, model.Concat{Axis: 3}, 3, 1, 2)},
			Inputs:    []int{0}, Outputs: []int{3},
		},
	}
}
