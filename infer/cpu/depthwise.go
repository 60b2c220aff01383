package cpu

import (
	"fmt"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// lowerDepthwise makes a DEPTHWISE_CONV_2D, whose output channels see one input channel each; weights are
// [1 height width out].
func lowerDepthwise(l *lowering, n *node) (layer, error) {
	opt, ok := n.options.(model.DepthwiseConv2D)
	if !ok || len(n.inputs) < 2 || n.inputs[1] == nil {
		return nil, fmt.Errorf("no options or no weights")
	}
	in, out, weights := n.inputs[0], n.outputs[0], n.inputs[1]
	if len(weights.Shape) != 4 || weights.Shape[0] != 1 {
		return nil, fmt.Errorf("weights are %v (want [1 height width channels])", weights.Shape)
	}
	g, err := newWindow(in, out, opt.Conv2D, weights.Shape[1], weights.Shape[2])
	if err != nil {
		return nil, err
	}
	outC := weights.Shape[3]
	if out.Shape[3] != outC || outC%g.inC != 0 {
		return nil, fmt.Errorf("input is %v, weights %v, output %v: the channels do not fit", in.Shape, weights.Shape, out.Shape)
	}
	if in.dynamic != nil {
		return newHybridDepthwise(l, n, g, outC, opt.Activation)
	}
	if in.Type == model.Float32 {
		return newDepthwise32(l, n, g, outC, opt.Activation)
	}
	if in.Type == model.Int16 {
		return newDepthwise16(l, n, g, outC, opt.Activation)
	}
	img, err := l.image(in)
	if err != nil {
		return nil, err
	}
	w, err := newWeights8(l, n, outC, 3, conv, opt.Activation)
	if err != nil {
		return nil, err
	}
	if outC > g.inC && g.inC <= denseInputs {
		if c, err := newDense(l, g, img, w); c != nil || err != nil {
			return c, err
		}
	}
	return newDepthwise8(l, n, g, img, w)
}

// newDepthwise8 makes a depthwise convolution of bytes by the first method that fits.
func newDepthwise8(l *lowering, n *node, g *window, img image, w weights8) (layer, error) {
	outC := len(w.bias)
	if err := l.take(2*int64(len(w.bytes)) + 8*int64(outC)); err != nil {
		return nil, err
	}
	if err := l.work(g.effort() * float64(outC/g.inC)); err != nil {
		return nil, err
	}
	out, err := l.bytes(n.outputs[0])
	if err != nil {
		return nil, err
	}
	d := &depthwise8{
		window: g, in: img.data, out: out, weights: make([]int16, len(w.bytes)), bias: w.bias, zero: w.in.zero, result: w.out,
		tap: l.set.Tap,
	}
	for i, x := range w.bytes {
		d.weights[i] = int16(int32(x^w.flip) - w.zero)
	}
	if t, err := newDepthBytes(l, d, img); t != nil || err != nil {
		return t, err
	}
	if t, err := newDepthTiles(l, d); t != nil || err != nil {
		return t, err
	}
	if d.fromSums = l.set.FromSums; d.fromSums != nil {
		d.blocks = kernel.NewSumBlocks(&d.result, kernel.HalfAway)
	}
	l.scratch.grow(need{sums: ceil(outC, kernel.Panel) * kernel.Panel})
	return d, l.take(int64(len(d.blocks)) * kernel.DepthBlockBytes)
}

// denseInputs is the most input channels with which a depthwise convolution of several outputs for each is computed as
// an ordinary one. That has so many times more products, most of them with zero, but by the fastest of kernels.
const denseInputs = 4

// newDense makes a convolution that has no weights between channels that do not belong together, nil where there are no
// kernels for it.
func newDense(l *lowering, g *window, img image, w weights8) (layer, error) {
	outC, taps := len(w.bias), g.h*g.w
	dense := w
	dense.bytes, dense.round = make([]uint8, outC*g.patch()), kernel.HalfAway
	kernel.Fill(dense.bytes, uint8(w.zero)^w.flip)
	for i := range outC {
		c := i / (outC / g.inC)
		for tap := range taps {
			dense.bytes[(i*taps+tap)*g.inC+c] = w.bytes[tap*outC+i]
		}
	}
	if err := l.work(float64(g.pixels()) * float64(g.patch()) * float64(outC)); err != nil {
		return nil, err
	}
	return newTileConv(l, g, img, []weights8{dense})
}

func newDepthwise32(l *lowering, n *node, g *window, outC int, a model.Activation) (layer, error) {
	d := &depthwise32{rows32: newRows32(g), tap: l.set.Tap32}
	var err error
	if d.in, err = l.floats(n.inputs[0].inner()); err != nil {
		return nil, err
	}
	if d.out, err = l.view32(n.outputs[0], outC); err != nil {
		return nil, err
	}
	weights, bias, err := readWeights32(l, n, outC)
	if err != nil {
		return nil, err
	}
	if d.weights, err = l.floats(weights); err != nil {
		return nil, err
	}
	d.begin = bias
	if d.lo, d.hi, err = limits(a); err != nil {
		return nil, err
	}
	if outC == g.inC && g.h*g.w <= mostTaps {
		d.rows32.run = l.set.Depth32
	}
	l.scratch.grow(need{sums32: outC})
	return d, l.work(g.effort() * float64(outC/g.inC))
}

// depthwise8 is a depthwise convolution; a piece is a row of output pixels.
type depthwise8 struct {
	*window
	in, out []uint8
	weights []int16 // less their zero point
	bias    []int32
	zero    int32 // of the input
	result  kernel.Output
	tap     func(acc []int32, x []uint8, w []int16, zero int32)

	fromSums func(*kernel.RawSums) // nil if result does it
	blocks   []kernel.DepthBlock
}

func (d *depthwise8) units() int { return d.outH }

func (d *depthwise8) run(s *scratch, from, to int) {
	n := len(d.bias)
	sums := s.sums[:n]
	for y := from; y < to; y++ {
		for x := range d.outW {
			copy(sums, d.bias)
			d.taps(y, x, func(at, tap int) {
				d.tap(sums, d.in[at:at+d.inC], d.weights[tap*n:(tap+1)*n], d.zero)
			})
			pixel := y*d.outW + x
			d.finish(s, d.out[pixel*n:(pixel+1)*n])
		}
	}
}

// finish makes the bytes of a pixel of its sums.
func (d *depthwise8) finish(s *scratch, dst []uint8) {
	if d.fromSums == nil {
		d.result.HalfAway(dst, s.sums[:len(dst)])
		return
	}
	raw := &s.tiling.rawSums
	for i := range d.blocks {
		at := i * kernel.Panel
		*raw = kernel.RawSums{
			Sums: &s.sums[at], Pitch: 4 * kernel.Panel, Count: 1, Block: &d.blocks[i],
			Dst: &dst[at], Stride: len(dst), Width: min(kernel.Panel, len(dst)-at),
		}
		d.fromSums(raw)
	}
}

// depthwise32 is depthwise8 in float32. Each sum begins with the bias.
type depthwise32 struct {
	rows32
	tap func(acc, x, w []float32)
}

func (d *depthwise32) units() int { return d.outH }

func (d *depthwise32) run(s *scratch, from, to int) {
	if d.rows32.run != nil {
		d.rows(&s.row32, from, to)
		return
	}
	for y := from; y < to; y++ {
		d.plain(s.sums32[:len(d.begin)], y)
	}
}

// plain computes row y tap by tap.
func (d *depthwise32) plain(sums []float32, y int) {
	n := len(sums)
	for x := range d.outW {
		copy(sums, d.begin)
		d.taps(y, x, func(at, tap int) {
			d.tap(sums, d.in[at:at+d.inC], d.weights[tap*n:(tap+1)*n])
		})
		pixel := y*d.outW + x
		kernel.Clamp32s(d.out.data[pixel*d.out.pitch:][:n], sums, d.lo, d.hi)
	}
}
