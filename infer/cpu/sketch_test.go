package cpu

import (
	"encoding/binary"
	"testing"

	"github.com/inceptiond/inceptiond/infer/model"
)

// sketch draws small models for the tests of passes. Tensors have names, weights that of their output with ".w" behind it.
type sketch struct {
	model.Model
	typ   model.Type // of all tensors but lists of numbers
	index map[string]int
}

func newSketch(typ model.Type) *sketch { return &sketch{typ: typ, index: map[string]int{}} }

// tensor adds a tensor in the scale 0.5.
func (s *sketch) tensor(name string, shape ...int) *model.Tensor {
	s.index[name] = len(s.Tensors)
	s.Tensors = append(s.Tensors, model.Tensor{Name: name, Shape: shape, Type: s.typ,
		Quant: &model.Quant{Scale: []float32{0.5}, ZeroPoint: []int32{0}}})
	return &s.Tensors[len(s.Tensors)-1]
}

// constant adds a constant of zeros.
func (s *sketch) constant(name string, shape ...int) {
	t := s.tensor(name, shape...)
	t.Data = make([]byte, t.Bytes())
}

// list adds a constant list of numbers.
func (s *sketch) list(name string, numbers ...int) {
	t := s.tensor(name, len(numbers))
	t.Type, t.Quant = model.Int32, nil
	for _, x := range numbers {
		t.Data = binary.LittleEndian.AppendUint32(t.Data, uint32(x))
	}
}

func (s *sketch) input(name string, shape ...int) {
	s.tensor(name, shape...)
	s.Inputs = append(s.Inputs, s.index[name])
}

func (s *sketch) output(names ...string) {
	for _, name := range names {
		s.Outputs = append(s.Outputs, s.index[name])
	}
}

func (s *sketch) of(name string) *model.Tensor { return &s.Tensors[s.index[name]] }

// op adds an operator whose output exists.
func (s *sketch) op(op model.Op, options any, out string, inputs ...string) {
	o := model.Operator{Op: op, Version: 1, Options: options, Outputs: []int{s.index[out]}}
	for _, in := range inputs {
		o.Inputs = append(o.Inputs, s.index[in])
	}
	s.Operators = append(s.Operators, o)
}

// conv adds a convolution with a window of size × size and no padding, to n channels.
func (s *sketch) conv(out, in string, n, size int) {
	x := s.of(in).Shape
	s.constant(out+".w", n, size, size, x[3])
	s.tensor(out, 1, x[1]-size+1, x[2]-size+1, n)
	s.op(model.OpConv2D, model.Conv2D{Padding: model.Valid, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1}, out, in, out+".w")
}

// depthwise adds a depthwise convolution with a window of size × size and no padding.
func (s *sketch) depthwise(out, in string, size int) {
	x := s.of(in).Shape
	s.constant(out+".w", 1, size, size, x[3])
	s.tensor(out, 1, x[1]-size+1, x[2]-size+1, x[3])
	conv := model.Conv2D{Padding: model.Valid, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1}
	s.op(model.OpDepthwiseConv2D, model.DepthwiseConv2D{Conv2D: conv, Multiplier: 1}, out, in, out+".w")
}

// pool adds a maximum over 2 × 2 pixels in steps of 1.
func (s *sketch) pool(out, in string) {
	x := s.of(in).Shape
	s.tensor(out, 1, x[1]-1, x[2]-1, x[3])
	s.op(model.OpMaxPool2D, model.Pool2D{Padding: model.Valid, StrideH: 1, StrideW: 1, Height: 2, Width: 2}, out, in)
}

func (s *sketch) concat(axis int, out string, inputs ...string) {
	shape := append([]int(nil), s.of(inputs[0]).Shape...)
	for _, in := range inputs[1:] {
		shape[axis] += s.of(in).Shape[axis]
	}
	s.tensor(out, shape...)
	s.op(model.OpConcatenation, model.Concat{Axis: axis}, out, inputs...)
}

// pad adds rows above and below, columns before and behind, and channels behind.
func (s *sketch) pad(out, in string, above, below, before, behind, channels int) {
	x := s.of(in).Shape
	s.list(out+".sizes", 0, 0, above, below, before, behind, 0, channels)
	s.tensor(out, 1, x[1]+above+below, x[2]+before+behind, x[3]+channels)
	s.op(model.OpPad, nil, out, in, out+".sizes")
}

func (s *sketch) reshape(out, in string, shape ...int) {
	s.tensor(out, shape...)
	s.op(model.OpReshape, model.Reshape{NewShape: shape}, out, in)
}

// graph is the model's graph.
func (s *sketch) graph(t *testing.T) *graph {
	t.Helper()
	g, err := newGraph(&s.Model)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// passCase is a model, and its graph after a pass.
type passCase struct {
	name  string
	model func(s *sketch)
	want  string
}

// testPass runs a pass, behind aliases, on the 8-bit graphs of cases.
func testPass(t *testing.T, pass func(g *graph), cases []passCase) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := newSketch(model.Uint8)
			c.model(s)
			g := s.graph(t)
			if err := aliases(g); err != nil {
				t.Fatal(err)
			}
			pass(g)
			if got := "\n" + g.String(); got != c.want {
				t.Errorf("graph is %s(want %s)", got, c.want)
			}
		})
	}
}
