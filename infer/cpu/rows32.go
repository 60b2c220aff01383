package cpu

import "github.com/inceptiond/inceptiond/infer/cpu/kernel"

// rows32 is the windows of a float32 image whose output channels each see one channel, for a kernel that computes several
// pixels at once.
type rows32 struct {
	*window
	down, across []alike // rows and columns of the output
	in           []float32
	out          view32
	weights      []float32 // of each tap in turn, nil if taps have none
	begin        []float32 // what each channel begins with
	lo, hi       float32
	run          func(*kernel.Row32) // nil where plain Go must do
}

func newRows32(g *window) rows32 {
	return rows32{
		window: g,
		down:   alikes(g.outH, g.strideH, g.top, g.dilationH, g.h, g.inH),
		across: alikes(g.outW, g.strideW, g.left, g.dilationW, g.w, g.inW),
	}
}

// alike is rows or columns from … to-1 of an output whose windows have the same taps in the image: first … end-1.
type alike struct{ from, to, first, end int }

// alikes divides a side of the output.
func alikes(out, stride, before, dilation, taps, in int) []alike {
	var list []alike
	for i := range out {
		first, end := inside(i*stride-before, dilation, taps, in)
		if n := len(list); n > 0 && list[n-1].first == first && list[n-1].end == end {
			list[n-1].to++
			continue
		}
		list = append(list, alike{i, i + 1, first, end})
	}
	return list
}

const (
	// callTaps is about how many taps of channels a call takes, so that it ends in 200 µs: nothing can interrupt it. One of
	// as many taps as mostTaps takes 16 channels.
	callTaps = 1 << 18
	mostTaps = callTaps / 16

	// fewPixels is how many a call is worth at least, if there are as many.
	fewPixels = 4
)

// rows computes rows from … to-1. Columns at the edges, whose windows are alike in few pixels of a row, are done downwards.
func (r *rows32) rows(t *kernel.Row32, from, to int) {
	for _, down := range r.down {
		down.from, down.to = max(down.from, from), min(down.to, to)
		if down.from >= down.to {
			continue
		}
		for _, across := range r.across {
			if width := across.to - across.from; width >= fewPixels || width >= down.to-down.from {
				for y := down.from; y < down.to; y++ {
					r.pixels(t, alike{y, y + 1, down.first, down.end}, across)
				}
				continue
			}
			for x := across.from; x < across.to; x++ {
				r.pixels(t, down, alike{x, x + 1, across.first, across.end})
			}
		}
	}
}

// pixels computes pixels that have the same taps, and are one row or one column.
func (r *rows32) pixels(t *kernel.Row32, down, across alike) {
	pixel, count := down.from*r.outW+across.from, across.to-across.from
	step, from := r.out.pitch, r.strideW*r.inC
	if count == 1 {
		count, step, from = down.to-down.from, r.outW*r.out.pitch, r.strideH*r.inW*r.inC
	}
	rows, cols := down.end-down.first, across.end-across.first
	if rows <= 0 || cols <= 0 {
		for p := range count {
			for c, b := range r.begin {
				r.out.data[pixel*r.out.pitch+p*step+c] = kernel.Clamp32(b, r.lo, r.hi)
			}
		}
		return
	}
	y, x := down.from*r.strideH-r.top+down.first*r.dilationH, across.from*r.strideW-r.left+across.first*r.dilationW
	*t = kernel.Row32{
		To: 4 * step, From: 4 * from, Rows: rows, Cols: cols,
		Pitch: 4 * r.dilationH * r.inW * r.inC, Step: 4 * r.dilationW * r.inC,
		WeightPitch: 4 * r.w * r.inC, WeightStep: 4 * r.inC, Lo: r.lo, Hi: r.hi, Divisor: float32(rows * cols),
	}
	r.calls(t, (y*r.inW+x)*r.inC, pixel*r.out.pitch, (down.first*r.w+across.first)*r.inC, count)
}

// calls does count pixels in as many calls as it takes. The first pixel's first tap and result, and that tap's weights, are at at,
// to and weights.
func (r *rows32) calls(t *kernel.Row32, at, to, weights, count int) {
	taps := t.Rows * t.Cols
	channels := min(r.inC, callTaps/taps)
	most := max(1, callTaps/(taps*channels))
	for c := 0; c < r.inC; c += channels {
		t.Channels, t.Begin = min(channels, r.inC-c), &r.begin[c]
		if r.weights != nil {
			t.Weights = &r.weights[weights+c]
		}
		for p := 0; p < count; p += most {
			t.Count = min(most, count-p)
			t.Dst, t.Src = &r.out.data[to+p*t.To/4+c], &r.in[at+p*t.From/4+c]
			r.run(t)
		}
	}
}
