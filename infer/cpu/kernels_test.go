package cpu_test

import (
	"bytes"
	"math"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// vectorShapes go past the tiles and panels of the vector kernels, and past a block of rows.
var vectorShapes = []shape{
	{7, 7, 32, 48, 1, 1, 1, 1, model.Same},
	{14, 13, 17, 33, 3, 3, 1, 1, model.Same},
	{15, 14, 16, 16, 3, 3, 2, 1, model.Same},
	{29, 28, 24, 24, 3, 3, 1, 1, model.Same},
	{28, 29, 3, 40, 7, 7, 2, 1, model.Same},
	{29, 28, 3, 24, 7, 7, 2, 1, model.Same},
	{20, 19, 2, 36, 3, 3, 1, 1, model.Valid},
	{30, 31, 9, 18, 5, 5, 3, 1, model.Valid},
	{13, 26, 72, 72, 3, 3, 2, 1, model.Same},
	{20, 41, 24, 24, 5, 5, 2, 1, model.Same},
	{40, 41, 20, 20, 1, 1, 2, 1, model.Valid},
	{1, 300, 8, 7, 1, 3, 1, 1, model.Same},
	{300, 1, 8, 9, 3, 1, 2, 1, model.Same},
	{3, 2, 40, 120, 5, 7, 1, 1, model.Same},
	{17, 17, 33, 33, 1, 7, 1, 1, model.Same},
	{33, 32, 40, 40, 3, 3, 1, 2, model.Same},
	{19, 21, 17, 17, 3, 3, 2, 4, model.Valid},
	{6, 5, 64, 64, 5, 3, 1, 12, model.Same}, // no pixel sees all taps
}

// answers are the outputs of a model for the same input, by kind of kernels: those that round products of float32 before
// they add them, and those that do not. The 8-bit ones are of one kind.
type answers map[string][][]byte

// kernelKind is the kind of the kernels of that name, for numbers of a type.
func kernelKind(t *testing.T, typ model.Type, name string) string {
	t.Helper()
	set, err := kernel.ByName(name)
	if err != nil {
		t.Fatal(err)
	}
	if typ == model.Float32 && set.Fused {
		return "fused"
	}
	return "plain"
}

// check wants outs to be those of other kernels of the kind, to the bit, and of others about the same.
func (a answers) check(t *testing.T, typ model.Type, name string, outs [][]byte) {
	t.Helper()
	kind := kernelKind(t, typ, name)
	if a[kind] == nil {
		a[kind] = outs
	}
	for other, want := range a {
		for i := range outs {
			if kind == other && !bytes.Equal(outs[i], want[i]) || kind != other && !near(outs[i], want[i]) {
				t.Errorf("output %d differs with kernels %s from %s ones", i, name, other)
			}
		}
	}
}

// near tells whether numbers of float32 are at most 5e-5 of the greatest away from each other: whole networks, of which each
// step rounds in its own way.
func near(a, b []byte) bool {
	most, apart := 0., 0.
	for i := 0; i < len(a); i += 4 {
		x, y := float64(float32At(a, i)), float64(float32At(b, i))
		most, apart = max(most, math.Abs(y)), max(apart, math.Abs(x-y))
	}
	return apart <= 5e-5*most // false for NaN
}

// TestKernelsAgree wants the same bytes from all kernels of a kind and numbers of threads.
func TestKernelsAgree(t *testing.T) {
	for _, v := range variants {
		for _, s := range append(vectorShapes, shapes...) {
			t.Run(v.name+"/"+s.String(), func(t *testing.T) {
				g := windows(s, v)
				want := answers{}
				for _, name := range kernel.Names() {
					t.Setenv("INCEPTIOND_KERNELS", name)
					for threads := range 3 {
						want.check(t, v.typ, name, g.bytes(t, v, cpu.Options{Threads: threads + 1}))
					}
				}
			})
		}
	}
}

// windows is a graph of all operators with windows, each an output of its own.
func windows(s shape, v variant) *graph {
	g, in, out, conv := windowGraph(s, v, s.n)
	w := g.random(g.tensor(v.typ, v.weights(s.n, 0), s.n, s.kh, s.kw, s.c), 0)
	g.op(model.OpConv2D, conv, out, in, w, g.bias(v.typ, s.n))
	dims := g.Tensors[out].Shape
	if s.n%s.c == 0 {
		w := g.random(g.tensor(v.typ, v.weights(s.n, 3), 1, s.kh, s.kw, s.n), 0)
		depth := g.tensor(v.typ, v.out, dims...)
		g.Outputs = append(g.Outputs, g.op(model.OpDepthwiseConv2D,
			model.DepthwiseConv2D{Conv2D: conv, Multiplier: s.n / s.c}, depth, in, w, g.bias(v.typ, s.n)))
	}
	if s.dilate != 1 {
		return g
	}
	pool := model.Pool2D{Padding: s.padding, StrideH: s.stride, StrideW: s.stride, Height: s.kh, Width: s.kw, Activation: v.activation}
	for _, op := range []model.Op{model.OpMaxPool2D, model.OpAveragePool2D} {
		g.Outputs = append(g.Outputs, g.op(op, pool, g.tensor(v.typ, v.in, 1, dims[1], dims[2], s.c), in))
	}
	return g
}

// bytes runs the graph on the same input each time.
func (g *graph) bytes(t *testing.T, v variant, o cpu.Options) [][]byte {
	t.Helper()
	e := g.engine(t, o)
	ins, outs := infer.Buffers(e.Inputs()), infer.Buffers(e.Outputs())
	newGraph(1).fill(v.typ, ins[0], 0)
	if _, err := e.RunAll(t.Context(), ins, outs); err != nil {
		t.Fatal(err)
	}
	return outs
}
