package cpu

import "github.com/inceptiond/inceptiond/infer/cpu/kernel"

// depthBytes is a depthwise convolution of one output for each channel, on bytes. A piece is a band of rows.
//
// With a stride of 1, neighbouring pixels see what lies as far apart as they do themselves, so that several of them can
// be taken for one of more channels: then rows divide into vectors of 64 without a rest.
type depthBytes struct {
	*bands
	kernel func(*kernel.DepthBytes)
	out    []uint8
	group  int // pixels that are taken for one
	blocks []depthBlock
}

// depthBlock is 64 channels of a group of pixels.
type depthBlock struct {
	taps  []int // in bytes from the first in the lines
	panel []uint8
	block kernel.AwayBlock
}

// maxDepthTaps bounds the time of a call.
const maxDepthTaps = 256

// newDepthBytes makes a depthwise convolution, nil where this method does not fit.
func (p *planner) newDepthBytes(d *depthwise8, arena bool) (layer, error) {
	n := len(d.bias)
	if p.set.DepthBytes == nil || n != d.inC || d.h*d.w > maxDepthTaps || !d.result.Plain() {
		return nil, nil
	}
	b := p.newBands(d.window, d.in, uint8(d.zero), arena, 2*d.outW)
	if b == nil {
		return nil, nil
	}
	l := &depthBytes{bands: b, kernel: p.set.DepthBytes, out: d.out, group: 1}
	if d.strideW == 1 {
		for l.group*n%kernel.AwayChannels != 0 && l.group < d.outW {
			l.group++
		}
	}
	blocks := ceil(l.group*n, kernel.AwayChannels)
	if err := p.take(int64(blocks) * (kernel.AwayBlockBytes + 2*int64(d.h*d.w)*(kernel.AwayChannels+8))); err != nil {
		return nil, err
	}
	for i := range blocks {
		panel := kernel.NewDepthPanel(n, d.weights, d.bias, d.zero, &d.result, func(c int) int {
			return (i*kernel.AwayChannels + c) % n
		})
		k := depthBlock{panel: panel.Panel, block: panel.Block}
		for _, tap := range panel.Taps {
			k.taps = append(k.taps, tap/d.w*b.size+tap%d.w*d.inC)
		}
		l.blocks = append(l.blocks, k)
	}
	return l, nil
}

func (l *depthBytes) units() int { return l.bands.bands() }

func (l *depthBytes) run(s *scratch, from, to int) {
	for u := from; u < to; u++ {
		first, rows, _ := l.band(u)
		lines := l.lines(s.tiling.lines, first, rows)
		for i := range l.blocks {
			for y := range rows {
				l.row(s, i, lines[y*l.strideH*l.size:], l.out[(first+y)*l.outW*l.inC:][:l.outW*l.inC])
			}
		}
	}
}

// row computes block i of a row of output pixels. The last group may have fewer pixels, so its width is its own.
func (l *depthBytes) row(s *scratch, i int, lines, out []uint8) {
	b, at, step := &l.blocks[i], i*kernel.AwayChannels, l.group*l.inC
	t := &s.depthBytes
	*t = kernel.DepthBytes{
		Step: l.group * l.strideW * l.inC, Taps: &b.taps[0], Fours: len(b.taps) / 4, Panel: &b.panel[0], Block: &b.block,
		Stride: step, Width: min(kernel.AwayChannels, step-at),
	}
	// Whole groups first.
	if t.Count = len(out) / step; t.Count > 0 {
		t.Lines, t.Dst = &lines[at], &out[at]
		l.kernel(t)
	}
	if rest := len(out) % step; at < rest {
		t.Lines, t.Dst = &lines[t.Count*t.Step+at], &out[t.Count*step+at]
		t.Count, t.Width = 1, min(kernel.AwayChannels, rest-at)
		l.kernel(t)
	}
}
