package cpu_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// oddLayer is a graph of one int8 layer of 1x1 weights, whose channels' multipliers have those exponents, from a few to
// none at all (the scale is 0, and so are the weights).
type oddLayer struct {
	*graph
	op        model.Op
	exponents []int
	in, out   *model.Quant
	inC, outC int
	w, b      int // tensors
}

const (
	oddPixels = 40
	noScale   = -1000 // an exponent
	ordinary  = -6
)

func newOddLayer(seed uint64, op model.Op, inC, outC int, outZero int32, exponents []int) *oddLayer {
	l := &oddLayer{graph: newGraph(seed), op: op, inC: inC, outC: outC, in: one(1, -7), out: one(1, outZero)}
	shape, axis := []int{outC, 1, 1, inC}, 0
	switch op {
	case model.OpDepthwiseConv2D:
		shape, axis = []int{1, 1, 1, outC}, 3
	case model.OpFullyConnected:
		shape = []int{outC, inC}
	}
	q := &model.Quant{Axis: axis, ZeroPoint: make([]int32, outC)}
	for c := range outC {
		e := exponents[c%len(exponents)]
		l.exponents = append(l.exponents, e)
		scale := float32(math.Ldexp(0.5+l.r.Float64()/2, e))
		if e == noScale {
			scale = 0
		}
		q.Scale = append(q.Scale, scale)
	}
	in, out := l.tensor(model.Int8, l.in, 1, 1, oddPixels, inC), l.tensor(model.Int8, l.out, 1, 1, oddPixels, outC)
	if op == model.OpFullyConnected {
		l.Tensors[in].Shape, l.Tensors[out].Shape = []int{oddPixels, inC}, []int{oddPixels, outC}
	}
	l.w = l.random(l.tensor(model.Int8, q, shape...), 0)
	l.b = l.random(l.tensor(model.Int32, nil, outC), 1<<20)
	for c, e := range l.exponents {
		// A bias is large where the scale is small: as it is in real networks.
		bias := int32(l.r.Int64N(int64(1)<<min(31, max(1, 6-e))) - int64(1)<<min(30, max(0, 5-e)))
		binary.LittleEndian.PutUint32(l.Tensors[l.b].Data[4*c:], uint32(bias))
		for k := range len(l.Tensors[l.w].Data) / outC {
			if e == noScale {
				l.Tensors[l.w].Data[l.at(c, k)] = 0
			}
		}
	}
	conv := model.Conv2D{StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1}
	options := any(conv)
	switch op {
	case model.OpDepthwiseConv2D:
		options = model.DepthwiseConv2D{Conv2D: conv, Multiplier: 1}
	case model.OpFullyConnected:
		options = model.FullyConnected{}
	}
	l.graph.op(op, options, out, in, l.w, l.b)
	l.Inputs, l.Outputs = []int{in}, []int{out}
	return l
}

// at is where weight k of channel c lies.
func (l *oddLayer) at(c, k int) int {
	if l.op == model.OpDepthwiseConv2D {
		return c
	}
	return c*l.inC + k
}

// want computes the answer to the rule.
func (l *oddLayer) want(in []byte) []byte {
	out := make([]byte, oddPixels*l.outC)
	weights, bias := l.Tensors[l.w].Data, l.Tensors[l.b].Data
	for i := range out {
		p, c := i/l.outC, i%l.outC
		sum := int32(binary.LittleEndian.Uint32(bias[4*c:]))
		if l.op == model.OpDepthwiseConv2D {
			sum += (int32(int8(in[i])) - l.in.ZeroPoint[0]) * int32(int8(weights[c]))
		} else {
			for k := range l.inC {
				sum += (int32(int8(in[p*l.inC+k])) - l.in.ZeroPoint[0]) * int32(int8(weights[l.at(c, k)]))
			}
		}
		m := fixedPoint(float64(l.in.Scale[0]) * float64(l.Tensors[l.w].Quant.Scale[c]) / float64(l.out.Scale[0]))
		v := m.HalfUp(sum)
		if l.op == model.OpDepthwiseConv2D {
			v = m.HalfAway(sum)
		}
		out[i] = byte(int8(min(max(v+l.out.ZeroPoint[0], -128), 127)))
	}
	return out
}

// fixedPoint is TensorFlow Lite's QuantizeMultiplier.
func fixedPoint(real float64) kernel.Multiplier {
	fraction, exponent := math.Frexp(real)
	m := int64(math.Round(fraction * (1 << 31)))
	if m == 1<<31 {
		m, exponent = m/2, exponent+1
	}
	switch {
	case exponent < -31:
		return kernel.Multiplier{}
	case exponent < 0:
		return kernel.Multiplier{M: int32(m), Right: uint8(-exponent)}
	}
	return kernel.Multiplier{M: int32(m), Left: uint8(exponent)}
}

// TestOddScales wants the rule's bytes of channels whose scales are far from ordinary: nearly dead, dead, denormal, and
// above 1.
func TestOddScales(t *testing.T) {
	exponents := []int{ordinary, -22, -23, -24, -25, -26, -28, -30, -31, -32, -40, -130, -140, noScale, 0, 1, 4}
	for _, op := range []model.Op{model.OpConv2D, model.OpDepthwiseConv2D, model.OpFullyConnected} {
		for seed, zero := range []int32{-128, -127, -100, 0, 5, 127} {
			for _, inC := range []int{1, 16, 700} {
				outC := 51
				if op == model.OpDepthwiseConv2D {
					inC = outC
				}
				t.Run(fmt.Sprintf("%v_%d_%d", op, inC, zero), func(t *testing.T) {
					l := newOddLayer(uint64(seed), op, inC, outC, zero, exponents)
					for _, name := range kernel.Names() {
						t.Setenv("INCEPTIOND_KERNELS", name)
						e := l.engine(t, cpu.Options{Threads: 2})
						in, out := make([]byte, e.Input().Bytes()), make([]byte, e.Outputs()[0].Bytes())
						l.fill(model.Int8, in, 0)
						if _, err := e.Run(t.Context(), in, [][]byte{out}); err != nil {
							t.Fatal(err)
						}
						if want := l.want(in); !slices.Equal(out, want) {
							for i := range want {
								if out[i] != want[i] {
									c := i % outC
									t.Fatalf("%s: pixel %d, channel %d of exponent %d: %d (want %d)", name, i/outC, c, l.exponents[c], int8(out[i]), int8(want[i]))
								}
							}
						}
					}
				})
			}
		}
	}
}

// BenchmarkDeadChannel is a layer that is ordinary, or has one channel that is nearly dead.
func BenchmarkDeadChannel(b *testing.B) {
	for _, op := range []model.Op{model.OpConv2D, model.OpDepthwiseConv2D} {
		for _, zero := range []int32{-128, 0} {
			for _, exponent := range []int{ordinary, -23, -25, -30, -40, 0} {
				for _, name := range kernel.Names() {
					b.Run(fmt.Sprintf("%v/zero=%d/exponent=%d/%s", op, zero, exponent, name), func(b *testing.B) {
						list := slices.Repeat([]int{ordinary}, 64)
						list[13] = exponent
						l := newOddLayer(1, op, 64, 64, zero, list)
						l.Tensors[l.Inputs[0]].Shape, l.Tensors[l.Outputs[0]].Shape = []int{1, 28, 28, 64}, []int{1, 28, 28, 64}
						b.Setenv("INCEPTIOND_KERNELS", name)
						e := l.engine(b, cpu.Options{Threads: 1})
						in, outs := make([]byte, e.Input().Bytes()), [][]byte{make([]byte, e.Outputs()[0].Bytes())}
						l.fill(model.Int8, in, 0)
						for b.Loop() {
							if _, err := e.Run(b.Context(), in, outs); err != nil {
								b.Fatal(err)
							}
						}
					})
				}
			}
		}
	}
}
