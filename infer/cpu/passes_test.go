package cpu

import (
	"slices"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

func TestNewGraphRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(s *sketch)
		says  string
	}{
		"no inputs":         {func(s *sketch) { s.Inputs = nil }, "0 inputs and 1 outputs"},
		"no outputs":        {func(s *sketch) { s.Outputs = nil }, "1 inputs and 0 outputs"},
		"too many tensors":  {func(s *sketch) { s.Tensors = make([]model.Tensor, maxTensors+1) }, "16385 tensors"},
		"operator's inputs": {func(s *sketch) { s.Operators[1].Inputs = nil }, "operator 1 MAX_POOL_2D: 0 inputs and 1 outputs"},
		"first input":       {func(s *sketch) { s.Operators[1].Inputs = []int{-1} }, "operator 1 MAX_POOL_2D: 1 inputs"},
		"outputs":           {func(s *sketch) { s.Operators[1].Outputs = nil }, "operator 1 MAX_POOL_2D: 1 inputs and 0 outputs"},
		"two outputs":       {func(s *sketch) { s.tensor("q", 1); s.Operators[1].Outputs = []int{3, 4} }, "2 outputs (want 1)"},
		"order":             {func(s *sketch) { s.Operators[0].Inputs[0] = s.index["b"] }, `nothing computes its input "b"`},
		"twice":             {func(s *sketch) { s.Operators[1].Outputs[0] = s.index["a"] }, `output "a" is computed or constant already`},
		"constant":          {func(s *sketch) { s.Operators[1].Outputs[0] = s.index["a.w"] }, `output "a.w" is computed or constant already`},
		"model's output":    {func(s *sketch) { s.Operators = s.Operators[:1] }, `nothing computes output "b"`},
	} {
		s := newSketch(model.Uint8)
		s.input("x", 1, 4, 4, 2)
		s.conv("a", "x", 3, 1)
		s.pool("b", "a")
		s.output("b")
		s.graph(t)
		c.spoil(s)
		if _, err := newGraph(&s.Model); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v (want %q)", name, err, c.says)
		}
	}
}

// TestPasses shows what each pass makes of an Inception module with a border before it and a shape behind it.
func TestPasses(t *testing.T) {
	s := newSketch(model.Uint8)
	s.input("x", 1, 6, 6, 2)
	s.pad("p", "x", 1, 1, 1, 1, 0)
	s.conv("a", "p", 3, 3)
	s.conv("b", "p", 4, 3)
	s.pool("m", "b")
	s.pad("n", "m", 1, 0, 1, 0, 0)
	s.concat(3, "c", "a", "n")
	s.reshape("r", "c", 36, 7)
	s.output("r")
	g := s.graph(t)
	for _, step := range []struct {
		name string
		pass func()
		want string
	}{
		{"newGraph", func() {}, `
in x
0 p = PAD(x, p.sizes)
1 a = CONV_2D(p, a.w)
2 b = CONV_2D(p, b.w)
3 m = MAX_POOL_2D(b)
4 n = PAD(m, n.sizes)
5 c = CONCATENATION(a, n)
6 r = RESHAPE(c)
out r
`},
		{"aliases", func() {
			if err := aliases(g); err != nil {
				t.Fatal(err)
			}
		}, `
in x
0 p = PAD(x, p.sizes)
1 a = CONV_2D(p, a.w)
2 b = CONV_2D(p, b.w)
3 m = MAX_POOL_2D(b)
4 n = PAD(m, n.sizes)
5 c = CONCATENATION(a, n)
out r
r: the bytes of c
`},
		{"concatInPlace", func() { concatInPlace(g) }, `
in x
0 p = PAD(x, p.sizes)
1 a = CONV_2D(p, a.w)
2 b = CONV_2D(p, b.w)
3 m = MAX_POOL_2D(b)
4 n = PAD(m, n.sizes)
5 c = CONCATENATION(a, n)
out r
a: channels of c from 0
r: the bytes of c
`},
		{"absorbPadding", func() { absorbPadding(g) }, `
in x
0 a = CONV_2D(p, a.w)
1 b = CONV_2D(p, b.w)
2 m = MAX_POOL_2D(b)
3 n = PAD(m, n.sizes)
4 c = CONCATENATION(a, n)
out r
p: x with 1 rows above and 1 columns before
a: channels of c from 0
r: the bytes of c
`},
		{"joins", func() { joins(g) }, `
in x
0 a = CONV_2D(p, a.w) + b = CONV_2D(p, b.w)
1 m = MAX_POOL_2D(b)
2 n = PAD(m, n.sizes)
3 c = CONCATENATION(a, n)
out r
p: x with 1 rows above and 1 columns before
a: channels of c from 0
r: the bytes of c
`},
		{"lifetimes and placeValues", func() {
			lifetimes(g)
			if size, err := placeValues(g); err != nil || size != 548 {
				t.Errorf("an arena of %d, %v", size, err)
			}
		}, `
in x
0 a = CONV_2D(p, a.w) + b = CONV_2D(p, b.w)
1 m = MAX_POOL_2D(b)
2 n = PAD(m, n.sizes)
3 c = CONCATENATION(a, n)
out r
x: 72 elements in use from 0 to 0, at 448
p: x with 1 rows above and 1 columns before
a: channels of c from 0
b: 144 elements in use from 0 to 1, at 256
m: 100 elements in use from 1 to 2, at 448
n: 144 elements in use from 2 to 3, at 256
c: 252 elements in use from 0 to 4, at 0
r: the bytes of c
`},
	} {
		step.pass()
		if got := "\n" + g.String(); got != step.want {
			t.Fatalf("after %s the graph is %s(want %s)", step.name, got, step.want)
		}
	}
}

func TestAliases(t *testing.T) {
	testPass(t, func(*graph) {}, []passCase{
		{"chain", func(s *sketch) {
			s.input("x", 1, 2, 2, 3)
			s.reshape("r", "x", 4, 3)
			s.reshape("q", "r", 12)
			s.output("q", "r")
		}, `
in x
out q, r
r: the bytes of x
q: the bytes of x
`},
		{"constant", func(s *sketch) {
			s.input("x", 4)
			s.constant("k", 2, 2)
			s.reshape("r", "k", 4)
			s.tensor("sum", 4)
			s.op(model.OpAdd, model.Add{}, "sum", "x", "r")
			s.output("sum")
		}, `
in x
0 sum = ADD(x, r)
out sum
r: the bytes of k
`},
	})
}

func TestAliasesRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		elements int
		typ      model.Type
	}{"type": {4, model.Int8}, "size": {5, model.Uint8}} {
		s := newSketch(model.Uint8)
		s.input("x", 2, 2)
		s.reshape("r", "x", test.elements)
		s.output("r")
		s.of("r").Type = test.typ
		if err := aliases(s.graph(t)); err == nil || !strings.HasPrefix(err.Error(), "operator 0 RESHAPE: uint8 [2 2] cannot become ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestReshapeSettles leaves a RESHAPE's output without the right shape in the file: its second input says it, else its
// options.
func TestReshapeSettles(t *testing.T) {
	for _, test := range []struct {
		name   string
		input  []int // nil: there is none
		option []int
		want   []int // nil: refused
	}{
		{"options", nil, []int{3, 4}, []int{3, 4}},
		{"open", nil, []int{2, -1, 3}, []int{2, 2, 3}},
		{"input", []int{1, 12}, nil, []int{1, 12}},
		{"input first", []int{-1}, []int{3, 4}, []int{12}},
		{"neither", nil, nil, nil},
		{"too many", nil, []int{3, 5}, nil},
		{"no whole number", nil, []int{5, -1}, nil},
		{"twice open", nil, []int{-1, -1}, nil},
		{"zero", nil, []int{0, 12}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newSketch(model.Uint8)
			s.input("x", 2, 6)
			s.tensor("r")
			inputs := []string{"x"}
			if test.input != nil {
				s.list("shape", test.input...)
				inputs = append(inputs, "shape")
			}
			s.op(model.OpReshape, model.Reshape{NewShape: test.option}, "r", inputs...)
			s.output("r")
			g := s.graph(t)
			err := settle(g, target{set: kernel.Best()})
			if err == nil {
				err = aliases(g)
			}
			if test.want == nil {
				if err == nil || !strings.Contains(err.Error(), "uint8 [2 6] cannot become uint8 []") {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil || !slices.Equal(g.outputs[0].Shape, test.want) || len(s.of("r").Shape) != 0 {
				t.Errorf("got %v, %v", g.outputs[0].Shape, err)
			}
		})
	}
}
