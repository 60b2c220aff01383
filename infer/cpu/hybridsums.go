package cpu

import (
	"fmt"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// hybridSums is the output of a layer of int8 weights on dynamic input, and how its sums become that.
type hybridSums struct {
	kernel.Hybrid
	input *dynamic
	out   view32
}

// store makes numbers of the sums of count pixels, width apart, of n channels from channel on.
func (h *hybridSums) store(pixel, count, channel, n int, raw []int32, width int, signed bool) {
	d := &h.input.rows[0]
	zero := d.Zero
	if signed {
		zero -= 128
	}
	h.FromSums(h.out.data[pixel*h.out.pitch+channel:], h.out.pitch, raw, width, count, channel, n, zero, d)
}

// newHybridWeights reads the weights of a layer with outC outputs along dimension axis of them, and its bias.
func newHybridWeights(l *lowering, n *node, outC, axis int, a model.Activation) (weights8, error) {
	v := n.inputs[1].root()
	q := v.Quant
	if len(q.Scale) != 1 && (len(q.Scale) != outC || q.Axis != axis) || v.Elements()%outC != 0 {
		return weights8{}, fmt.Errorf("weights %q %v have no scale for each of %d outputs: %w", v.Name, v.Shape, outC, model.ErrUnsupported)
	}
	out, err := l.view32(n.outputs[0], outC)
	if err != nil {
		return weights8{}, err
	}
	bias, err := bias32(l, n, outC)
	if err != nil {
		return weights8{}, err
	}
	h := &hybridSums{Hybrid: kernel.Hybrid{Bias: bias, Scales: make([]float32, outC), Sums: make([]int32, outC)}, input: n.inputs[0].dynamic, out: out}
	if h.Lo, h.Hi, err = limits(a); err != nil {
		return weights8{}, err
	}
	w := weights8{
		bytes: v.Data, flip: 0x80, zero: 128, bias: make([]int32, outC), in: quant{zero: 128},
		out: kernel.Output{Mult: make([]kernel.Multiplier, outC)}, hybrid: h,
	}
	for c := range outC {
		h.Scales[c] = q.Scale[min(c, len(q.Scale)-1)]
		for x := range w.channel(c, axis) {
			h.Sums[c] += int32(int8(x))
		}
	}
	return w, l.take(20 * int64(outC))
}

// newHybridProduct makes the matrix product behind a convolution or fully connected layer.
func newHybridProduct(l *lowering, n *node, g *window, outC int, a model.Activation) (layer, error) {
	if err := workOf(l, g, outC); err != nil {
		return nil, err
	}
	w, err := newHybridWeights(l, n, outC, 0, a)
	if err != nil {
		return nil, err
	}
	if len(w.bytes) != outC*g.patch() {
		return nil, fmt.Errorf("%d weights (want %d)", len(w.bytes), outC*g.patch())
	}
	img, err := l.image(n.inputs[0])
	if err != nil {
		return nil, err
	}
	if n.op != model.OpFullyConnected {
		if c, err := newTileConv(l, g, img, []weights8{w}); c != nil || err != nil {
			return c, err
		}
	} else if len(w.hybrid.input.rows) != g.pixels() {
		return nil, fmt.Errorf("%d rows of input (want %d)", len(w.hybrid.input.rows), g.pixels())
	}
	p := &hybridProduct{window: g, in: img.data, sums: w.hybrid, weights: w.own(), dot: l.set.Dot, columns: outC}
	if g.pixels() == 1 {
		p.columns = vectorColumns
	}
	l.scratch.grow(need{sums: p.columns})
	if !g.pointwise() {
		l.scratch.grow(need{patch: g.patch()})
	}
	return p, l.take(int64(len(w.bytes)))
}

// hybridProduct is a product of patches, each gathered and then multiplied. A piece is a pixel, or a run of columns if
// there is only one.
type hybridProduct struct {
	*window
	in      []uint8
	sums    *hybridSums
	weights []uint8 // as the engine's bytes
	dot     func(a, w []uint8) int32
	columns int // of a piece
}

func (p *hybridProduct) units() int { return p.pixels() * ceil(len(p.sums.Bias), p.columns) }

func (p *hybridProduct) run(s *scratch, from, to int) {
	k, outC := p.patch(), len(p.sums.Bias)
	for u := from; u < to; u++ {
		pixel, first := u, 0
		if p.columns < outC {
			pixel, first = 0, u*p.columns
		}
		d := &p.sums.input.rows[min(pixel, len(p.sums.input.rows)-1)]
		gather(p.window, s.patches[:1], p.in, s.patch, uint8(d.Zero), pixel)
		row, total := s.patches[0], int32(0)
		for _, x := range row {
			total += int32(x)
		}
		end := min(first+p.columns, outC)
		for c := first; c < end; c++ {
			s.sums[c-first] = p.dot(row, p.weights[c*k:(c+1)*k]) - 128*total
		}
		p.sums.FromSums(p.sums.out.data[pixel*p.sums.out.pitch+first:], p.sums.out.pitch, s.sums, outC, 1, first, end-first, d.Zero, d)
	}
}

// newHybridDepthwise makes a depthwise convolution.
func newHybridDepthwise(l *lowering, n *node, g *window, outC int, a model.Activation) (layer, error) {
	if err := l.work(g.effort() * float64(outC/g.inC)); err != nil {
		return nil, err
	}
	w, err := newHybridWeights(l, n, outC, 3, a)
	if err != nil {
		return nil, err
	}
	in, err := l.bytes(n.inputs[0])
	if err != nil {
		return nil, err
	}
	w.hybrid.Apart = true
	d := &hybridDepthwise{window: g, in: in, sums: w.hybrid, weights: make([]int16, len(w.bytes)), tap: l.set.Tap}
	for i, x := range w.bytes {
		d.weights[i] = int16(int8(x))
	}
	l.scratch.grow(need{sums: outC})
	return d, l.take(2 * int64(len(w.bytes)))
}

// hybridDepthwise is a depthwise convolution; a piece is a row of output pixels.
type hybridDepthwise struct {
	*window
	in      []uint8
	sums    *hybridSums
	weights []int16
	tap     func(acc []int32, x []uint8, w []int16, zero int32)
}

func (d *hybridDepthwise) units() int { return d.outH }

func (d *hybridDepthwise) run(s *scratch, from, to int) {
	outC, how := len(d.sums.Bias), &d.sums.input.rows[0]
	sums := s.sums[:outC]
	for y := from; y < to; y++ {
		for x := range d.outW {
			clear(sums)
			d.taps(y, x, func(at, tap int) {
				d.tap(sums, d.in[at:at+d.inC], d.weights[tap*outC:(tap+1)*outC], how.Zero)
			})
			pixel := y*d.outW + x
			d.sums.FromSums(d.sums.out.data[pixel*outC:], outC, sums, outC, 1, 0, outC, 0, how)
		}
	}
}
