package cpu

import "github.com/inceptiond/inceptiond/infer/cpu/kernel"

// depthTiles is a depthwise convolution by 16-bit products, of one output for each channel. A piece is a band of rows.
type depthTiles struct {
	*lines
	out    []uint8
	row    int   // in bytes from a row of taps to the next, of a window of 3x3; 0 for others
	taps   []int // in bytes from the first tap in the lines; of an odd number, the last twice
	panels []int16
	blocks []kernel.DepthBlock
}

const (
	depthRows = 8    // of a piece, at most
	maxTaps   = 1024 // bounds the time of a call
)

// newDepthTiles makes a depthwise convolution, nil where this method does not fit.
func newDepthTiles(l *lowering, d *depthwise8) (layer, error) {
	outC := len(d.bias)
	if l.set.Depth == nil || outC != d.inC || d.h*d.w > maxTaps {
		return nil, nil
	}
	lines := newLines(l, d.window, d.in, uint8(d.zero), min(depthRows, ceil(d.outH, 2*l.threads)))
	if lines == nil {
		return nil, nil
	}
	t := &depthTiles{lines: lines, out: d.out}
	for tap := range d.h * d.w {
		t.taps = append(t.taps, 2*(tap/d.w*d.dilationH*lines.size+tap%d.w*d.dilationW*d.inC))
	}
	if d.h == 3 && d.w == 3 {
		t.row = t.taps[3]
	}
	if len(t.taps)%2 == 1 {
		t.taps = append(t.taps, t.taps[len(t.taps)-1])
	}
	panels := int64(ceil(outC, kernel.Panel))
	if err := l.take(panels * (kernel.DepthBlockBytes + 2*kernel.Panel*int64(len(t.taps)))); err != nil {
		return nil, err
	}
	t.panels = kernel.DepthPanels(outC, d.weights)
	t.blocks = kernel.NewDepthBlocks(outC, d.weights, d.bias, d.zero, d.result)
	return t, nil
}

func (d *depthTiles) units() int { return ceil(d.outH, d.rows) }

func (d *depthTiles) run(s *scratch, from, to int) {
	size := len(d.taps) * kernel.Panel
	t := &s.depth
	for u := from; u < to; u++ {
		first := u * d.rows
		d.fill(s.lines, first)
		for i := range d.blocks {
			c := i * kernel.Panel
			for y := first; y < min(first+d.rows, d.outH); y++ {
				*t = kernel.DepthTiles{
					Lines: &s.lines[(y-first)*d.strideH*d.size+c], Step: 2 * d.strideW * d.inC, Count: d.outW,
					Taps: &d.taps[0], Pairs: len(d.taps) / 2, Panel: &d.panels[i*size], Block: &d.blocks[i],
					Dst: &d.out[y*d.outW*d.inC+c], Stride: d.inC, Width: min(kernel.Panel, d.inC-c),
				}
				if d.row > 0 {
					t.Column, t.Row = 2*d.dilationW*d.inC, d.row
				}
				d.set.Depth(t)
			}
		}
	}
}
