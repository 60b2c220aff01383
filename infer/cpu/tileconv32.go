package cpu

import (
	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// weights32 is what a float32 layer with weights is made of.
type weights32 struct {
	numbers *value // a constant, as in the model
	bias    []float32
	lo, hi  float32
	out     view32
}

// tileConv32 is one convolution, or several of the same input and window, by a kernel.Tiling32. A piece is a band of output
// rows times a group of panels of output channels.
type tileConv32 struct {
	*bands32
	tiling *kernel.Tiling32
	depths []block32
	panels []panel32
	groups int // of panels, for each band
}

// panel32 is a run of up to kernel.Tiling32.Panel output channels of a convolution.
type panel32 struct {
	weights []float32 // of all columns for each product in turn; 0 for columns that are none
	bias    []float32
	width   int // columns
	out     view32
	lo, hi  float32
}

// newTileConv32 makes one layer of convolutions, nil where this method does not fit.
func newTileConv32(l *lowering, g *window, in []float32, convs []weights32) (layer, error) {
	if l.set.Tiling32 == nil {
		return nil, nil
	}
	b := newBands32(l, g, in)
	if b == nil {
		return nil, nil
	}
	c := &tileConv32{bands32: b, tiling: l.set.Tiling32, depths: b.blocks(), groups: 1}
	columns, packed := make([]float32, c.tiling.Panel*g.patch()), 0
	for i := range convs {
		w := &convs[i]
		for first := 0; first < len(w.bias); first += c.tiling.Panel {
			p := c.newPanel(l, w, first, columns)
			c.panels, packed = append(c.panels, p), packed+len(p.weights)+len(p.bias)
		}
	}
	if l.threads > 1 {
		c.groups = min(len(c.panels), ceil(lastChunks*unitsPerThread*l.threads, b.count()))
	}
	l.scratch.grow(need{sums32: len(b.at) * c.tiling.Panel})
	return c, l.take(4 * int64(packed+len(b.at)))
}

// newPanel arranges the weights of a panel, by way of memory for its columns.
func (c *tileConv32) newPanel(l *lowering, w *weights32, first int, from []float32) panel32 {
	width := min(c.tiling.Panel, len(w.bias)-first)
	k, columns := c.patch(), c.tiling.Columns(width)
	p := panel32{
		weights: l.packed.numbers(k * columns), bias: make([]float32, columns), width: width,
		out: w.out.from(first), lo: w.lo, hi: w.hi,
	}
	copy(p.bias, w.bias[first:])
	w.numbers.read(from[:p.width*k], first*k)
	for i := range k {
		row := p.weights[i*columns:][:p.width]
		for c := range row {
			row[c] = from[c*k+i]
		}
	}
	return p
}

func (c *tileConv32) units() int { return c.count() * c.groups }

func (c *tileConv32) run(s *scratch, from, to int) {
	for u := from; u < to; u++ {
		y := u / c.groups * c.rows
		rows := min(c.rows, c.outH-y)
		if b := &s.band32; !b.ready || b.y != y {
			*b = bandRun32{ready: true, y: y, lines: c.lines(s.lines32, y, rows)}
		}
		group := u % c.groups
		for i := group * len(c.panels) / c.groups; i < (group+1)*len(c.panels)/c.groups; i++ {
			c.panel(s, &c.panels[i], y*c.outW, rows*c.outW)
		}
	}
}

// bandRun32 is a band that a goroutine has in its scratch.
type bandRun32 struct {
	ready bool // false for every new job
	y     int
	lines []float32
}

// panel computes a panel of a band: count pixels from first on. Where kernels write whole panels, what one that is not makes of
// its columns takes the place of their sums, and goes on from there.
func (c *tileConv32) panel(s *scratch, p *panel32, first, count int) {
	columns, sums := c.tiling.Columns(p.width), s.sums32
	whole := p.width == columns || c.tiling.Partial
	for i := range c.depths {
		b := &c.depths[i]
		t := &s.tiles32
		*t = kernel.Tiles32{
			Lines: &s.band32.lines[0], Pieces: &b.pieces[0], Many: len(b.pieces), Width: p.width,
			Panel: &p.weights[b.from*columns], Stride: 4 * p.out.pitch, Lo: p.lo, Hi: p.hi,
		}
		if !whole {
			t.Stride = 4 * columns
		}
		if i > 0 {
			t.Begun = 1
		}
		if i == len(c.depths)-1 {
			t.Bias = &p.bias[0]
		}
		most := max(1, c.tiling.Products/(b.depth*columns*c.tiling.Pixels)) * c.tiling.Pixels
		for at := 0; at < count; at += t.Count {
			t.At, t.Sums, t.Dst = &c.at[at], &sums[at*columns], &sums[at*columns]
			if whole {
				t.Dst = &p.out.data[(first+at)*p.out.pitch]
			}
			t.Count = min(most, count-at)
			c.tiling.Run(t)
		}
	}
	if !whole {
		for i := range count {
			copy(p.out.data[(first+i)*p.out.pitch:], sums[i*columns:][:p.width])
		}
	}
}

// newWeights32 is what a layer with outC outputs is made of.
func newWeights32(l *lowering, n *node, outC int, a model.Activation) (w weights32, err error) {
	if w.numbers, w.bias, err = readWeights32(l, n, outC); err != nil {
		return w, err
	}
	if w.lo, w.hi, err = limits(a); err != nil {
		return w, err
	}
	w.out, err = l.view32(n.outputs[0], outC)
	return w, err
}

// convOperands32 is what a float32 CONV_2D is made of.
func convOperands32(l *lowering, n *node) (*window, weights32, error) {
	g, outC, err := convWindow(n)
	if err == nil {
		err = workOf(l, g, outC)
	}
	if err != nil {
		return nil, weights32{}, err
	}
	w, err := newWeights32(l, n, outC, n.options.(model.Conv2D).Activation)
	return g, w, err
}
