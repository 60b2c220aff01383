package cpu_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// module is a small Inception module with a concatenation in a concatenation, and a convolution behind it.
func module(v variant) *graph {
	g := newGraph(11)
	scaled := func(k float32) *model.Quant {
		if v.in == nil {
			return nil
		}
		return one(v.in.Scale[0]*k, v.in.ZeroPoint[0])
	}
	conv := func(in, n, k int, q *model.Quant) int {
		dims := g.Tensors[in].Shape
		w := g.random(g.tensor(v.typ, v.weights(n, 0), n, k, k, dims[3]), 0)
		out := g.tensor(v.typ, q, 1, dims[1], dims[2], n)
		return g.op(model.OpConv2D, model.Conv2D{StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, Activation: v.activation},
			out, in, w, g.bias(v.typ, n))
	}
	concat := func(q *model.Quant, inputs ...int) int {
		n := 0
		for _, i := range inputs {
			n += g.Tensors[i].Shape[3]
		}
		dims := g.Tensors[inputs[0]].Shape
		return g.op(model.OpConcatenation, model.Concat{Axis: 3}, g.tensor(v.typ, q, 1, dims[1], dims[2], n), inputs...)
	}
	in := g.tensor(v.typ, v.in, 1, 9, 10, 24)
	a, b, c := conv(in, 16, 1, scaled(1)), conv(in, 40, 1, v.in), conv(in, 8, 1, scaled(0.5))
	d := conv(b, 20, 3, scaled(0.7))
	pool := g.tensor(v.typ, v.in, 1, 9, 10, 24)
	g.op(model.OpMaxPool2D, model.Pool2D{StrideH: 1, StrideW: 1, Height: 3, Width: 3}, pool, in)
	f := conv(pool, 12, 1, scaled(1))
	inner := concat(scaled(0.8), c, d)
	average := g.tensor(v.typ, scaled(1.1), 1, 9, 10, 24)
	g.op(model.OpAveragePool2D, model.Pool2D{StrideH: 1, StrideW: 1, Height: 3, Width: 3}, average, in)
	outer := concat(v.in, a, inner, f, pool, average, b)
	last := conv(outer, 33, 1, v.out)
	g.Inputs, g.Outputs = []int{in}, []int{last}
	for i := range g.Tensors {
		g.Tensors[i].Name = string(rune('A' + i))
	}
	return g
}

// bordered is an image with a border that two convolutions see, one of them depthwise.
func bordered(v variant) *graph {
	g := newGraph(12)
	in := g.tensor(v.typ, v.in, 1, 11, 12, 7)
	sizes := g.ints(0, 0, 2, 3, 1, 4, 0, 0)
	g.Tensors[sizes].Shape = []int{4, 2}
	image := g.op(model.OpPad, nil, g.tensor(v.typ, v.in, 1, 16, 17, 7), in, sizes)
	valid := model.Conv2D{StrideH: 2, StrideW: 1, DilationH: 1, DilationW: 1, Padding: model.Valid}
	w := g.random(g.tensor(v.typ, v.weights(20, 0), 20, 3, 5, 7), 0)
	a := g.op(model.OpConv2D, valid, g.tensor(v.typ, v.out, 1, 7, 13, 20), image, w, g.bias(v.typ, 20))
	w = g.random(g.tensor(v.typ, v.weights(7, 3), 1, 5, 4, 7), 0)
	valid.StrideH = 1
	b := g.op(model.OpDepthwiseConv2D, model.DepthwiseConv2D{Conv2D: valid, Multiplier: 1},
		g.tensor(v.typ, v.out, 1, 12, 14, 7), image, w, g.bias(v.typ, 7))
	g.Inputs, g.Outputs = []int{in}, []int{a, b}
	return g
}

// stacked is an image below another, and channels beside both.
func stacked(v variant) *graph {
	g := newGraph(13)
	in := g.tensor(v.typ, v.in, 1, 5, 6, 3)
	pool := func(height int) int {
		out := g.tensor(v.typ, v.in, 1, 6-height, 6, 3)
		return g.op(model.OpMaxPool2D, model.Pool2D{Padding: model.Valid, StrideH: 1, StrideW: 1, Height: height, Width: 1}, out, in)
	}
	both := g.op(model.OpConcatenation, model.Concat{Axis: 1}, g.tensor(v.typ, v.in, 1, 5, 6, 3), pool(3), pool(4))
	out := g.op(model.OpConcatenation, model.Concat{Axis: 3}, g.tensor(v.typ, v.in, 1, 5, 6, 6), both, pool(1))
	g.Inputs, g.Outputs = []int{in}, []int{out}
	return g
}

// open makes everything that is computed an output, so that it has to be written where it belongs.
func (g *graph) open() *graph {
	for _, o := range g.Operators {
		g.Outputs = append(g.Outputs, o.Outputs...)
	}
	return g
}

// TestTaps makes each tensor an output besides the model's own, with all kernels. It wants the bytes that plain Go gives,
// or the first kernels of another kind, where all tensors are outputs, and those of the other outputs unchanged.
func TestTaps(t *testing.T) {
	for name, build := range map[string]func(variant) *graph{
		"module": module, "bordered": bordered, "stacked": stacked, "small": small,
	} {
		for _, v := range variants {
			t.Run(name+"/"+v.name, func(t *testing.T) {
				own, all := len(build(v).Outputs), answers{}
				for _, kernels := range slices.Backward(kernel.Names()) { // plain Go first
					t.Setenv("INCEPTIOND_KERNELS", kernels)
					kind := kernelKind(t, v.typ, kernels)
					if all[kind] == nil {
						all.check(t, v.typ, kernels, build(v).open().bytes(t, v, cpu.Options{Threads: 1}))
					}
					want := all[kind]
					for n, tap := range build(v).open().Outputs[own:] {
						g := build(v)
						g.Outputs = append(g.Outputs, tap)
						got := g.bytes(t, v, cpu.Options{Threads: 2})
						if !bytes.Equal(got[own], want[own+n]) {
							t.Errorf("tensor %d is wrong with kernels %s", tap, kernels)
						}
						for i := range own {
							if !bytes.Equal(got[i], want[i]) {
								t.Errorf("output %d changes with kernels %s when tensor %d is tapped", i, kernels, tap)
							}
						}
					}
				}
			})
		}
	}
}

// TestBorders wants the same bytes whether or not a border is added by a step of its own.
func TestBorders(t *testing.T) {
	for _, v := range variants {
		for _, name := range kernel.Names() {
			t.Setenv("INCEPTIOND_KERNELS", name)
			o := cpu.Options{Threads: 2}
			got, want := bordered(v).bytes(t, v, o), bordered(v).open().bytes(t, v, o)
			if !bytes.Equal(got[0], want[0]) || !bytes.Equal(got[1], want[1]) {
				t.Errorf("%s, kernels %s: the convolutions differ", v.name, name)
			}
			steps := len(bordered(v).engine(t, o).Layers())
			if steps != 2 {
				t.Errorf("%s: %d steps (want 2)", v.name, steps)
			}
		}
	}
}

// TestFusion wants the same bytes whether or not operators are joined and concatenations written in place.
func TestFusion(t *testing.T) {
	for _, v := range variants {
		t.Run(v.name, func(t *testing.T) {
			for _, name := range kernel.Names() {
				t.Setenv("INCEPTIOND_KERNELS", name)
				for threads := 1; threads <= 3; threads++ {
					o := cpu.Options{Threads: threads}
					got, want := module(v).bytes(t, v, o), module(v).open().bytes(t, v, o)
					if !bytes.Equal(got[0], want[0]) {
						t.Errorf("kernels %s, %d threads: the last convolution differs", name, threads)
					}
				}
			}
		})
	}
}

// TestFusionSavesSteps looks at what is left to do.
func TestFusionSavesSteps(t *testing.T) {
	t.Setenv("INCEPTIOND_KERNELS", kernel.Best().Name)
	for _, v := range variants {
		var got []string
		for _, l := range module(v).engine(t, cpu.Options{Threads: 1}).Layers() {
			got = append(got, l.Op)
			if strings.Contains(l.Name, " + ") && l.MACs != 9*10*24*(16+40+8) {
				t.Errorf("%s has %d products (want those of three)", l.Name, l.MACs)
			}
		}
		// The inner concatenation is gone; of the outer one, the inputs are left that something else reads as well.
		want := []string{"CONV_2D", "CONV_2D", "MAX_POOL_2D", "CONV_2D", "AVERAGE_POOL_2D", "CONCATENATION", "CONV_2D"}
		tiles := kernel.Best().Tiling != nil
		if v.typ == model.Float32 {
			tiles = kernel.Best().Tiling32 != nil
		}
		if !tiles {
			want = slices.Insert(want, 0, "CONV_2D", "CONV_2D") // nothing is joined
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: steps %v (want %v)", v.name, got, want)
		}
	}
}
