package cpu

import (
	"testing"

	"github.com/inceptiond/inceptiond/infer/model"
)

func TestJoins(t *testing.T) {
	testPass(t, joins, []passCase{
		{"three, with others between", func(s *sketch) {
			s.input("x", 1, 4, 4, 2)
			s.conv("a", "x", 3, 2)
			s.conv("b", "x", 3, 1)
			s.conv("c", "x", 4, 2)
			s.conv("d", "a", 3, 2)
			s.conv("e", "x", 5, 2)
			s.output("b", "c", "d", "e")
		}, `
in x
0 a = CONV_2D(x, a.w) + c = CONV_2D(x, c.w) + e = CONV_2D(x, e.w)
1 b = CONV_2D(x, b.w)
2 d = CONV_2D(a, d.w)
out b, c, d, e
`},
		{"an activation makes no difference, a stride does", func(s *sketch) {
			s.input("x", 1, 4, 4, 2)
			for i, name := range []string{"a", "b", "c"} {
				s.conv(name, "x", 3, 1)
				opt := s.Operators[i].Options.(model.Conv2D)
				if name == "b" {
					opt.Activation = model.ReLU
				} else if name == "c" {
					opt.StrideH = 2
				}
				s.Operators[i].Options = opt
			}
			s.output("a", "b", "c")
		}, `
in x
0 a = CONV_2D(x, a.w) + b = CONV_2D(x, b.w)
1 c = CONV_2D(x, c.w)
out a, b, c
`},
		{"weights that are computed", func(s *sketch) {
			s.input("x", 1, 4, 4, 2)
			s.conv("a", "x", 3, 2)
			s.conv("b", "x", 3, 2)
			s.of("b.w").Data = nil
			s.Inputs = append(s.Inputs, s.index["b.w"])
			s.output("a", "b")
		}, `
in x, b.w
0 a = CONV_2D(x, a.w)
1 b = CONV_2D(x, b.w)
out a, b
`},
		{"a bias that is computed", func(s *sketch) {
			s.input("x", 1, 4, 4, 2)
			s.conv("a", "x", 3, 2)
			s.conv("b", "x", 3, 2)
			s.input("y", 3)
			s.Operators[1].Inputs = append(s.Operators[1].Inputs, s.index["y"])
			s.output("a", "b")
		}, `
in x, y
0 a = CONV_2D(x, a.w)
1 b = CONV_2D(x, b.w, y)
out a, b
`},
		{"depthwise", func(s *sketch) {
			s.input("x", 1, 4, 4, 2)
			s.depthwise("a", "x", 2)
			s.depthwise("b", "x", 2)
			s.output("a", "b")
		}, `
in x
0 a = DEPTHWISE_CONV_2D(x, a.w)
1 b = DEPTHWISE_CONV_2D(x, b.w)
out a, b
`},
	})
}

func TestJoinsFloats(t *testing.T) {
	s := newSketch(model.Float32)
	s.input("x", 1, 4, 4, 2)
	s.conv("a", "x", 3, 2)
	s.conv("b", "x", 3, 2)
	s.output("a", "b")
	g := s.graph(t)
	if joins(g); len(g.nodes) != 1 || len(g.nodes[0].siblings) != 1 {
		t.Errorf("graph is\n%s(want one node with a sibling)", g)
	}
}
