package cpu

import "github.com/inceptiond/inceptiond/infer/cpu/kernel"

// depthBytes is a depthwise convolution of one output for each channel, on bytes. A piece is a band of rows.
//
// With a stride of 1, neighbouring pixels see what lies as far apart as they do themselves, so that several of them can
// be taken for one of more channels: then rows divide into whole panels without a rest.
type depthBytes struct {
	*bands
	kernel *kernel.Depthwise
	out    []uint8
	group  int // pixels that are taken for one
	high   int // rows that are computed at once: 1 or 2
	panels []depthPanel
}

// depthPanel is a run of channels of a group of pixels.
type depthPanel struct {
	kernel.DepthPanel
	at [2][]int // where the taps lie, in bytes from the first in the lines: of one row, of two rows
}

// maxDepthTaps bounds the time of a call.
const maxDepthTaps = 256

// newDepthBytes makes a depthwise convolution, nil where this method does not fit.
func newDepthBytes(l *lowering, d *depthwise8, img image) (layer, error) {
	outC, k := len(d.bias), l.set.Depthwise
	if k == nil || outC != d.inC || d.h*d.w > maxDepthTaps || k.Plain && !d.result.Plain() {
		return nil, nil
	}
	b := newBands(l, d.window, img, uint8(d.zero), 2*d.outW, lining{element: 1, flip: k.Flip, line: k.Line})
	if b == nil {
		return nil, nil
	}
	made := &depthBytes{bands: b, kernel: k, out: d.out, group: 1, high: 1}
	if k.Pair != nil && d.strideH < d.h && d.dilationH == 1 && d.outH > 1 {
		made.high = 2
	}
	if d.strideW == 1 {
		for made.group*outC%k.Channels != 0 && made.group < d.outW {
			made.group++
		}
	}
	count := ceil(made.group*outC, k.Channels)
	taps := int64((d.h + (made.high-1)*d.strideH) * d.w)
	if err := l.take(int64(count) * (k.BlockBytes() + 2*taps*int64(made.high)*int64(k.Channels+8))); err != nil {
		return nil, err
	}
	for i := range count {
		made.panels = append(made.panels, made.panel(d, i))
	}
	return made, nil
}

// panel makes panel number i.
func (l *depthBytes) panel(d *depthwise8, i int) depthPanel {
	var p depthPanel
	outC := len(d.bias)
	channel := func(c int) int { return (i*l.kernel.Channels + c) % outC }
	if l.high == 2 {
		p.DepthPanel = l.kernel.Pair(outC, d.strideH*d.w, d.weights, d.bias, d.zero, &d.result, channel)
	} else {
		p.DepthPanel = l.kernel.Panel(outC, d.weights, d.bias, d.zero, &d.result, channel)
	}
	for _, tap := range p.Taps {
		at := tap/d.w*d.dilationH*l.size + tap%d.w*d.dilationW*d.inC
		p.at[1] = append(p.at[1], at)
		if tap >= d.h*d.w {
			at = 0 // one row alone has no weight there, and there need not be anything
		}
		p.at[0] = append(p.at[0], at)
	}
	return p
}

func (l *depthBytes) units() int { return l.count() }

func (l *depthBytes) run(s *scratch, from, to int) {
	for u := from; u < to; u++ {
		first, rows, _ := l.band(u)
		lines := l.lines(s.tiling.lines, first, rows)
		for i := range l.panels {
			for y := 0; y < rows; y += l.high {
				l.row(s, i, min(l.high, rows-y), lines[y*l.strideH*l.size:], l.out[(first+y)*l.outW*l.inC:])
			}
		}
	}
}

// row computes panel i of one or two rows of output pixels. The last group may have fewer pixels, so its width is its own.
func (l *depthBytes) row(s *scratch, i, rows int, lines, out []uint8) {
	panel, channels, step, size := &l.panels[i], l.kernel.Channels, l.group*l.inC, l.outW*l.inC
	at := i * channels
	taps := panel.at[rows-1]
	t := &s.depthBytes
	*t = kernel.DepthBytes{
		Step: l.group * l.strideW * l.inC, Taps: &taps[0], Groups: len(taps) / l.kernel.Taps, Panel: &panel.Panel[0],
		Away: panel.Away, Round: panel.Round, Stride: step, Width: min(channels, step-at), Pitch: (rows - 1) * size,
	}
	// Whole groups first.
	if t.Count = size / step; t.Count > 0 {
		t.Lines, t.Dst = &lines[at], &out[at]
		l.kernel.Run(t)
	}
	if rest := size % step; at < rest {
		t.Lines, t.Dst = &lines[t.Count*t.Step+at], &out[t.Count*step+at]
		t.Count, t.Width = 1, min(channels, rest-at)
		l.kernel.Run(t)
	}
}
