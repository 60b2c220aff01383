package cpu

import (
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// weights16 is what a layer of int16 with int8 weights is made of.
type weights16 struct {
	in, out []int16
	weights []int8
	zero    int64 // of the weights
	bias    []int64
	result  kernel.Output16
}

// newWeights16 reads what [newWeights8] reads.
func newWeights16(l *lowering, n *node, outC, axis int, k kind, a model.Activation) (w weights16, err error) {
	v := n.inputs[1]
	if v.Data == nil || v.Type != model.Int8 {
		return w, fmt.Errorf("input is int16, weights are %v (want constant int8): %w", v.Type, model.ErrUnsupported)
	}
	in, out, err := n.quants16()
	if err != nil {
		return w, err
	}
	if in.zero != 0 || out.zero != 0 {
		return w, errZero16(in, out)
	}
	list, err := multipliers(v, outC, axis, k, in, out)
	if err != nil {
		return w, err
	}
	if w.in, err = l.int16s(n.inputs[0].inner()); err != nil {
		return w, err
	}
	if w.out, err = l.int16s(n.outputs[0]); err != nil {
		return w, err
	}
	w.weights, w.zero = make([]int8, len(v.Data)), int64(v.Quant.ZeroPoint[0])
	for i, x := range v.Data {
		w.weights[i] = int8(x)
	}
	limits, err := out.output16(a, nil)
	if err != nil {
		return w, err
	}
	w.result = kernel.Output16{Mult: list, Away: k == transposed, Lo: limits.Lo, Hi: limits.Hi}
	if err := w.setBias(n, outC); err != nil {
		return w, err
	}
	return w, l.take(int64(len(w.weights)) + 24*int64(outC))
}

// setBias reads the outC values of the bias, 0 if there is none. One of 64 bits has TensorFlow Lite add and multiply sums of 64 bits,
// and any depthwise convolution does.
func (w *weights16) setBias(n *node, outC int) error {
	w.bias = make([]int64, outC)
	wide := n.op == model.OpDepthwiseConv2D
	if v := n.bias(); v != nil {
		if v.Data == nil || v.Type != model.Int64 && (v.Type != model.Int32 || wide) || v.Elements() != outC {
			return fmt.Errorf("bias is %v %v (want %d constant int64): %w", v.Type, v.Shape, outC, model.ErrUnsupported)
		}
		wide = v.Type == model.Int64
		for i := range w.bias {
			w.bias[i] = v.stored(i)
		}
	}
	if !wide {
		return nil
	}
	for _, m := range w.result.Mult {
		if m.Left > 14 {
			return fmt.Errorf("scales give a factor of 2^%d: %w", m.Left, model.ErrUnsupported)
		}
		w.result.Coarse = append(w.result.Coarse, m.Coarse())
	}
	w.result.Mult = nil
	return nil
}

// newProduct16 makes a product of int16. A piece is a pixel, or a run of columns if there is only one.
func newProduct16(l *lowering, n *node, g *window, outC int, a model.Activation, k kind) (layer, error) {
	if err := workOf(l, g, outC); err != nil {
		return nil, err
	}
	w, err := newWeights16(l, n, outC, 0, k, a)
	if err != nil {
		return nil, err
	}
	p := &product16{window: g, weights16: w, columns: outC}
	if g.pixels() == 1 {
		p.columns = vectorColumns
	}
	if !g.pointwise() {
		l.scratch.grow(need{lines: g.patch()})
	}
	return p, nil
}

type product16 struct {
	*window
	weights16
	columns int // of a piece
}

func (p *product16) units() int { return p.pixels() * ceil(len(p.bias), p.columns) }

func (p *product16) run(s *scratch, from, to int) {
	k, outC := p.patch(), len(p.bias)
	for u := from; u < to; u++ {
		pixel, first := u, 0
		if p.columns < outC {
			pixel, first = 0, u*p.columns
		}
		var patch [1][]int16
		gather(p.window, patch[:], p.in, s.lines, 0, pixel)
		start := int64(0)
		if p.zero != 0 {
			for _, x := range patch[0] {
				start -= p.zero * int64(x)
			}
		}
		for c := first; c < min(first+p.columns, outC); c++ {
			p.out[pixel*outC+c] = p.result.Number(c, start+p.bias[c]+kernel.Dot16(patch[0], p.weights[c*k:(c+1)*k]))
		}
	}
}

// newDepthwise16 makes a depthwise convolution of int16. A piece is a row of output pixels.
func newDepthwise16(l *lowering, n *node, g *window, outC int, a model.Activation) (layer, error) {
	if err := l.work(g.effort() * float64(outC/g.inC)); err != nil {
		return nil, err
	}
	w, err := newWeights16(l, n, outC, 3, conv, a)
	l.scratch.grow(need{sums: outC, sums64: outC})
	return &depthwise16{g, w, g.h*g.w <= shortTaps}, err
}

// shortTaps is how many products of 16 and 8 bits add up to less than 32 bits.
const shortTaps = math.MaxInt32 / (1 << 22)

type depthwise16 struct {
	*window
	weights16
	short bool // sums without the bias have 32 bits
}

func (d *depthwise16) units() int { return d.outH }

func (d *depthwise16) run(s *scratch, from, to int) {
	n := len(d.bias)
	short, long := s.sums[:n], s.sums64[:n]
	for pixel := from * d.outW; pixel < to*d.outW; pixel++ {
		copy(long, d.bias)
		if d.short {
			clear(short)
			d.taps(pixel/d.outW, pixel%d.outW, func(at, tap int) {
				kernel.Tap16(short, d.in[at:at+d.inC], d.weights[tap*n:(tap+1)*n])
			})
			for c, sum := range short {
				long[c] += int64(sum)
			}
		} else {
			d.taps(pixel/d.outW, pixel%d.outW, func(at, tap int) {
				kernel.Tap16(long, d.in[at:at+d.inC], d.weights[tap*n:(tap+1)*n])
			})
		}
		d.result.Numbers(d.out[pixel*n:(pixel+1)*n], long)
	}
}

// pool16 is a maximum or average of int16. A piece is a row of output pixels.
type pool16 struct {
	*window
	in, out []int16
	average bool
	lo, hi  int32
}

func newPool16(l *lowering, n *node, g *window, a model.Activation) (layer, error) {
	p := &pool16{window: g, average: n.op == model.OpAveragePool2D, lo: math.MinInt16, hi: math.MaxInt16}
	var err error
	if p.in, p.out, err = ends(l.int16s, n); err != nil {
		return nil, err
	}
	if a != model.NoActivation {
		q, err := n.outputs[0].scaled()
		if err != nil {
			return nil, err
		}
		limits, err := q.output16(a, nil)
		if err != nil {
			return nil, err
		}
		p.lo, p.hi = limits.Lo, limits.Hi
	}
	l.scratch.grow(need{sums: g.inC})
	return p, nil
}

func (p *pool16) units() int { return p.outH }

func (p *pool16) run(s *scratch, from, to int) {
	for pixel := from * p.outW; pixel < to*p.outW; pixel++ {
		out := p.out[pixel*p.inC : (pixel+1)*p.inC]
		y, x := pixel/p.outW, pixel%p.outW
		if !p.average {
			kernel.Fill(out, int16(p.lo))
			p.taps(y, x, func(at, _ int) { kernel.Greater(out, p.in[at:at+p.inC]) })
			for c, v := range out {
				out[c] = min(v, int16(p.hi))
			}
			continue
		}
		sums, count := s.sums[:p.inC], int32(0)
		kernel.Fill(sums, 0)
		p.taps(y, x, func(at, _ int) {
			kernel.Sum16(sums, p.in[at:at+p.inC])
			count++
		})
		kernel.Average16(out, sums, max(count, 1), p.lo, p.hi)
	}
}
