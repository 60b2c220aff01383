package tflite_test

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/inceptiond/inceptiond/infer/model"
)

// layerTypes has the numbers that layers with weights are made of: those of the input, and of the weights.
var layerTypes = []struct {
	name        string
	in, weights model.Type
}{
	{"float32", model.Float32, model.Float32}, {"uint8", model.Uint8, model.Uint8}, {"int8", model.Int8, model.Int8},
	{"int16", model.Int16, model.Int8}, {"hybrid", model.Float32, model.Int8},
}

// TestDifferentialWindows compares the engines on convolutions, pools and full connections of all types, of one image and of several,
// with biases and weights of all kinds.
func TestDifferentialWindows(t *testing.T) {
	var list []made
	for _, typ := range layerTypes {
		tolerance := 0.
		if typ.in == model.Float32 && typ.weights == model.Float32 {
			tolerance = 1e-5
		}
		for name, make := range map[string]func(l *layered){
			"CONV_2D": (*layered).conv, "DEPTHWISE_CONV_2D": (*layered).depthwise, "FULLY_CONNECTED": (*layered).connected,
			"TRANSPOSE_CONV": (*layered).transposed,
		} {
			if name == "TRANSPOSE_CONV" && typ.name == "hybrid" { // there is none
				continue
			}
			list = append(list, made{name + "_" + typ.name, tolerance, func(k *maker) { make(&layered{k, typ.in, typ.weights}) }})
		}
		if typ.weights != typ.in && typ.in == model.Float32 {
			continue
		}
		for _, op := range []model.Op{model.OpAveragePool2D, model.OpMaxPool2D} {
			list = append(list, made{op.String() + "_" + typ.name, tolerance, func(k *maker) {
				k.t = typ.in
				f := k.frame()
				n := one(k, 1, 1, 3)
				in := k.any([]int{n, f.h, f.w, f.c}, k.t, nil)
				k.op(op, model.Pool2D{Padding: f.Padding, StrideH: f.StrideH, StrideW: f.StrideW, Height: f.kh, Width: f.kw,
					Activation: f.Activation}, []int{in}, k.any([]int{n, f.oh, f.ow, f.c}, k.t, k.m.Tensors[in].Quant))
			}})
		}
	}
	differential(t, list)
}

// layered makes layers with weights.
type layered struct {
	*maker
	in, weights model.Type
}

// constant is weights of some shape, with a scale for each index along axis, or one.
func (l *layered) constant(shape []int, axis int) int {
	t := model.Tensor{Shape: shape, Type: l.weights}
	if l.weights == model.Float32 {
		t.Data = l.floats(t.Bytes())
		return l.add(t)
	}
	t.Data, t.Quant = noise(l.Rand, t.Bytes()), &model.Quant{}
	n, zero := 1, int32(0)
	if l.weights == model.Uint8 {
		zero = int32(l.IntN(256))
	} else if axis == 3 || axis >= 0 && l.IntN(3) != 0 { // of a depthwise one, 2.9 reads a scale for each without looking
		n, t.Quant.Axis = shape[axis], axis
	}
	for range n {
		t.Quant.Scale = append(t.Quant.Scale, 0.002+l.Float32()*0.01)
		t.Quant.ZeroPoint = append(t.Quant.ZeroPoint, zero)
	}
	return l.add(t)
}

// with is the inputs of a layer, with a bias of n numbers or without.
func (l *layered) with(op model.Op, n int, inputs ...int) []int {
	in, w := &l.m.Tensors[inputs[0]], &l.m.Tensors[inputs[1]]
	if op == model.OpFullyConnected || op == model.OpTransposeConv { // the others have to have one
		if l.IntN(4) == 0 {
			return inputs
		}
	}
	b := model.Tensor{Shape: []int{n}, Type: model.Int32}
	switch l.in {
	case model.Float32:
		b.Type = model.Float32
		b.Data = l.floats(b.Bytes())
		return append(inputs, l.add(b))
	case model.Int16:
		b.Type = one(l.maker, model.Int64, model.Int64, model.Int64, model.Int32)
	}
	b.Quant = &model.Quant{}
	for _, s := range w.Quant.Scale {
		b.Quant.Scale, b.Quant.ZeroPoint = append(b.Quant.Scale, s*in.Quant.Scale[0]), append(b.Quant.ZeroPoint, 0)
	}
	for range n {
		x := binary.LittleEndian.AppendUint64(nil, uint64(int64(l.between(-20000, 20000))))
		b.Data = append(b.Data, x[:b.Type.Size()]...)
	}
	return append(inputs, l.add(b))
}

// image is a value of images; outputs of 8 and 16 bits are coarse, so that most sums fit.
func (l *layered) image(shape ...int) int { return l.any(shape, l.in, nil) }

func (l *layered) output(shape ...int) int {
	i := l.any(shape, l.in, nil)
	if q := l.m.Tensors[i].Quant; q != nil {
		q.Scale[0] *= float32(math.Ldexp(1, l.between(0, 4)))
	}
	return i
}

func (l *layered) conv() {
	f, n, images := l.dilated(), l.between(1, 40), one(l.maker, 1, 1, 3)
	in, w := l.image(images, f.h, f.w, f.c), l.constant([]int{n, f.kh, f.kw, f.c}, 0)
	inputs := l.with(model.OpConv2D, n, in, w)
	l.op(model.OpConv2D, f.Conv2D, inputs, l.output(images, f.oh, f.ow, n))
}

func (l *layered) depthwise() {
	f, by, images := l.dilated(), l.between(1, 2), one(l.maker, 1, 1, 3)
	in, w := l.image(images, f.h, f.w, f.c), l.constant([]int{1, f.kh, f.kw, f.c * by}, 3)
	inputs := l.with(model.OpDepthwiseConv2D, f.c*by, in, w)
	l.op(model.OpDepthwiseConv2D, model.DepthwiseConv2D{Conv2D: f.Conv2D, Multiplier: by}, inputs, l.output(images, f.oh, f.ow, f.c*by))
}

func (l *layered) connected() {
	n, c := l.between(1, 60), l.between(1, 300)
	shape := one(l.maker, []int{1, c}, []int{3, c}, []int{2, 2, c}, []int{c})
	in, w := l.image(shape...), l.constant([]int{n, c}, -1) // one scale: 2.9 knows no others here
	inputs := l.with(model.OpFullyConnected, n, in, w)
	opt := model.FullyConnected{KeepNumDims: l.IntN(2) == 0, Activation: one(l.maker, model.NoActivation, model.ReLU, model.ReLU6)}
	opt.AsymmetricInputs = l.in != l.weights && l.IntN(2) == 0
	count := l.m.Tensors[in].Elements() / c
	out := []int{count, n}
	if opt.KeepNumDims {
		out = append(append([]int{}, shape[:len(shape)-1]...), n)
	}
	l.op(model.OpFullyConnected, opt, inputs, l.output(out...))
}

func (l *layered) transposed() {
	f, n, images := l.frame(), l.between(1, 20), one(l.maker, 1, 1, 3)
	in, w := l.image(images, f.oh, f.ow, f.c), l.constant([]int{n, f.kh, f.kw, f.c}, 0)
	inputs := l.with(model.OpTransposeConv, n, in, w)
	ends := append([]int{l.ints(images, f.h, f.w, n), w, in}, inputs[2:]...)
	opt := model.TransposeConv{Padding: f.Padding, StrideH: f.StrideH, StrideW: f.StrideW}
	l.op(model.OpTransposeConv, opt, ends, l.output(images, f.h, f.w, n))
}
