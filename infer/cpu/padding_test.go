package cpu

import (
	"testing"

	"github.com/inceptiond/inceptiond/infer/model"
)

func TestAbsorbPadding(t *testing.T) {
	testPass(t, absorbPadding, []passCase{
		{"two convolutions", func(s *sketch) {
			s.input("x", 1, 4, 4, 2)
			s.pad("p", "x", 1, 0, 2, 3, 0)
			s.conv("a", "p", 3, 2)
			s.depthwise("b", "p", 3)
			s.output("a", "b")
		}, `
in x
0 a = CONV_2D(p, a.w)
1 b = DEPTHWISE_CONV_2D(p, b.w)
out a, b
p: x with 1 rows above and 2 columns before
`},
		{"channels", func(s *sketch) {
			s.input("x", 1, 4, 4, 2)
			s.pad("p", "x", 1, 1, 1, 1, 1)
			s.conv("a", "p", 3, 2)
			s.output("a")
		}, `
in x
0 p = PAD(x, p.sizes)
1 a = CONV_2D(p, a.w)
out a
`},
		{"no readers", func(s *sketch) {
			s.input("x", 1, 4, 4, 2)
			s.pad("p", "x", 1, 1, 1, 1, 0)
			s.conv("a", "x", 3, 2)
			s.output("a")
		}, `
in x
0 p = PAD(x, p.sizes)
1 a = CONV_2D(x, a.w)
out a
`},
		{"output of the model", func(s *sketch) {
			s.input("x", 1, 4, 4, 2)
			s.pad("p", "x", 1, 1, 1, 1, 0)
			s.conv("a", "p", 3, 2)
			s.output("a", "p")
		}, `
in x
0 p = PAD(x, p.sizes)
1 a = CONV_2D(p, a.w)
out a, p
`},
		{"read by a pool", func(s *sketch) {
			s.input("x", 1, 4, 4, 2)
			s.pad("p", "x", 1, 1, 1, 1, 0)
			s.conv("a", "p", 3, 2)
			s.pool("b", "p")
			s.output("a", "b")
		}, `
in x
0 p = PAD(x, p.sizes)
1 a = CONV_2D(p, a.w)
2 b = MAX_POOL_2D(p)
out a, b
`},
		{"alias", func(s *sketch) {
			s.input("x", 1, 4, 4, 2)
			s.pad("p", "x", 1, 1, 1, 1, 0)
			s.reshape("r", "p", 1, 9, 4, 2)
			s.conv("a", "r", 3, 2)
			s.output("a")
		}, `
in x
0 p = PAD(x, p.sizes)
1 a = CONV_2D(r, a.w)
out a
r: the bytes of p
`},
		{"inside an alias", func(s *sketch) {
			s.input("x", 16, 2)
			s.reshape("r", "x", 1, 4, 4, 2)
			s.pad("p", "r", 1, 1, 1, 1, 0)
			s.conv("a", "p", 3, 2)
			s.output("a")
		}, `
in x
0 a = CONV_2D(p, a.w)
out a
r: the bytes of x
p: r with 1 rows above and 1 columns before
`},
		{"convolution with padding", func(s *sketch) {
			s.input("x", 1, 4, 4, 2)
			s.pad("p", "x", 1, 1, 1, 1, 0)
			s.conv("a", "p", 3, 1)
			s.Operators[1].Options = model.Conv2D{Padding: model.Same, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1}
			s.output("a")
		}, `
in x
0 p = PAD(x, p.sizes)
1 a = CONV_2D(p, a.w)
out a
`},
	})
}
