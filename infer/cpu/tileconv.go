package cpu

import (
	"slices"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
)

// tileConv is one convolution, or several of the same input and window, by a kernel.Tiling. A piece is a band of output
// rows times a run of panels of output channels.
type tileConv struct {
	*bands
	parts  []tilePart
	panels []panel
	runs   int  // of panels, for each band
	sums   bool // some part wants the sums of what its pixels see
}

// tilePart is one of the convolutions.
type tilePart struct {
	out    view
	result kernel.Output // for sums that blocks cannot express
	round  kernel.Rounding
	start  int32 // what each input adds to a sum beside its products
}

// panel is a run of up to kernel.Tiling.Panel output channels of a part.
type panel struct {
	part, first int
	columns     kernel.Columns
	weights     []uint8 // as kernel.Tiling.Pack arranges them; nil if that is done at each run
	blocks      []kernel.Block
	raw         bool // the sums are turned into bytes afterwards
	starts      bool // pixels begin with something
}

const (
	// keepPixels is the number of output pixels from which on layers keep weights that are packed in twice their size:
	// these layers come first and have few.
	keepPixels = 512
	// maxDepth bounds the products of one output, and so the time of a call that cannot be interrupted.
	maxDepth = 1 << 15
)

// newTileConv makes one layer of convolutions, nil where this method does not fit: large or spread windows.
func (p *planner) newTileConv(g *window, in []uint8, arena bool, convs []weights8) (*tileConv, error) {
	k := p.set.Tiling
	if k == nil || g.patch() > maxDepth {
		return nil, nil
	}
	l := lining{element: k.Element, line: k.Line, wide: k.Wide}
	if k.Signed {
		l.flip = 0x80
	}
	b := p.newBands(g, in, uint8(convs[0].in.zero), arena, bandPixels, l)
	if b == nil {
		return nil, nil
	}
	b.arrange(k)
	c := &tileConv{bands: b}
	for i := range convs {
		if err := p.addPart(c, &convs[i]); err != nil {
			return nil, err
		}
	}
	c.runs = 1
	if n := c.bands.bands(); p.threads > 1 {
		c.runs = min(len(c.panels), ceil(unitsPerThread*p.threads, n))
	}
	p.need.grow(need{tiling: c.need()})
	return c, p.take(16 * int64(c.outH*c.outW)) // for lists of tiles, at most
}

// need is the working memory for a band, besides its lines.
func (c *tileConv) need() tilingNeed {
	pixels := c.rows * c.outW
	n := tilingNeed{starts: pixels}
	if c.sums {
		n.pixels, n.column, n.sums = c.count()*c.size/c.inC, c.size/c.inC, pixels
	}
	if slices.ContainsFunc(c.panels, func(l panel) bool { return l.raw }) {
		n.raw = pixels * c.tiling.Panel
	}
	return n
}

// addPart adds one convolution's panels.
func (p *planner) addPart(c *tileConv, w *weights8) error {
	n := len(w.bias)
	part := tilePart{out: w.view, result: w.out, round: w.round}
	zero := w.in.zero
	if c.tiling.Signed {
		zero -= 128
	}
	bias := w.sumBias(c.patch(), n, zero)
	if c.tiling.Sums {
		part.start = 128 - w.zero
	}
	for first := 0; first < n; first += c.tiling.Panel {
		width := min(c.tiling.Panel, n-first)
		l := panel{part: len(c.parts), first: first, raw: !w.out.Plain() || w.round != kernel.HalfUp}
		l.columns = kernel.Columns{
			Weights: w.bytes[first*c.patch() : (first+width)*c.patch()], Flip: w.flip, Segments: c.h, Segment: c.w * c.inC,
			Width: width, Vectors: ceil(width, kernel.Panel), Zero: w.zero,
		}
		if c.tiling.Sums && !l.columns.Fits() {
			l.columns.Zero, l.starts, c.sums = 128, true, true
		}
		l.columns.Apart = c.tiling.Pairs && l.columns.Clashes(c.tiling.Step)
		for at := first; at < first+width; at += kernel.Panel {
			end, o := min(at+kernel.Panel, first+width), w.out
			o.Mult = w.out.Mult[at:end]
			l.blocks = append(l.blocks, kernel.NewBlock(bias[at:end], o))
		}
		if err := p.pack(c, &l); err != nil {
			return err
		}
		c.panels = append(c.panels, l)
	}
	c.parts = append(c.parts, part)
	return p.take(int64(ceil(n, kernel.Panel)) * kernel.BlockBytes)
}

// pack arranges the weights of a panel, or prepares for doing so at each run.
func (p *planner) pack(c *tileConv, l *panel) error {
	size := c.tiling.PanelBytes(l.columns)
	if c.tiling.Wide && c.pixels() < keepPixels {
		p.need.grow(need{tiling: tilingNeed{panel: size}})
		own := make([]uint8, len(l.columns.Weights))
		flipCopy(own, l.columns.Weights, l.columns.Flip)
		l.columns.Weights, l.columns.Flip = own, 0
		return p.take(int64(len(own)))
	}
	if err := p.take(int64(size)); err != nil {
		return err
	}
	l.weights = aligned(size)
	c.tiling.Pack(l.weights, l.columns)
	l.columns.Weights = nil
	return nil
}

func (c *tileConv) units() int { return c.bands.bands() * c.runs }

func (c *tileConv) run(s *scratch, from, to int) {
	b := &s.tiling.band
	for u := from; u < to; u++ {
		if i := u / c.runs; !b.ready || b.number != i {
			*b = c.begin(&s.tiling, i)
		}
		run := u % c.runs
		for i := run * len(c.panels) / c.runs; i < (run+1)*len(c.panels)/c.runs; i++ {
			c.panel(&s.tiling, b, &c.panels[i])
		}
	}
}

// bandRun is a band that a goroutine has in its scratch.
type bandRun struct {
	ready   bool // false for every new job
	number  int
	y, rows int
	tiles   []kernel.TileList
	lines   []uint8
	part    int // whose starts are in the scratch, or -1
}

// begin prepares band number i.
func (c *tileConv) begin(s *tilingScratch, i int) bandRun {
	b := bandRun{ready: true, number: i, part: -1}
	b.y, b.rows, b.tiles = c.band(i)
	b.lines = c.lines(s.lines, b.y, b.rows)
	if c.sums {
		c.sumPixels(s, b.lines, b.rows)
	}
	return b
}

// panel computes a panel of a band.
func (c *tileConv) panel(s *tilingScratch, b *bandRun, l *panel) {
	part := &c.parts[l.part]
	first, count := b.y*c.outW, b.rows*c.outW
	out := part.out.from(l.first)
	t := &s.args
	*t = kernel.Tiles{
		Lines: &b.lines[0], Spacing: c.step, Vectors: l.columns.Vectors,
		Segments: c.h, Steps: c.tiling.Steps(c.w * c.inC), Block: &l.blocks[0], Starts: &s.zeros[0],
		Dst: &out.data[first*out.pitch], Stride: out.pitch, Width: l.columns.Width,
	}
	t.Skip = (c.size - t.Steps*c.tiling.Step) * c.tiling.Element
	t.Singles = l.columns.Singles(t.Steps)
	if l.weights != nil {
		t.Panel = &l.weights[0]
	} else {
		c.tiling.Pack(s.panel, l.columns)
		t.Panel = &s.panel[0]
	}
	if l.starts {
		if b.part != l.part {
			b.part = l.part
			kernel.Scale(s.starts[:count], s.sums, part.start)
		}
		t.Starts = &s.starts[0]
	}
	if l.raw {
		t.Raw = &s.raw[0]
	} else if c.tiling.Maps {
		t.Table = out.table
	}
	for _, list := range b.tiles {
		c.call(t, list)
	}
	if l.raw {
		part.result.Slice(l.first, l.columns.Width).FromSums(out.data[first*out.pitch:], out.pitch, s.raw, count, part.round)
	}
	if t.Table == nil {
		out.translate(first, count, l.columns.Width)
	}
}

// call computes tiles of one size, in calls that are not too long.
func (c *tileConv) call(t *kernel.Tiles, list kernel.TileList) {
	t.Pixels = list.Pixels
	most := max(1, c.tiling.Products/(list.Pixels*c.tiling.Panel*c.patch()))
	for tiles := list.Tiles; len(tiles) > 0; tiles = tiles[t.Count:] {
		t.List, t.Count = &tiles[0], min(most, len(tiles))
		c.tiling.Run(t)
	}
}
