package cpu

import "github.com/inceptiond/inceptiond/infer/cpu/kernel"

// depthBytes is a depthwise convolution of one output for each channel, on bytes. A piece is a band of rows.
//
// With a stride of 1, neighbouring pixels see what lies as far apart as they do themselves, so that several of them can
// be taken for one of more channels: then rows divide into whole blocks without a rest.
type depthBytes struct {
	*bands
	kernel *kernel.Depthwise
	out    []uint8
	group  int // pixels that are taken for one
	blocks []depthBlock
}

// depthBlock is a block of channels of a group of pixels.
type depthBlock struct {
	kernel.DepthPanel
	at []int // where the taps lie, in bytes from the first in the lines
}

// maxDepthTaps bounds the time of a call.
const maxDepthTaps = 256

// newDepthBytes makes a depthwise convolution, nil where this method does not fit.
func (p *planner) newDepthBytes(d *depthwise8, arena bool) (layer, error) {
	n, k := len(d.bias), p.set.Depthwise
	if k == nil || n != d.inC || d.h*d.w > maxDepthTaps || k.Plain && !d.result.Plain() {
		return nil, nil
	}
	b := p.newBands(d.window, d.in, uint8(d.zero), arena, 2*d.outW, lining{element: 1, flip: k.Flip, line: k.Line})
	if b == nil {
		return nil, nil
	}
	l := &depthBytes{bands: b, kernel: k, out: d.out, group: 1}
	if d.strideW == 1 {
		for l.group*n%k.Channels != 0 && l.group < d.outW {
			l.group++
		}
	}
	blocks := ceil(l.group*n, k.Channels)
	if err := p.take(int64(blocks) * (k.BlockBytes() + 2*int64(d.h*d.w)*int64(k.Channels+8))); err != nil {
		return nil, err
	}
	for i := range blocks {
		block := depthBlock{DepthPanel: k.Panel(n, d.weights, d.bias, d.zero, &d.result, func(c int) int {
			return (i*k.Channels + c) % n
		})}
		for _, tap := range block.Taps {
			block.at = append(block.at, tap/d.w*b.size+tap%d.w*d.inC)
		}
		l.blocks = append(l.blocks, block)
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
	b, channels, step := &l.blocks[i], l.kernel.Channels, l.group*l.inC
	at := i * channels
	t := &s.depthBytes
	*t = kernel.DepthBytes{
		Step: l.group * l.strideW * l.inC, Taps: &b.at[0], Groups: len(b.at) / l.kernel.Taps, Panel: &b.Panel[0],
		Away: b.Away, Round: b.Round, Stride: step, Width: min(channels, step-at),
	}
	// Whole groups first.
	if t.Count = len(out) / step; t.Count > 0 {
		t.Lines, t.Dst = &lines[at], &out[at]
		l.kernel.Run(t)
	}
	if rest := len(out) % step; at < rest {
		t.Lines, t.Dst = &lines[t.Count*t.Step+at], &out[t.Count*step+at]
		t.Count, t.Width = 1, min(channels, rest-at)
		l.kernel.Run(t)
	}
}
