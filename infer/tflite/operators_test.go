package tflite_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
)

// maker makes models of one operator with random shapes and quantization.
type maker struct {
	*rand.Rand
	t model.Type // of values
	m model.Model
}

func (k *maker) between(low, high int) int { return low + k.IntN(high-low+1) }

func (k *maker) add(t model.Tensor) int {
	t.Name = fmt.Sprintf("t%d", len(k.m.Tensors))
	k.m.Tensors = append(k.m.Tensors, t)
	return len(k.m.Tensors) - 1
}

// value is a tensor with any scale and zero point, or those given.
func (k *maker) value(shape []int, q *model.Quant) int {
	if q == nil {
		low, high := k.t.Range()
		zero := int32(low) + int32(k.IntN(int(high-low)+1))
		q = &model.Quant{Scale: []float32{0.01 + k.Float32()*0.2}, ZeroPoint: []int32{zero}}
	}
	return k.add(model.Tensor{Shape: shape, Type: k.t, Quant: q})
}

// weights are random: per tensor for uint8, per channel (along axis) for int8.
func (k *maker) weights(shape []int, axis int) int {
	t := model.Tensor{Shape: shape, Type: k.t, Quant: &model.Quant{}}
	t.Data = noise(k.Rand, t.Bytes())
	n, zero := 1, int32(k.IntN(256))
	if k.t == model.Int8 {
		n, zero = shape[axis], 0
		t.Quant.Axis = axis
	}
	for range n {
		t.Quant.Scale = append(t.Quant.Scale, 0.002+k.Float32()*0.01)
		t.Quant.ZeroPoint = append(t.Quant.ZeroPoint, zero)
	}
	return k.add(t)
}

// bias has the scales that the other two ask for.
func (k *maker) bias(n, in, weights int) int {
	t := model.Tensor{Shape: []int{n}, Type: model.Int32, Quant: &model.Quant{}}
	for _, s := range k.m.Tensors[weights].Quant.Scale {
		t.Quant.Scale = append(t.Quant.Scale, k.m.Tensors[in].Quant.Scale[0]*s)
		t.Quant.ZeroPoint = append(t.Quant.ZeroPoint, 0)
	}
	for range n {
		t.Data = binary.LittleEndian.AppendUint32(t.Data, uint32(k.between(-20000, 20000)))
	}
	return k.add(t)
}

func (k *maker) op(op model.Op, options any, inputs []int, output int) {
	k.m.Operators = append(k.m.Operators, model.Operator{Op: op, Options: options, Inputs: inputs, Outputs: []int{output}})
	k.m.Outputs = []int{output}
	for _, i := range inputs {
		if i >= 0 && k.m.Tensors[i].Data == nil && !k.m.Tensors[i].Variable {
			k.m.Inputs = append(k.m.Inputs, i)
		}
	}
}

// out is the size of a window's output along one dimension.
func out(p model.Padding, size, window, stride, dilation int) int {
	if p == model.Same {
		return (size + stride - 1) / stride
	}
	return (size - (window-1)*dilation - 1 + stride) / stride
}

// frame is a random image and window over it.
type frame struct {
	h, w, c, kh, kw int
	model.Conv2D
	oh, ow int
}

func (k *maker) frame() frame {
	f := frame{c: k.between(1, 40), kh: k.between(1, 5), kw: k.between(1, 5)}
	f.Conv2D = model.Conv2D{Padding: model.Padding(k.IntN(2)), StrideH: k.between(1, 3), StrideW: k.between(1, 3),
		DilationH: 1, DilationW: 1, Activation: []model.Activation{model.NoActivation, model.ReLU, model.ReLU6}[k.IntN(3)]}
	f.h, f.w = k.between(f.kh, 14), k.between(f.kw, 14)
	return f.size()
}

// dilated is a frame whose taps may be apart.
func (k *maker) dilated() frame {
	f := k.frame()
	if k.IntN(3) == 0 {
		f.DilationH, f.DilationW, f.StrideH, f.StrideW = k.between(1, 3), k.between(1, 3), 1, 1
		f.h, f.w = f.h+(f.kh-1)*(f.DilationH-1), f.w+(f.kw-1)*(f.DilationW-1)
	}
	return f.size()
}

func (f frame) size() frame {
	f.oh = out(f.Padding, f.h, f.kh, f.StrideH, f.DilationH)
	f.ow = out(f.Padding, f.w, f.kw, f.StrideW, f.DilationW)
	return f
}

// operators make one model each.
var operators = []struct {
	name      string
	tolerance int // in levels
	make      func(k *maker)
}{
	{"conv", 0, func(k *maker) {
		f, n := k.dilated(), k.between(1, 40)
		in, w := k.value([]int{1, f.h, f.w, f.c}, nil), k.weights([]int{n, f.kh, f.kw, f.c}, 0)
		b := k.bias(n, in, w)
		k.op(model.OpConv2D, f.Conv2D, []int{in, w, b}, k.value([]int{1, f.oh, f.ow, n}, nil))
	}},
	{"depthwise", 0, func(k *maker) {
		f, by := k.dilated(), k.between(1, 2)
		in, w := k.value([]int{1, f.h, f.w, f.c}, nil), k.weights([]int{1, f.kh, f.kw, f.c * by}, 3)
		b := k.bias(f.c*by, in, w)
		k.op(model.OpDepthwiseConv2D, model.DepthwiseConv2D{Conv2D: f.Conv2D, Multiplier: by}, []int{in, w, b},
			k.value([]int{1, f.oh, f.ow, f.c * by}, nil))
	}},
	{"average_pool", 0, func(k *maker) { k.pool(model.OpAveragePool2D) }},
	{"max_pool", 0, func(k *maker) { k.pool(model.OpMaxPool2D) }},
	{"fully_connected", 0, func(k *maker) {
		n, c := k.between(1, 60), k.between(1, 300)
		in, w := k.value([]int{1, c}, nil), k.weights([]int{n, c}, 0)
		if k.t == model.Int8 { // one scale: 2.9 knows no others here
			q := k.m.Tensors[w].Quant
			q.Scale, q.ZeroPoint, q.Axis = q.Scale[:1], q.ZeroPoint[:1], 0
		}
		b := k.bias(n, in, w)
		k.op(model.OpFullyConnected, model.FullyConnected{}, []int{in, w, b}, k.value([]int{1, n}, nil))
	}},
	{"concat", 0, func(k *maker) {
		h, c1, c2 := k.between(1, 6), k.between(1, 30), k.between(1, 30)
		a := k.value([]int{1, h, h, c1}, nil)
		q := k.m.Tensors[a].Quant
		if k.t == model.Int8 {
			b := k.value([]int{1, h, h, c2}, q)
			k.op(model.OpConcatenation, model.Concat{Axis: 3}, []int{a, b}, k.value([]int{1, h, h, c1 + c2}, q))
			return
		}
		b := k.value([]int{1, h, h, c2}, nil)
		k.op(model.OpConcatenation, model.Concat{Axis: 3}, []int{a, b}, k.value([]int{1, h, h, c1 + c2}, nil))
	}},
	{"add", 0, func(k *maker) {
		shape := []int{1, k.between(1, 6), k.between(1, 6), k.between(1, 40)}
		a, b := k.value(shape, nil), k.value(shape, nil)
		k.op(model.OpAdd, model.Add{}, []int{a, b}, k.value(shape, nil))
	}},
	{"mul", 0, func(k *maker) {
		shape := []int{1, k.between(1, 6), k.between(1, 6), k.between(1, 40)}
		a, b := k.value(shape, nil), k.value(shape, nil)
		k.op(model.OpMul, model.Mul{}, []int{a, b}, k.value(shape, nil))
	}},
	{"softmax", 1, func(k *maker) {
		shape := []int{1, k.between(2, 300)}
		k.op(model.OpSoftmax, model.Softmax{Beta: 1}, []int{k.value(shape, nil)}, k.value(shape, k.unit()))
	}},
	{"logistic", 1, func(k *maker) {
		shape := []int{1, k.between(1, 300)}
		k.op(model.OpLogistic, nil, []int{k.value(shape, nil)}, k.value(shape, k.unit()))
	}},
	{"mean", 0, func(k *maker) {
		h, w, c := k.between(1, 9), k.between(1, 9), k.between(1, 40)
		k.op(model.OpMean, model.Reducer{KeepDims: true}, []int{k.value([]int{1, h, w, c}, nil), k.ints(1, 2)}, k.value([]int{1, 1, 1, c}, nil))
	}},
	{"pad", 0, func(k *maker) {
		h, w, c := k.between(1, 9), k.between(1, 9), k.between(1, 40)
		top, left, bottom, right := k.between(0, 3), k.between(0, 3), k.between(0, 3), k.between(0, 3)
		in := k.value([]int{1, h, w, c}, nil)
		sizes := k.ints(0, 0, top, bottom, left, right, 0, 0)
		k.m.Tensors[sizes].Shape = []int{4, 2}
		k.op(model.OpPad, nil, []int{in, sizes}, k.value([]int{1, top + h + bottom, left + w + right, c}, k.m.Tensors[in].Quant))
	}},
	{"quantize", 0, func(k *maker) {
		shape := []int{1, k.between(1, 900)}
		k.op(model.OpQuantize, nil, []int{k.add(model.Tensor{Shape: shape, Type: model.Float32})}, k.value(shape, nil))
	}},
	{"requantize", 0, func(k *maker) {
		shape := []int{1, k.between(1, 900)}
		k.op(model.OpQuantize, nil, []int{k.value(shape, nil)}, k.value(shape, nil))
	}},
	{"dequantize", 0, func(k *maker) {
		shape := []int{1, k.between(1, 900)}
		k.op(model.OpDequantize, nil, []int{k.value(shape, nil)}, k.add(model.Tensor{Shape: shape, Type: model.Float32}))
	}},
	{"lrn", 0, func(k *maker) {
		shape := []int{1, k.between(1, 9), k.between(1, 9), k.between(1, 90)}
		in := k.add(model.Tensor{Shape: shape, Type: model.Float32})
		lrn := model.LRN{Radius: k.between(0, 5), Bias: 0.5 + k.Float32(), Alpha: k.Float32() / 1000, Beta: []float32{0.75, 0.75, 0.6, 1}[k.IntN(4)]}
		k.op(model.OpLRN, lrn, []int{in}, k.add(model.Tensor{Shape: shape, Type: model.Float32}))
	}},
}

// ints is a constant of int32.
func (k *maker) ints(values ...int) int {
	t := model.Tensor{Shape: []int{len(values)}, Type: model.Int32}
	for _, v := range values {
		t.Data = binary.LittleEndian.AppendUint32(t.Data, uint32(v))
	}
	return k.add(t)
}

// floats is n bytes of numbers of all sizes up to a few hundred.
func (k *maker) floats(n int) []byte {
	var b []byte
	for len(b) < n {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(k.NormFloat64())*float32(k.between(1, 300))))
	}
	return b
}

// unit is the quantization of 0 to 1 that softmax and logistic have.
func (k *maker) unit() *model.Quant {
	low, _ := k.t.Range()
	return &model.Quant{Scale: []float32{1.0 / 256}, ZeroPoint: []int32{int32(low)}}
}

func (k *maker) pool(op model.Op) {
	f := k.frame()
	in := k.value([]int{1, f.h, f.w, f.c}, nil)
	k.op(op, model.Pool2D{Padding: f.Padding, StrideH: f.StrideH, StrideW: f.StrideW, Height: f.kh, Width: f.kw,
		Activation: f.Activation}, []int{in}, k.value([]int{1, f.oh, f.ow, f.c}, k.m.Tensors[in].Quant))
}

// TestParityOperators compares the engines on models of one operator with random shapes, paddings, scales and inputs.
func TestParityOperators(t *testing.T) {
	workerProgram(t)
	for _, o := range operators {
		for _, typ := range []model.Type{model.Uint8, model.Int8} {
			t.Run(o.name+"_"+typ.String(), func(t *testing.T) {
				for seed := range uint64(12) {
					k := &maker{Rand: rand.New(rand.NewPCG(seed, 7)), t: typ}
					o.make(k)
					compareOperator(t, k, seed, o.tolerance)
				}
			})
		}
	}
}

// TestParityOddScales compares the engines on layers of which some channels' weights have scales that are far from
// ordinary: nearly dead, dead, denormal or large ones, and 0, whose weights are 0.
func TestParityOddScales(t *testing.T) {
	workerProgram(t)
	exponents := []int{-5, -6, -17, -22, -23, -24, -25, -26, -27, -29, -31, -32, -33, -60, -120, -127, 1, 3, noScale}
	for _, o := range operators {
		if o.name != "conv" && o.name != "depthwise" && o.name != "fully_connected" {
			continue
		}
		for _, typ := range []model.Type{model.Uint8, model.Int8} {
			t.Run(o.name+"_"+typ.String(), func(t *testing.T) {
				for seed := range uint64(40) {
					k := &maker{Rand: rand.New(rand.NewPCG(seed, 9)), t: typ}
					o.make(k)
					k.oddScales(exponents)
					compareOperator(t, k, seed, 0)
				}
			})
		}
	}
}

const noScale = -1000 // an exponent

// oddScales changes the scales of the first operator's weights, and makes biases of all sizes.
func (k *maker) oddScales(exponents []int) {
	in, w, bias := &k.m.Tensors[k.m.Operators[0].Inputs[0]], &k.m.Tensors[k.m.Operators[0].Inputs[1]], &k.m.Tensors[k.m.Operators[0].Inputs[2]]
	out := &k.m.Tensors[k.m.Operators[0].Outputs[0]]
	in.Quant.Scale[0], out.Quant.Scale[0] = 0.5, 0.5
	channels := len(w.Quant.Scale)
	for c := range channels {
		e := exponents[k.IntN(len(exponents))]
		w.Quant.Scale[c] = float32(math.Ldexp(0.5+k.Float64()/2, e))
		if e == noScale {
			w.Quant.Scale[c] = 0
		}
		bias.Quant.Scale[c] = in.Quant.Scale[0] * w.Quant.Scale[c]
		for i := range w.Data {
			at := i % channels // depthwise
			if w.Quant.Axis == 0 {
				at = i / (len(w.Data) / channels)
			}
			if e == noScale && at == c {
				w.Data[i] = byte(w.Quant.ZeroPoint[c])
			}
		}
	}
	for i := 0; i < len(bias.Data); i += 4 {
		binary.LittleEndian.PutUint32(bias.Data[i:], uint32(int32(k.Uint32())>>k.between(2, 31)))
	}
}

func compareOperator(t *testing.T, k *maker, seed uint64, tolerance int) {
	t.Helper()
	data, err := write.Model(&k.m)
	if err != nil {
		t.Fatal(err)
	}
	p := openPair(t, data, false)
	var ins [][]byte
	for _, s := range p.cpu.Inputs() {
		if s.Type == infer.Float32 {
			ins = append(ins, k.floats(s.Bytes()))
		} else {
			ins = append(ins, noise(k.Rand, s.Bytes()))
		}
	}
	ours, theirs := p.run(t, ins...)
	if n, maxApart := differences(ours, theirs, p.cpu.Outputs()[0].Type); maxApart > tolerance {
		t.Errorf("seed %d: %d of %d values differ, by %d at most: %s", seed, n, len(ours), maxApart, k)
	}
}

// String describes the model.
func (k *maker) String() string {
	s := fmt.Sprintf("%+v", k.m.Operators[0].Options)
	for _, t := range k.m.Tensors {
		s += fmt.Sprintf("; %v %v", t.Type, t.Shape)
		if t.Quant != nil {
			s += fmt.Sprintf(" scale %g zero %d", t.Quant.Scale[0], t.Quant.ZeroPoint[0])
		}
	}
	return s
}
