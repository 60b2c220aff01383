package cpu

import (
	"fmt"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// buildDepthwise makes a DEPTHWISE_CONV_2D, whose output channels see one input channel each; weights are
// [1 height width out].
func buildDepthwise(p *planner, o *model.Operator) (layer, error) {
	opt, ok := o.Options.(model.DepthwiseConv2D)
	if !ok || len(o.Inputs) < 2 || o.Inputs[1] < 0 {
		return nil, fmt.Errorf("no options or no weights")
	}
	in, out, weights := p.tensor(o.Inputs[0]), p.tensor(o.Outputs[0]), p.tensor(o.Inputs[1])
	if len(weights.Shape) != 4 || weights.Shape[0] != 1 {
		return nil, fmt.Errorf("weights are %v (want [1 height width channels])", weights.Shape)
	}
	g, err := newWindow(in, out, opt.Conv2D, weights.Shape[1], weights.Shape[2])
	if err != nil {
		return nil, err
	}
	n := weights.Shape[3]
	if out.Shape[3] != n || n%g.inC != 0 {
		return nil, fmt.Errorf("input is %v, weights %v, output %v: the channels do not fit", in.Shape, weights.Shape, out.Shape)
	}
	if in.Type == model.Float32 {
		return p.depthwise32(o, g, n, opt.Activation)
	}
	p.unpad(g, o.Inputs[0])
	d := &depthwise8{window: g}
	if d.in, err = p.bytes(p.inside(o.Inputs[0])); err != nil {
		return nil, err
	}
	if d.out, err = p.bytes(o.Outputs[0]); err != nil {
		return nil, err
	}
	w, err := p.weights(o, n, 3, conv, opt.Activation)
	if err != nil {
		return nil, err
	}
	if n > g.inC && g.inC <= denseInputs {
		if l, err := p.dense(o, g, w); l != nil || err != nil {
			return l, err
		}
	}
	if err := p.take(2*int64(len(w.bytes)) + 8*int64(n)); err != nil {
		return nil, err
	}
	d.weights = make([]int16, len(w.bytes))
	for i, x := range w.bytes {
		d.weights[i] = int16(int32(x^w.flip) - w.zero)
	}
	d.bias, d.zero, d.result = w.bias, w.in.zero, w.out
	if err := p.work(g.effort() * float64(n/g.inC)); err != nil {
		return nil, err
	}
	if t, err := p.newDepthBytes(d, p.computed(p.inside(o.Inputs[0]))); t != nil || err != nil {
		return t, err
	}
	if t, err := p.newDepthTiles(d); t != nil || err != nil {
		return t, err
	}
	p.need.grow(need{sums: n})
	return d, nil
}

// denseInputs is the most input channels with which a depthwise convolution of several outputs for each is computed as
// an ordinary one. That has so many times more products, most of them with zero, but by the fastest of kernels.
const denseInputs = 4

// dense makes a convolution that has no weights between channels that do not belong together, nil where there are no
// kernels for it.
func (p *planner) dense(o *model.Operator, g *window, w weights8) (layer, error) {
	n, taps := len(w.bias), g.h*g.w
	dense := w
	dense.bytes, dense.round = make([]uint8, n*g.patch()), kernel.HalfAway
	kernel.Fill(dense.bytes, uint8(w.zero)^w.flip)
	for i := range n {
		c := i / (n / g.inC)
		for tap := range taps {
			dense.bytes[(i*taps+tap)*g.inC+c] = w.bytes[tap*n+i]
		}
	}
	in, err := p.bytes(p.inside(o.Inputs[0]))
	if err != nil {
		return nil, err
	}
	if err := p.work(float64(g.pixels()) * float64(g.patch()) * float64(n)); err != nil {
		return nil, err
	}
	c, err := p.newTileConv(g, in, p.computed(p.inside(o.Inputs[0])), []weights8{dense})
	if c == nil || err != nil {
		return nil, err
	}
	return c, nil
}

func (p *planner) depthwise32(o *model.Operator, g *window, n int, a model.Activation) (layer, error) {
	d := &depthwise32{window: g}
	var err error
	if d.in, d.out, err = ends(p.floats, o); err != nil {
		return nil, err
	}
	if d.weights, d.bias, err = p.weights32(o, n); err != nil {
		return nil, err
	}
	if d.lo, d.hi, err = limits(a); err != nil {
		return nil, err
	}
	p.need.grow(need{sums32: n})
	return d, p.work(g.effort() * float64(n/g.inC))
}

// depthwise8 is a depthwise convolution; a piece is a row of output pixels.
type depthwise8 struct {
	*window
	in, out []uint8
	weights []int16 // less their zero point
	bias    []int32
	zero    int32 // of the input
	result  kernel.Output
}

func (d *depthwise8) units() int { return d.outH }

func (d *depthwise8) run(s *scratch, from, to int) {
	n := len(d.bias)
	sums := s.sums[:n]
	for y := from; y < to; y++ {
		for x := range d.outW {
			copy(sums, d.bias)
			d.taps(y, x, func(at, tap int) {
				kernel.DepthwiseTap(sums, d.in[at:at+d.inC], d.weights[tap*n:(tap+1)*n], d.zero)
			})
			pixel := y*d.outW + x
			d.result.HalfAway(d.out[pixel*n:(pixel+1)*n], sums)
		}
	}
}

// depthwise32 is depthwise8 in float32.
type depthwise32 struct {
	*window
	in, out, weights, bias []float32
	lo, hi                 float32
}

func (d *depthwise32) units() int { return d.outH }

func (d *depthwise32) run(s *scratch, from, to int) {
	n := len(d.bias)
	sums := s.sums32[:n]
	for y := from; y < to; y++ {
		for x := range d.outW {
			copy(sums, d.bias)
			d.taps(y, x, func(at, tap int) {
				kernel.DepthwiseTap32(sums, d.in[at:at+d.inC], d.weights[tap*n:(tap+1)*n])
			})
			pixel := y*d.outW + x
			kernel.Clamp32s(d.out[pixel*n:(pixel+1)*n], sums, d.lo, d.hi)
		}
	}
}
