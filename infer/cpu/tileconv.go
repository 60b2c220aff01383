package cpu

import "github.com/inceptiond/inceptiond/infer/cpu/kernel"

// tileConv is a convolution by 16-bit products. A piece is a block of output rows times a run of panels of output
// channels: it widens the input rows that it needs into lines, with their border, and then, panel by panel, the weights,
// unless they were widened when the engine was made.
type tileConv struct {
	*lines
	out     []uint8
	n       int // output channels
	weights []uint8
	zero    int32 // of the weights
	blocks  []kernel.Block
	kept    []int16 // all panels, or nil
	offsets []int   // in bytes, of the output pixels of a block of rows in the lines
	runs    int     // of panels, for each block of rows
}

const (
	// blockPixels is the least number of output pixels that widened weights should serve.
	blockPixels = 192
	// keepPixels is the number of output pixels from which on layers keep their widened weights: these layers come first
	// and have few.
	keepPixels = 512
	// maxDepth bounds the products of one output, and so the time of a call that cannot be interrupted; callProducts is
	// about how many a call makes, for 20 to 100 µs.
	maxDepth     = 1 << 15
	callProducts = 1 << 22
)

// newTileConv makes a convolution with n outputs, nil where this method does not fit: large or spread windows.
func (p *planner) newTileConv(g *window, in, out []uint8, n int, w weights8) (layer, error) {
	if p.set.Tiles == nil || g.patch() > maxDepth {
		return nil, nil
	}
	l := p.newLines(g, in, uint8(w.in.zero), ceil(blockPixels, g.outW))
	if l == nil {
		return nil, nil
	}
	c := &tileConv{lines: l, out: out, n: n, weights: w.bytes, zero: w.zero}
	panels := ceil(n, kernel.Panel)
	c.runs = 1
	if bands := ceil(g.outH, c.rows); bands < 4*p.threads && p.threads > 1 {
		c.runs = min(panels, ceil(4*p.threads, bands))
	}
	c.blocks = kernel.NewBlocks(g.patch(), n, w.bytes, w.bias, w.in.zero, w.zero, w.out)
	for i := range c.rows * g.outW {
		c.offsets = append(c.offsets, 2*(i/g.outW*g.strideH*c.size+i%g.outW*g.strideW*g.inC))
	}
	c.offsets = append(c.offsets, make([]int, kernel.SlackOffsets)...)
	size := c.panelSize()
	if g.pixels() < keepPixels {
		p.need.grow(need{panel: size})
	} else {
		if err := p.take(2 * int64(panels) * int64(size)); err != nil {
			return nil, err
		}
		c.kept = make([]int16, panels*size)
		for i := range panels {
			c.widen(c.kept[i*size:(i+1)*size], i)
		}
	}
	return c, p.take(int64(panels)*kernel.BlockBytes + 8*int64(len(c.offsets)))
}

func (c *tileConv) panelSize() int { return kernel.PanelSize(c.h, c.w*c.inC) }

// widen puts panel number i into dst.
func (c *tileConv) widen(dst []int16, i int) {
	k := c.patch()
	c.set.Columns(dst, kernel.Columns{
		Weights: c.weights[i*kernel.Panel*k:], Pitch: k, Segments: c.h, Segment: c.w * c.inC,
		Width: min(kernel.Panel, c.n-i*kernel.Panel), Zero: c.zero,
	})
}

func (c *tileConv) units() int { return ceil(c.outH, c.rows) * c.runs }

func (c *tileConv) run(s *scratch, from, to int) {
	panels := len(c.blocks)
	for u := from; u < to; u++ {
		y, run := u/c.runs*c.rows, u%c.runs
		if u == from || run == 0 {
			c.fill(s.lines, y)
		}
		for i := run * panels / c.runs; i < (run+1)*panels/c.runs; i++ {
			c.panel(s, i, y, min(c.rows, c.outH-y))
		}
	}
}

// panel computes panel number i of the output rows y … y+rows-1.
func (c *tileConv) panel(s *scratch, i, y, rows int) {
	size, panel := c.panelSize(), s.panel
	if c.kept == nil {
		c.widen(panel[:size], i)
	} else {
		panel = c.kept[i*size : (i+1)*size]
	}
	t := &s.tiles
	*t = kernel.Tiles{
		Lines: &s.lines[0], Panel: &panel[0], Segments: c.h, Pairs: ceil(c.w*c.inC, 2), Pitch: 2 * c.size,
		Block: &c.blocks[i], Stride: c.n, Width: min(kernel.Panel, c.n-i*kernel.Panel),
	}
	count := rows * c.outW
	step := min(count, max(1, callProducts/(kernel.Panel*c.patch())))
	first := y*c.outW*c.n + i*kernel.Panel
	for p := 0; p < count; p += step {
		t.Count, t.Offsets, t.Dst = min(step, count-p), &c.offsets[p], &c.out[first+p*c.n]
		c.set.Tiles(t)
	}
}
