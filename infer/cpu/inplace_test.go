package cpu

import (
	"testing"

	"github.com/inceptiond/inceptiond/infer/model"
)

func TestConcatInPlace(t *testing.T) {
	branches := func(s *sketch) { // two that can write channels
		s.input("x", 1, 3, 3, 2)
		s.conv("a", "x", 3, 2)
		s.pool("b", "x")
	}
	testPass(t, concatInPlace, []passCase{
		{"all", func(s *sketch) {
			branches(s)
			s.concat(3, "c", "a", "b")
			s.output("c")
		}, `
in x
0 a = CONV_2D(x, a.w)
1 b = MAX_POOL_2D(x)
out c
a: channels of c from 0
b: channels of c from 3
`},
		{"another scale", func(s *sketch) {
			branches(s)
			s.of("b").Quant.Scale[0] = 0.25
			s.concat(3, "c", "a", "b")
			s.output("c")
		}, `
in x
0 a = CONV_2D(x, a.w)
1 b = MAX_POOL_2D(x)
out c
a: channels of c from 0
b: channels of c from 3, translated
`},
		{"nested", func(s *sketch) {
			branches(s)
			s.concat(3, "c", "a", "b")
			s.conv("d", "x", 1, 2)
			s.concat(3, "e", "d", "c")
			s.of("c").Quant.Scale[0] = 0.25
			s.output("e")
		}, `
in x
0 a = CONV_2D(x, a.w)
1 b = MAX_POOL_2D(x)
2 d = CONV_2D(x, d.w)
out e
a: channels of e from 1, translated
b: channels of e from 4, translated
c: channels of e from 1, translated
d: channels of e from 0
`},
		{"read elsewhere", func(s *sketch) {
			branches(s)
			s.concat(3, "c", "a", "b")
			s.conv("d", "b", 1, 1)
			s.output("c", "d")
		}, `
in x
0 a = CONV_2D(x, a.w)
1 b = MAX_POOL_2D(x)
2 c = CONCATENATION(a, b)
3 d = CONV_2D(b, d.w)
out c, d
a: channels of c from 0
`},
		{"output of the model", func(s *sketch) {
			branches(s)
			s.concat(3, "c", "a", "b")
			s.output("c", "a")
		}, `
in x
0 a = CONV_2D(x, a.w)
1 b = MAX_POOL_2D(x)
2 c = CONCATENATION(a, b)
out c, a
b: channels of c from 3
`},
		{"alias is an output of the model", func(s *sketch) {
			branches(s)
			s.concat(3, "c", "a", "b")
			s.reshape("r", "a", 12)
			s.output("c", "r")
		}, `
in x
0 a = CONV_2D(x, a.w)
1 b = MAX_POOL_2D(x)
2 c = CONCATENATION(a, b)
out c, r
b: channels of c from 3
r: the bytes of a
`},
		{"alias", func(s *sketch) {
			branches(s)
			s.reshape("r", "a", 1, 2, 2, 3)
			s.concat(3, "c", "r", "b")
			s.output("c")
		}, `
in x
0 a = CONV_2D(x, a.w)
1 b = MAX_POOL_2D(x)
2 c = CONCATENATION(r, b)
out c
b: channels of c from 3
r: the bytes of a
`},
		{"twice the same", func(s *sketch) {
			branches(s)
			s.concat(3, "c", "a", "a")
			s.output("c")
		}, `
in x
0 a = CONV_2D(x, a.w)
1 b = MAX_POOL_2D(x)
2 c = CONCATENATION(a, a)
out c
`},
		{"input of the model, constant, depthwise", func(s *sketch) {
			s.input("x", 1, 2, 2, 1)
			s.constant("k", 1, 2, 2, 1)
			s.depthwise("d", "x", 1)
			s.concat(3, "c", "x", "k", "d")
			s.output("c")
		}, `
in x
0 d = DEPTHWISE_CONV_2D(x, d.w)
1 c = CONCATENATION(x, k, d)
out c
`},
		{"of rows", func(s *sketch) {
			branches(s)
			s.concat(1, "c", "a", "a")
			s.output("c")
		}, `
in x
0 a = CONV_2D(x, a.w)
1 b = MAX_POOL_2D(x)
2 c = CONCATENATION(a, a)
out c
`},
		{"rows within channels", func(s *sketch) {
			branches(s)
			s.input("y", 1, 1, 2, 2)
			s.input("z", 1, 1, 2, 2)
			s.concat(1, "c", "y", "z")
			s.concat(3, "d", "c", "b")
			s.output("d")
		}, `
in x, y, z
0 a = CONV_2D(x, a.w)
1 b = MAX_POOL_2D(x)
2 c = CONCATENATION(y, z)
3 d = CONCATENATION(c, b)
out d
b: channels of d from 2
`},
		{"not sound", func(s *sketch) {
			branches(s)
			s.concat(3, "c", "a", "b")
			s.Operators[2].Options = model.Concat{Axis: 3, Activation: model.ReLU}
			s.output("c")
		}, `
in x
0 a = CONV_2D(x, a.w)
1 b = MAX_POOL_2D(x)
2 c = CONCATENATION(a, b)
out c
`},
	})
}

func TestConcatInPlaceFloats(t *testing.T) {
	s := newSketch(model.Float32)
	s.input("x", 1, 3, 3, 2)
	s.conv("a", "x", 3, 2)
	s.concat(3, "c", "a")
	s.output("c")
	g := s.graph(t)
	if concatInPlace(g); len(g.nodes) != 1 || g.values[s.index["a"]].slot == nil {
		t.Errorf("graph is\n%s(want a in the place of c)", g)
	}
}
