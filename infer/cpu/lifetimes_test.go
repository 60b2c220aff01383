package cpu

import (
	"errors"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer/model"
)

func TestLifetimes(t *testing.T) {
	all := func(g *graph) {
		concatInPlace(g)
		absorbPadding(g)
		joins(g)
		lifetimes(g)
	}
	testPass(t, all, []passCase{
		{"chain", func(s *sketch) {
			s.input("x", 1, 5, 5, 1)
			s.pool("a", "x")
			s.pool("b", "a")
			s.output("b")
		}, `
in x
0 a = MAX_POOL_2D(x)
1 b = MAX_POOL_2D(a)
out b
x: 25 elements in use from 0 to 0, at 0
a: 16 elements in use from 0 to 1, at 0
b: 9 elements in use from 1 to 2, at 0
`},
		{"outputs stay, and what nobody reads is in use while it is written", func(s *sketch) {
			s.input("x", 1, 3, 3, 1)
			s.pool("a", "x")
			s.pool("b", "x")
			s.pool("c", "x")
			s.output("a", "c")
		}, `
in x
0 a = MAX_POOL_2D(x)
1 b = MAX_POOL_2D(x)
2 c = MAX_POOL_2D(x)
out a, c
x: 9 elements in use from 0 to 2, at 0
a: 4 elements in use from 0 to 3, at 0
b: 4 elements in use from 1 to 1, at 0
c: 4 elements in use from 2 to 3, at 0
`},
		{"slots begin with the first that writes, borders end with the last that reads", func(s *sketch) {
			s.input("x", 1, 3, 3, 2)
			s.pool("m", "x")
			s.pad("p", "m", 1, 1, 1, 1, 0)
			s.conv("a", "p", 3, 2)
			s.pool("k", "x")
			s.conv("b", "p", 1, 2)
			s.concat(3, "c", "a", "b")
			s.reshape("r", "c", 36)
			s.output("k", "r")
		}, `
in x
0 m = MAX_POOL_2D(x)
1 a = CONV_2D(p, a.w) + b = CONV_2D(p, b.w)
2 k = MAX_POOL_2D(x)
out k, r
x: 18 elements in use from 0 to 2, at 0
m: 8 elements in use from 0 to 1, at 0
p: m with 1 rows above and 1 columns before
a: channels of c from 0
k: 8 elements in use from 2 to 3, at 0
b: channels of c from 3
c: 36 elements in use from 1 to 3, at 0
r: the bytes of c
`},
	})
}

// TestDying wants each constant once, at the last node that reads it or an alias of it.
func TestDying(t *testing.T) {
	s := newSketch(model.Uint8)
	s.input("x", 1, 4, 4, 2)
	s.constant("unread", 1)
	s.conv("a", "x", 3, 2)
	s.pool("b", "a")
	s.conv("c", "x", 3, 2)
	s.constant("k", 1, 4, 2, 3)
	s.reshape("r", "k", 1, 2, 4, 3)
	s.constant("out", 1)
	s.pool("d", "r")
	s.output("b", "c", "d", "out")
	g := s.graph(t)
	if err := aliases(g); err != nil {
		t.Fatal(err)
	}
	joins(g)
	lifetimes(g)
	var got []string
	for _, values := range g.dying() {
		got = append(got, names(values))
	}
	if want := "unread | a.w, c.w |  | k | out"; strings.Join(got, " | ") != want {
		t.Errorf("constants die as %q (want %s)", got, want)
	}
}

func TestPlaceValuesRefuses(t *testing.T) {
	s := newSketch(model.Float64)
	s.input("x", 4)
	s.tensor("a", 4)
	s.op(model.OpAdd, model.Add{}, "a", "x", "x")
	s.output("a")
	g := s.graph(t)
	lifetimes(g)
	if _, err := placeValues(g); !errors.Is(err, model.ErrUnsupported) || !strings.Contains(err.Error(), `"x" is float64`) {
		t.Error(err)
	}
}

// TestAllocate wants exactly its bytes for each value, at a place where any of its numbers may lie.
func TestAllocate(t *testing.T) {
	s := newSketch(model.Uint8)
	s.input("x", 5)
	s.tensor("f", 5).Type = model.Float32
	s.op(model.OpDequantize, nil, "f", "x")
	s.constant("k", 3)
	s.tensor("unused", 3)
	s.output("f", "k")
	g := s.graph(t)
	lifetimes(g)
	size, err := placeValues(g)
	if err != nil || size != 69 { // f first, as it is larger; x at the next multiple of 64
		t.Fatalf("an arena of %d, %v", size, err)
	}
	allocate(g, size)
	for i, want := range []int{5, 20, 0, 0} {
		if v := g.values[i]; cap(v.memory) != want {
			t.Errorf("%s has %d bytes (want %d)", v.Name, cap(v.memory), want)
		}
	}
	if f := as[float32](g.values[1].memory); len(f) != 5 {
		t.Errorf("%d numbers", len(f))
	}
}
