package cpu

import (
	"slices"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
)

// tileConv is one convolution, or several of the same input and window, by a kernel.Tiling. A piece is a band of output
// rows times a group of panels of output channels.
type tileConv struct {
	*bands
	convs  []tileOutput
	panels []panel
	groups int  // of panels, for each band
	sums   bool // some convolution wants the sums of what its pixels see

	fromRaw func(*kernel.RawSums) // nil if [kernel.Output.FromSums] does it
}

// tileOutput is what one of the convolutions makes of its sums.
type tileOutput struct {
	out    view
	result kernel.Output // for sums that blocks cannot express
	round  kernel.Rounding
	start  int32       // what each input adds to a sum beside its products
	hybrid *hybridSums // if not nil, makes float32 of sums instead
}

// panel is a run of up to kernel.Tiling.Panel output channels of a convolution.
type panel struct {
	conv, first int
	columns     kernel.Columns
	weights     []uint8 // as kernel.Packer arranges them
	blocks      []kernel.Block
	raw         bool                // the sums are requantized afterwards
	sums        []kernel.DepthBlock // how, unless plain Go does it
	starts      bool                // pixels begin with something
}

// maxDepth bounds the products of one output, and so the time of a call that cannot be interrupted.
const maxDepth = 1 << 15

// quickPatch is the largest patch for which it is worth the time that loading takes to look for a [kernel.Quick]: of larger ones,
// products take nearly all the time of a run.
const quickPatch = 1024

// maxAhead bounds how far ahead weights are fetched, in bytes: they are to stay in a second-level cache beside what a band needs.
const maxAhead = 1 << 18

// rawPixels is how many pixels a band has at most whose sums mostly become bytes afterwards: they are to stay in a near cache.
const rawPixels = 256

// newTileConv makes one layer of convolutions, nil where this method does not fit: large or spread windows.
func newTileConv(l *lowering, g *window, img image, convs []weights8) (layer, error) {
	k := l.set.Tiling
	if k == nil || g.spread() || g.patch() > maxDepth {
		return nil, nil
	}
	how := lining{element: k.Element, line: k.Line}
	if k.Signed {
		how.flip = 0x80
	}
	if convs[0].round != kernel.HalfUp {
		how.most = rawPixels
	}
	b := newBands(l, g, img, uint8(convs[0].in.zero), fewestPixels(l.threads, g, convs), how)
	if b == nil {
		return nil, nil
	}
	b.arrange(k)
	if h := convs[0].hybrid; h != nil {
		b.moving = h.input
	}
	c := &tileConv{bands: b, groups: 1, fromRaw: l.set.FromSums}
	for i := range convs {
		if err := c.add(l, &convs[i]); err != nil {
			return nil, err
		}
	}
	if l.threads > 1 {
		c.groups = min(len(c.panels), ceil(lastChunks*unitsPerThread*l.threads, b.count()))
	}
	l.scratch.grow(need{tiling: c.need()})
	return c, l.take(16 * int64(c.outH*c.outW)) // for lists of tiles, at most
}

// fewestPixels is how many a band has at least, of several threads. Where tensors are larger than weights, each thread is to have
// rows, which mostly are those that it has computed of the input; else the bands are so few that weights are read seldom.
func fewestPixels(threads int, g *window, convs []weights8) int {
	weights, tensors := 0, g.inH*g.inW*g.inC
	for i := range convs {
		weights += len(convs[i].bytes)
		tensors += g.pixels() * len(convs[i].bias)
	}
	if weights > tensors {
		return bandPixels
	}
	return min(bandPixels, ceil(g.outH, threads)*g.outW)
}

// need is the working memory for a band, besides its lines.
func (c *tileConv) need() tilingNeed {
	pixels := c.rows * c.outW
	n := tilingNeed{starts: pixels}
	if c.sums {
		n.pixels, n.column, n.sums = c.inRows()*c.size/c.inC, c.size/c.inC, pixels
	}
	if slices.ContainsFunc(c.panels, func(l panel) bool { return l.raw }) {
		n.raw = pixels * c.tiling.Panel
	}
	return n
}

// add adds a convolution with its panels.
func (c *tileConv) add(l *lowering, w *weights8) error {
	outC := len(w.bias)
	conv := tileOutput{out: w.view, result: w.out, round: w.round, hybrid: w.hybrid}
	zero := w.in.zero
	if c.tiling.Signed {
		zero -= 128
	}
	bias := w.bias
	if w.hybrid == nil {
		bias = w.sumBias(c.patch(), outC, zero)
	}
	if c.tiling.Sums {
		conv.start = 128 - w.zero
	}
	for first := 0; first < outC; first += c.tiling.Panel {
		p := c.newPanel(w, bias, first, min(c.tiling.Panel, outC-first))
		weights := l.packer.Pack(c.tiling, &p.columns)
		p.columns.Weights = nil
		size := int64(len(weights)) + int64(len(p.blocks))*kernel.BlockBytes + int64(len(p.sums))*kernel.DepthBlockBytes
		if err := l.take(size); err != nil {
			return err
		}
		p.weights = l.packed.keep(weights)
		c.panels = append(c.panels, p)
	}
	c.convs = append(c.convs, conv)
	return nil
}

// newPanel makes a panel of width output channels from first on, of the convolution that is added next.
func (c *tileConv) newPanel(w *weights8, bias []int32, first, width int) panel {
	out := w.out.Slice(first, width)
	p := panel{conv: len(c.convs), first: first}
	var quicks []kernel.Quick
	if c.tiling.Quick && w.hybrid == nil && c.patch() <= quickPatch {
		quicks = out.Quicks(w.round, w.most(c.patch(), first, width), func(i int) (lo, hi int64) { return w.sums(first+i, 0) })
	}
	p.raw = quicks == nil && (!out.Plain() || !out.Rounds(w.round, kernel.HalfUp) || w.hybrid != nil)
	p.columns = kernel.Columns{
		Weights: w.bytes[first*c.patch() : (first+width)*c.patch()], Flip: w.flip, Segments: c.h, Segment: c.w * c.inC,
		Pitch: c.size, Width: width, Vectors: ceil(width, kernel.Panel), Zero: w.zero,
	}
	if c.tiling.Sums && !p.columns.Fits() {
		p.columns.Zero, p.starts, c.sums = 128, true, true
	}
	if p.raw && w.hybrid == nil && c.fromRaw != nil {
		p.sums = kernel.NewSumBlocks(out, w.round)
	}
	p.columns.Apart = c.tiling.Pairs && p.columns.Clashes(c.tiling.Step)
	for at := first; at < first+width; at += kernel.Panel {
		end, o := min(at+kernel.Panel, first+width), w.out
		o.Mult = w.out.Mult[at:end]
		block := kernel.NewBlock(bias[at:end], o)
		if quicks != nil {
			block.Quicken(quicks[at-first : end-first])
		}
		p.blocks = append(p.blocks, block)
	}
	return p
}

func (c *tileConv) units() int { return c.count() * c.groups }

func (c *tileConv) run(s *scratch, from, to int) {
	b := &s.tiling.band
	for u := from; u < to; u++ {
		if i := u / c.groups; !b.ready || b.number != i {
			*b = c.begin(&s.tiling, i)
		}
		group := u % c.groups
		for i := group * len(c.panels) / c.groups; i < (group+1)*len(c.panels)/c.groups; i++ {
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
	conv    int // whose starts are in the scratch, or -1
}

// begin prepares band number i.
func (c *tileConv) begin(s *tilingScratch, i int) bandRun {
	b := bandRun{ready: true, number: i, conv: -1}
	b.y, b.rows, b.tiles = c.band(i)
	b.lines = c.lines(s.lines, b.y, b.rows)
	if c.sums {
		c.sumPixels(s, b.lines, b.rows)
	}
	return b
}

// panel computes a panel of a band.
func (c *tileConv) panel(s *tilingScratch, b *bandRun, l *panel) {
	conv := &c.convs[l.conv]
	first, count := b.y*c.outW, b.rows*c.outW
	t := &s.args
	*t = kernel.Tiles{
		Lines: &b.lines[0], Spacing: c.step, Panel: &l.weights[0], Block: &l.blocks[0], Ahead: len(l.weights),
	}
	if !c.tiling.Bare {
		t.Starts = &s.zeros[0]
	}
	c.tiling.Describe(t, &l.columns)
	if l.starts {
		if b.conv != l.conv {
			b.conv = l.conv
			kernel.Scale(s.starts[:count], s.sums, conv.start)
		}
		t.Starts = &s.starts[0]
	}
	if h := conv.hybrid; h != nil {
		t.Raw, t.Dst = &s.raw[0], &b.lines[0] // nothing is written to the latter
		c.tiles(t, b)
		h.store(first, count, l.first, l.columns.Width, s.raw, l.columns.Vectors*kernel.Panel, c.tiling.Signed)
		return
	}
	out := conv.out.from(l.first)
	t.Dst, t.Stride = &out.data[first*out.pitch], out.pitch
	if l.raw {
		t.Raw = &s.raw[0]
	} else if c.tiling.Maps {
		t.Table = out.table
	}
	c.tiles(t, b)
	if l.raw {
		c.fromSums(s, l, out.data[first*out.pitch:], out.pitch, count)
	}
	if t.Table == nil {
		out.translate(first, count, l.columns.Width)
	}
}

// fromSums makes bytes of the sums of a panel's pixels.
func (c *tileConv) fromSums(s *tilingScratch, l *panel, dst []uint8, pitch, count int) {
	conv := &c.convs[l.conv]
	if l.sums == nil {
		conv.result.Slice(l.first, l.columns.Width).FromSums(dst, pitch, s.raw, count, conv.round)
		return
	}
	for i := range l.sums {
		at := i * kernel.Panel
		s.rawSums = kernel.RawSums{
			Sums: &s.raw[at], Pitch: 4 * l.columns.Vectors * kernel.Panel, Count: count, Block: &l.sums[i],
			Dst: &dst[at], Stride: pitch, Width: min(kernel.Panel, l.columns.Width-at),
		}
		c.fromRaw(&s.rawSums)
	}
}

// tiles computes all tiles of a band.
func (c *tileConv) tiles(t *kernel.Tiles, b *bandRun) {
	for _, list := range b.tiles {
		c.call(t, list)
	}
}

// call computes tiles of one size, in calls that are not too long.
func (c *tileConv) call(t *kernel.Tiles, list kernel.TileList) {
	t.Pixels = list.Pixels
	maxTiles := max(1, c.tiling.Products/(list.Pixels*c.tiling.Panel*c.patch()))
	for tiles := list.Tiles; len(tiles) > 0; tiles = tiles[t.Count:] {
		t.List, t.Count = &tiles[0], min(maxTiles, len(tiles))
		t.Ahead = min(t.Ahead, maxAhead)
		c.tiling.Run(t)
	}
}
