package cpu_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/model"
)

// shape is the geometry of a convolution or pool to test.
type shape struct {
	h, w, c, n     int // input, and output channels (a multiple of c if depthwise)
	kh, kw         int
	stride, dilate int
	padding        model.Padding
}

func (s shape) String() string {
	return fmt.Sprintf("%dx%dx%d_%d_%dx%d_s%d_d%d_p%d", s.h, s.w, s.c, s.n, s.kh, s.kw, s.stride, s.dilate, s.padding)
}

var shapes = []shape{
	{1, 1, 1, 1, 1, 1, 1, 1, model.Same},
	{1, 1, 7, 70, 1, 1, 1, 1, model.Valid},
	{5, 7, 3, 6, 1, 1, 1, 1, model.Same},
	{7, 5, 3, 3, 1, 1, 2, 1, model.Same},
	{7, 6, 2, 4, 3, 3, 1, 1, model.Same},
	{7, 6, 5, 5, 3, 3, 2, 1, model.Same},
	{8, 9, 3, 9, 3, 2, 2, 1, model.Valid},
	{9, 8, 1, 2, 5, 7, 1, 1, model.Same},
	{2, 3, 4, 8, 5, 5, 1, 1, model.Same},
	{9, 9, 2, 2, 3, 3, 1, 2, model.Same},
	{11, 10, 2, 4, 3, 3, 2, 3, model.Valid},
	{13, 3, 4, 4, 7, 1, 3, 1, model.Same},
	{3, 13, 16, 17 * 16, 1, 7, 1, 1, model.Same},
}

// out is the output's size and the border.
func (s shape) out() (h, w, top, left int) {
	side := func(in, k int) (int, int) {
		k = (k-1)*s.dilate + 1
		if s.padding == model.Valid {
			return (in - k + s.stride) / s.stride, 0
		}
		n := (in + s.stride - 1) / s.stride
		return n, max(0, (n-1)*s.stride+k-in) / 2
	}
	h, top = side(s.h, s.kh)
	w, left = side(s.w, s.kw)
	return h, w, top, left
}

// each calls f for every tap of every output pixel that lies inside the image: the first index of the output pixel, of
// the input pixel, and the number of the tap.
func (s shape) each(n int, f func(out, in, tap int)) {
	oh, ow, top, left := s.out()
	for y := range oh {
		for x := range ow {
			for ky := range s.kh {
				for kx := range s.kw {
					iy, ix := y*s.stride-top+ky*s.dilate, x*s.stride-left+kx*s.dilate
					if iy >= 0 && iy < s.h && ix >= 0 && ix < s.w {
						f((y*ow+x)*n, (iy*s.w+ix)*s.c, ky*s.kw+kx)
					}
				}
			}
		}
	}
}

// variant is a type with scales and zero points.
type variant struct {
	name       string
	typ        model.Type
	in, out    *model.Quant
	weights    func(n, axis int) *model.Quant
	activation model.Activation
}

func perTensor(scale float32, zero int32) func(int, int) *model.Quant {
	return func(int, int) *model.Quant { return one(scale, zero) }
}

func perChannel(n, axis int) *model.Quant {
	q := &model.Quant{Axis: axis, Scale: make([]float32, n), ZeroPoint: make([]int32, n)}
	for i := range q.Scale {
		q.Scale[i] = 0.01 / float32(i+1)
	}
	return q
}

func none(int, int) *model.Quant { return nil }

var variants = []variant{
	{"uint8", model.Uint8, one(0.1, 3), one(0.9, 120), perTensor(0.02, 77), model.NoActivation},
	{"uint8_relu", model.Uint8, one(0.1, 0), one(0.4, 0), perTensor(0.02, 255), model.ReLU},
	{"uint8_relu6", model.Uint8, one(0.01, 255), one(0.03, 1), perTensor(0.02, 0), model.ReLU6},
	{"int8", model.Int8, one(0.1, -128), one(0.8, 11), perTensor(0.02, 0), model.NoActivation},
	{"int8_channels", model.Int8, one(0.1, 127), one(0.8, -4), perChannel, model.ReLUN1To1},
	{"float32", model.Float32, nil, nil, none, model.NoActivation},
	{"float32_relu6", model.Float32, nil, nil, none, model.ReLU6},
}

func activate(a model.Activation, x float64) float64 {
	switch a {
	case model.ReLU:
		return max(x, 0)
	case model.ReLU6:
		return min(max(x, 0), 6)
	case model.ReLUN1To1:
		return min(max(x, -1), 1)
	}
	return x
}

func forAll(t *testing.T, f func(t *testing.T, s shape, v variant)) {
	for _, v := range variants {
		for _, s := range shapes {
			t.Run(v.name+"/"+s.String(), func(t *testing.T) { f(t, s, v) })
		}
	}
}

// TestConv compares CONV_2D with real arithmetic: half a step of rounding apart, and a little for the other rounding.
func TestConv(t *testing.T) {
	forAll(t, func(t *testing.T, s shape, v variant) {
		g, in, out, conv := windowGraph(s, v, s.n)
		w := g.random(g.tensor(v.typ, v.weights(s.n, 0), s.n, s.kh, s.kw, s.c), 0)
		b := g.bias(v.typ, s.n)
		g.op(model.OpConv2D, conv, out, in, w, b)
		ins, outs := g.run(t, cpu.Options{Threads: 2})
		weights, want := g.real(w, g.Tensors[w].Data), g.biases(v, w, b, len(outs[0]))
		k := s.kh * s.kw * s.c
		s.each(s.n, func(o, i, tap int) {
			for n := range s.n {
				for c := range s.c {
					want[o+n] += ins[0][i+c] * weights[n*k+tap*s.c+c]
				}
			}
		})
		for i := range want {
			want[i] = activate(v.activation, want[i])
		}
		g.near(t, out, outs[0], want, 0.51)
	})
}

// TestDepthwise compares DEPTHWISE_CONV_2D with real arithmetic.
func TestDepthwise(t *testing.T) {
	forAll(t, func(t *testing.T, s shape, v variant) {
		if s.n%s.c != 0 {
			t.Skip("no multiple")
		}
		g, in, out, conv := windowGraph(s, v, s.n)
		w := g.random(g.tensor(v.typ, v.weights(s.n, 3), 1, s.kh, s.kw, s.n), 0)
		b := g.bias(v.typ, s.n)
		m := s.n / s.c
		g.op(model.OpDepthwiseConv2D, model.DepthwiseConv2D{Conv2D: conv, Multiplier: m}, out, in, w, b)
		ins, outs := g.run(t, cpu.Options{Threads: 2})
		weights, want := g.real(w, g.Tensors[w].Data), g.biases(v, w, b, len(outs[0]))
		s.each(s.n, func(o, i, tap int) {
			for n := range s.n {
				want[o+n] += ins[0][i+n/m] * weights[tap*s.n+n]
			}
		})
		for i := range want {
			want[i] = activate(v.activation, want[i])
		}
		g.near(t, out, outs[0], want, 0.51)
	})
}

// TestPools compares pools with real arithmetic. Input and output have the same scale.
func TestPools(t *testing.T) {
	forAll(t, func(t *testing.T, s shape, v variant) {
		if s.dilate != 1 {
			t.Skip("pools have no dilation")
		}
		v.out = v.in
		for _, op := range []model.Op{model.OpMaxPool2D, model.OpAveragePool2D} {
			g, in, out, _ := windowGraph(s, v, s.c)
			g.op(op, model.Pool2D{Padding: s.padding, StrideH: s.stride, StrideW: s.stride, Height: s.kh, Width: s.kw, Activation: v.activation}, out, in)
			ins, outs := g.run(t, cpu.Options{Threads: 2})
			sum, most, count := make([]float64, len(outs[0])), make([]float64, len(outs[0])), make([]float64, len(outs[0]))
			for i := range most {
				most[i] = math.Inf(-1)
			}
			s.each(s.c, func(o, i, _ int) {
				for c := range s.c {
					sum[o+c] += ins[0][i+c]
					most[o+c] = max(most[o+c], ins[0][i+c])
					count[o+c]++
				}
			})
			for i := range sum {
				sum[i], most[i] = activate(v.activation, sum[i]/count[i]), activate(v.activation, most[i])
			}
			if op == model.OpMaxPool2D {
				// The limits of an activation lie between two steps.
				g.near(t, out, outs[0], most, 0.51*boolFloat(v.activation != model.NoActivation))
			} else {
				g.near(t, out, outs[0], sum, 0.51)
			}
		}
	})
}

// windowGraph makes a graph with an input image and an output of n channels.
func windowGraph(s shape, v variant, n int) (g *graph, in, out int, conv model.Conv2D) {
	g = newGraph(uint64(s.h*31 + s.w))
	oh, ow, _, _ := s.out()
	in = g.tensor(v.typ, v.in, 1, s.h, s.w, s.c)
	out = g.tensor(v.typ, v.out, 1, oh, ow, n)
	g.Inputs, g.Outputs = []int{in}, []int{out}
	return g, in, out, model.Conv2D{
		Padding: s.padding, StrideH: s.stride, StrideW: s.stride, DilationH: s.dilate, DilationW: s.dilate, Activation: v.activation,
	}
}

// bias adds a bias of n values.
func (g *graph) bias(typ model.Type, n int) int {
	if typ == model.Float32 {
		return g.random(g.tensor(model.Float32, nil, n), 0)
	}
	return g.random(g.tensor(model.Int32, nil, n), 2000)
}

// biases repeats the bias, in real numbers, for each pixel.
func (g *graph) biases(v variant, w, b, size int) []float64 {
	values := g.real(b, g.Tensors[b].Data)
	list := make([]float64, size)
	for i := range list {
		n := i % len(values)
		list[i] = values[n]
		if q := g.Tensors[w].Quant; q != nil {
			list[i] *= float64(v.in.Scale[0]) * float64(q.Scale[min(n, len(q.Scale)-1)])
		}
	}
	return list
}
