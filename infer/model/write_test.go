package model_test

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unsafe"

	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// graph builds models for tests.
type graph struct{ model.Model }

// tensor adds a tensor and returns its index.
func (g *graph) tensor(typ model.Type, shape ...int) int {
	g.Tensors = append(g.Tensors, model.Tensor{Name: strings.Repeat("t", len(g.Tensors)), Shape: shape, Type: typ})
	return len(g.Tensors) - 1
}

// quantized adds a tensor with one scale and zero point.
func (g *graph) quantized(typ model.Type, scale float32, zero int32, shape ...int) int {
	i := g.tensor(typ, shape...)
	g.Tensors[i].Quant = &model.Quant{Scale: []float32{scale}, ZeroPoint: []int32{zero}}
	return i
}

// constant fills tensor i with bytes.
func (g *graph) constant(i int) int {
	t := &g.Tensors[i]
	t.Data = make([]byte, t.Bytes())
	for n := range t.Data {
		t.Data[n] = byte(n + i)
	}
	return i
}

func (g *graph) operator(op model.Op, options any, inputs []int, outputs ...int) {
	g.Operators = append(g.Operators, model.Operator{Op: op, Options: options, Inputs: inputs, Outputs: outputs})
}

// small is a model with one convolution of every kind that matters to the parser: 8x8x3 uint8 to 5 scores.
func small() *model.Model {
	g := &graph{Model: model.Model{Description: "small"}}
	in := g.quantized(model.Uint8, 1./128, 128, 1, 8, 8, 3)
	w := g.constant(g.quantized(model.Uint8, 0.01, 120, 4, 3, 3, 3))
	b := g.constant(g.quantized(model.Int32, 0.01/128, 0, 4))
	conv := g.quantized(model.Uint8, 0.05, 0, 1, 4, 4, 4)
	pool := g.quantized(model.Uint8, 0.05, 0, 1, 4, 4, 4)
	cat := g.quantized(model.Uint8, 0.05, 0, 1, 4, 4, 8)
	fw := g.constant(g.quantized(model.Uint8, 0.02, 131, 5, 128))
	fb := g.constant(g.quantized(model.Int32, 0.001, 0, 5))
	fc := g.quantized(model.Uint8, 0.1, 52, 1, 5)
	out := g.quantized(model.Uint8, 1./256, 0, 1, 5)
	g.operator(model.OpConv2D, model.Conv2D{StrideH: 2, StrideW: 2, DilationH: 1, DilationW: 1, Activation: model.ReLU}, []int{in, w, b}, conv)
	g.operator(model.OpMaxPool2D, model.Pool2D{StrideH: 1, StrideW: 1, Height: 3, Width: 3}, []int{conv}, pool)
	g.operator(model.OpConcatenation, model.Concat{Axis: 3}, []int{conv, pool}, cat)
	g.operator(model.OpFullyConnected, model.FullyConnected{}, []int{cat, fw, fb}, fc)
	g.operator(model.OpSoftmax, model.Softmax{Beta: 1}, []int{fc}, out)
	g.Inputs, g.Outputs = []int{in}, []int{out}
	return &g.Model
}

// every has one operator for each kind of options, without regard to whether its shapes make sense.
func every() *model.Model {
	g := &graph{Model: model.Model{Description: "every"}}
	x := g.tensor(model.Int8, 1, 4, 4, 6)
	weights := g.constant(g.tensor(model.Int8, 1, 3, 3, 6))
	g.Tensors[weights].Quant = &model.Quant{Scale: []float32{1, 2, 3, 4, 5, 6}, ZeroPoint: make([]int32, 6), Axis: 3}
	two := g.constant(g.tensor(model.Int32, 2))
	scalar := g.constant(g.tensor(model.Float32))
	g.Inputs = []int{x}
	add := func(op model.Op, options any, inputs ...int) {
		g.operator(op, options, inputs, g.quantized(model.Int8, 0.5, -128, 1, 4, 4, 6))
	}
	add(model.OpConv2D, model.Conv2D{model.Valid, 1, 2, 3, 4, model.ReLU6}, x, weights)
	add(model.OpDepthwiseConv2D, model.DepthwiseConv2D{model.Conv2D{model.Same, 1, 2, 1, 1, model.NoActivation}, 8}, x, weights, -1)
	add(model.OpAveragePool2D, model.Pool2D{model.Valid, 1, 2, 3, 4, model.ReLU}, x)
	add(model.OpFullyConnected, model.FullyConnected{model.ReLUN1To1, true, false, true}, x, weights, two)
	add(model.OpSoftmax, model.Softmax{0.5}, x)
	add(model.OpConcatenation, model.Concat{1, model.NoActivation}, x, x, x)
	add(model.OpAdd, model.Add{model.ReLU}, x, x)
	add(model.OpSub, model.Sub{model.ReLU}, x, x)
	add(model.OpMul, model.Mul{model.ReLU}, x, x)
	add(model.OpDiv, model.Div{model.ReLU}, x, x)
	add(model.OpL2Normalization, model.L2Norm{}, x)
	add(model.OpLRN, model.LRN{5, 1, 1e-4, 0.75}, x)
	add(model.OpReshape, model.Reshape{[]int{1, -1}}, x, two)
	add(model.OpReshape, model.Reshape{}, x)
	add(model.OpSqueeze, model.Squeeze{[]int{1, 2}}, x)
	add(model.OpMean, model.Reducer{true}, x, two)
	add(model.OpResizeBilinear, model.ResizeBilinear{false, true}, x, two)
	add(model.OpResizeNearest, model.ResizeNearest{true, false}, x, two)
	add(model.OpSpaceToDepth, model.SpaceToDepth{2}, x)
	add(model.OpDepthToSpace, model.DepthToSpace{2}, x)
	add(model.OpSplit, model.Split{1}, scalar, x)
	add(model.OpSplitV, model.Split{1}, x, two, scalar)
	add(model.OpLeakyReLU, model.LeakyReLU{0.1}, x)
	add(model.OpQuantize, nil, x)
	add(model.OpPad, nil, x, two)
	add(150, nil, x) // GELU, a number that does not fit the old byte
	add(999, nil)    // not in the schema yet
	g.operator(model.OpCustom, nil, []int{x}, g.tensor(model.Bool, 1))
	g.Operators[len(g.Operators)-1].Custom = "my-op"
	g.Outputs = []int{len(g.Tensors) - 1, x}
	return &g.Model
}

func written(t testing.TB, m *model.Model) []byte {
	t.Helper()
	data, err := write.Model(m)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func parse(t testing.TB, data []byte) *model.Model {
	t.Helper()
	m, err := model.Parse(data, model.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// withoutFile forgets what depends on the bytes of the file.
func withoutFile(m *model.Model) *model.Model {
	c := *m
	c.Size, c.SHA256 = 0, ""
	return &c
}

func TestWriteParse(t *testing.T) {
	for _, m := range []*model.Model{small(), every()} {
		t.Run(m.Description, func(t *testing.T) {
			data := written(t, m)
			if !bytes.Equal(data, written(t, m)) {
				t.Error("writing twice gives different bytes")
			}
			got := withoutFile(parse(t, data))
			for i := range got.Operators {
				if got.Operators[i].Version < 1 {
					t.Errorf("operator %d has version %d", i, got.Operators[i].Version)
				}
				got.Operators[i].Version = 0
			}
			if !reflect.DeepEqual(got, m) {
				t.Errorf("written\n%+v\nread\n%+v", m, got)
			}
		})
	}
}

func TestWriteAligns(t *testing.T) {
	data := written(t, small())
	for i, tensor := range parse(t, data).Tensors {
		if tensor.Data == nil {
			continue
		}
		at := uintptr(unsafe.Pointer(&tensor.Data[0])) - uintptr(unsafe.Pointer(&data[0]))
		if at%16 != 0 {
			t.Errorf("tensor %d lies at offset %d", i, at)
		}
	}
}

func TestWriteVersions(t *testing.T) {
	want := map[string]int{"CONV_2D": 3, "DEPTHWISE_CONV_2D": 3, "AVERAGE_POOL_2D": 2, "FULLY_CONNECTED": 9, "SOFTMAX": 2,
		"CONCATENATION": 2, "RESIZE_BILINEAR": 3, "QUANTIZE": 1, "RESHAPE": 1, "SPLIT": 2, "LOCAL_RESPONSE_NORMALIZATION": 1}
	for _, o := range parse(t, written(t, every())).Operators {
		if v, ok := want[o.Name()]; ok && o.Version != v {
			t.Errorf("int8 %s has version %d, want %d", o.Name(), o.Version, v)
		}
		delete(want, o.Name())
	}
	if len(want) != 0 {
		t.Errorf("not written: %v", want)
	}
	for _, o := range parse(t, written(t, small())).Operators {
		if o.Version != 1 {
			t.Errorf("uint8 %s has version %d, want 1", o.Name(), o.Version)
		}
	}
}

func TestWriteUnknownOptions(t *testing.T) {
	m := small()
	m.Operators[1].Options = "text"
	if _, err := write.Model(m); err == nil || !strings.Contains(err.Error(), `operator 1 "MAX_POOL_2D": its options are of type string`) {
		t.Errorf("got %v", err)
	}
}

// TestWriteShared writes real files anew: nothing that Parse sees is lost.
func TestWriteShared(t *testing.T) {
	names, err := filepath.Glob(filepath.Join(shared.Dir(t), "models", "*.tflite"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		m := withoutFile(parse(t, data))
		if again := withoutFile(parse(t, written(t, m))); !reflect.DeepEqual(m, again) {
			t.Errorf("%s changed", filepath.Base(name))
		}
	}
}
