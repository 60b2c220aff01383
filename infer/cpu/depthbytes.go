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
	placed int // with strides, the first pixels of a row, that see no border and read the image itself; 0 if all read lines
	panels []depthPanel
}

// depthPanel is a run of channels of a group of pixels.
type depthPanel struct {
	kernel.DepthPanel
	lined, placed [2][]int // where the taps lie, in bytes from the first, in lines and in the image: of one row, of two rows
}

// maxDepthTaps bounds the time of a call.
const maxDepthTaps = 256

// newDepthBytes makes a depthwise convolution, nil where this method does not fit.
func newDepthBytes(l *lowering, d *depthwise8, img image) (layer, error) {
	outC, k := len(d.bias), l.set.Depthwise
	if k == nil || outC != d.inC || d.h*d.w > maxDepthTaps {
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
	if d.strideW > 1 && d.left == 0 && img.slack && !b.direct && k.Flip == 0 {
		made.placed = min(d.outW-1, max(0, d.inW-d.spanW()+d.strideW)/d.strideW)
	}
	count := ceil(made.group*outC, k.Channels)
	taps := int64((d.h + (made.high-1)*d.strideH) * d.w)
	if err := l.take(int64(count) * (k.BlockBytes() + 2*taps*int64(made.high)*int64(k.Channels+8))); err != nil {
		return nil, err
	}
	plain := d.result.Plain()
	for i := range count {
		p := made.panel(d, i)
		if k.Plain && !plain && !p.Quick() {
			return nil, nil
		}
		made.panels = append(made.panels, p)
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
	p.lined, p.placed = l.offsets(p.Taps, l.size), l.offsets(p.Taps, l.inW*l.inC)
	return p
}

// offsets is where taps lie in rows that are pitch bytes apart.
func (l *depthBytes) offsets(taps []int, pitch int) (at [2][]int) {
	for _, tap := range taps {
		to := tap/l.w*l.dilationH*pitch + tap%l.w*l.dilationW*l.inC
		at[1] = append(at[1], to)
		if tap >= l.h*l.w {
			to = 0 // one row alone has no weight there, and there need not be anything
		}
		at[0] = append(at[0], to)
	}
	return at
}

func (l *depthBytes) units() int { return l.count() }

func (l *depthBytes) run(s *scratch, from, to int) {
	for u := from; u < to; u++ {
		first, rows, _ := l.band(u)
		if l.placed > 0 {
			for y := 0; y < rows; y += l.high {
				l.mostly(s, first+y, min(l.high, rows-y))
			}
			continue
		}
		lines := l.lines(s.tiling.lines, first, rows)
		for i := range l.panels {
			for y := 0; y < rows; {
				n, many := min(l.high, rows-y), 1
				if l.kernel.Pair != nil {
					many = (rows - y) / n
				}
				l.row(s, i, n, many, l.panels[i].lined[n-1], lines[y*l.strideH*l.size:], l.out[(first+y)*l.outW*l.inC:], l.outW)
				y += n * many
			}
		}
	}
}

// mostly computes one or two rows of output pixels from the image itself, but for the last pixels and rows that see its border.
func (l *depthBytes) mostly(s *scratch, y, rows int) {
	top, seen, placed := y*l.strideH-l.top, (rows-1)*l.strideH+l.spanH(), l.placed
	lines := s.tiling.lines
	if top < 0 || top+seen > l.inH {
		placed, lines = 0, l.lines(lines, y, rows)
	} else {
		l.tails(lines, top, seen)
	}
	out := l.out[y*l.outW*l.inC:]
	for i := range l.panels {
		p := &l.panels[i]
		if placed > 0 {
			l.row(s, i, rows, 1, p.placed[rows-1], l.in[top*l.inW*l.inC:], out, placed)
		}
		l.row(s, i, rows, 1, p.lined[rows-1], lines[placed*l.strideW*l.inC:], out[placed*l.inC:], l.outW-placed)
	}
}

// tails prepares, of lines of the image's rows from top on, what pixels see that are not placed.
func (l *depthBytes) tails(lines []uint8, top, rows int) {
	from := l.placed * l.strideW * l.inC
	for i := range rows {
		line, row := lines[i*l.size:(i+1)*l.size], l.in[(top+i)*l.inW*l.inC:][:l.inW*l.inC]
		end := from + copy(line[from:], row[from:])
		kernel.Fill(line[end:], l.border)
	}
}

// row computes panel i of pixels of one or two rows of output, many times one below the other. The last group may have fewer pixels, so its width is its own.
func (l *depthBytes) row(s *scratch, i, rows, many int, taps []int, lines, out []uint8, pixels int) {
	panel, channels, step, size := &l.panels[i], l.kernel.Channels, l.group*l.inC, pixels*l.inC
	at := i * channels
	t := &s.depthBytes
	*t = kernel.DepthBytes{
		Step: l.group * l.strideW * l.inC, Taps: &taps[0], Groups: len(taps) / l.kernel.Taps, Panel: &panel.Panel[0],
		Away: panel.Away, Round: panel.Round, Stride: step, Width: min(channels, step-at), Pitch: (rows - 1) * l.outW * l.inC,
		Many: many, LinesPitch: rows * l.strideH * l.size, DstPitch: rows * l.outW * l.inC,
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
