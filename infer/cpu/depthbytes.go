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
	panels []depthPanel
}

// depthPanel is a run of channels of a group of pixels.
type depthPanel struct {
	kernel.DepthPanel
	at []int // where the taps lie, in bytes from the first in the lines
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
	made := &depthBytes{bands: b, kernel: k, out: d.out, group: 1}
	if d.strideW == 1 {
		for made.group*outC%k.Channels != 0 && made.group < d.outW {
			made.group++
		}
	}
	count := ceil(made.group*outC, k.Channels)
	if err := l.take(int64(count) * (k.BlockBytes() + 2*int64(d.h*d.w)*int64(k.Channels+8))); err != nil {
		return nil, err
	}
	for i := range count {
		panel := depthPanel{DepthPanel: k.Panel(outC, d.weights, d.bias, d.zero, &d.result, func(c int) int {
			return (i*k.Channels + c) % outC
		})}
		for _, tap := range panel.Taps {
			panel.at = append(panel.at, tap/d.w*d.dilationH*b.size+tap%d.w*d.dilationW*d.inC)
		}
		made.panels = append(made.panels, panel)
	}
	return made, nil
}

func (l *depthBytes) units() int { return l.count() }

func (l *depthBytes) run(s *scratch, from, to int) {
	for u := from; u < to; u++ {
		first, rows, _ := l.band(u)
		lines := l.lines(s.tiling.lines, first, rows)
		for i := range l.panels {
			for y := range rows {
				l.row(s, i, lines[y*l.strideH*l.size:], l.out[(first+y)*l.outW*l.inC:][:l.outW*l.inC])
			}
		}
	}
}

// row computes panel i of a row of output pixels. The last group may have fewer pixels, so its width is its own.
func (l *depthBytes) row(s *scratch, i int, lines, out []uint8) {
	panel, channels, step := &l.panels[i], l.kernel.Channels, l.group*l.inC
	at := i * channels
	t := &s.depthBytes
	*t = kernel.DepthBytes{
		Step: l.group * l.strideW * l.inC, Taps: &panel.at[0], Groups: len(panel.at) / l.kernel.Taps, Panel: &panel.Panel[0],
		Away: panel.Away, Round: panel.Round, Stride: step, Width: min(channels, step-at),
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
