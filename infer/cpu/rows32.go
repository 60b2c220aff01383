package cpu

import "github.com/inceptiond/inceptiond/infer/cpu/kernel"

// rows32 is the windows of a float32 image whose output channels each see one channel, for a kernel that computes several
// pixels of a row at once.
type rows32 struct {
	*window
	in      []float32
	out     view32
	weights []float32 // of each tap in turn, nil if taps have none
	begin   []float32 // what each channel begins with
	lo, hi  float32
	run     func(*kernel.Row32) // nil where plain Go must do
}

// callTaps is about how many taps of channels a call takes, so that it ends in 200 µs: nothing can interrupt it. One of as
// many taps as mostTaps takes 16 channels.
const (
	callTaps = 1 << 18
	mostTaps = callTaps / 16
)

// row computes row y.
func (r *rows32) row(t *kernel.Row32, y int) {
	first := min(ceil(r.left, r.strideW), r.outW)
	end := first
	if room := r.inW + r.left - r.spanW(); room >= 0 {
		end = max(first, min(r.outW, room/r.strideW+1))
	}
	for x := range first {
		r.pixels(t, y, x, 1)
	}
	if end > first {
		r.pixels(t, y, first, end-first)
	}
	for x := end; x < r.outW; x++ {
		r.pixels(t, y, x, 1)
	}
}

// pixels computes count pixels of row y from x on, whose windows have the same part in the image.
func (r *rows32) pixels(t *kernel.Row32, y, x, count int) {
	top, left := y*r.strideH-r.top, x*r.strideW-r.left
	y0, y1 := inside(top, r.dilationH, r.h, r.inH)
	x0, x1 := inside(left, r.dilationW, r.w, r.inW)
	if y1 <= y0 || x1 <= x0 {
		for p := range count {
			for c, b := range r.begin {
				r.out.data[(y*r.outW+x+p)*r.out.pitch+c] = kernel.Clamp32(b, r.lo, r.hi)
			}
		}
		return
	}
	at, to := ((top+y0*r.dilationH)*r.inW+left+x0*r.dilationW)*r.inC, (y*r.outW+x)*r.out.pitch
	*t = kernel.Row32{
		To: 4 * r.out.pitch, From: 4 * r.strideW * r.inC, Rows: y1 - y0, Cols: x1 - x0,
		Pitch: 4 * r.dilationH * r.inW * r.inC, Step: 4 * r.dilationW * r.inC,
		WeightPitch: 4 * r.w * r.inC, WeightStep: 4 * r.inC, Lo: r.lo, Hi: r.hi, Divisor: float32((y1 - y0) * (x1 - x0)),
	}
	taps := t.Rows * t.Cols
	channels := min(r.inC, callTaps/taps)
	most := max(1, callTaps/(taps*channels))
	for c := 0; c < r.inC; c += channels {
		t.Channels, t.Begin = min(channels, r.inC-c), &r.begin[c]
		if r.weights != nil {
			t.Weights = &r.weights[(y0*r.w+x0)*r.inC+c]
		}
		for p := 0; p < count; p += most {
			t.Count = min(most, count-p)
			t.Dst, t.Src = &r.out.data[to+p*r.out.pitch+c], &r.in[at+p*r.strideW*r.inC+c]
			r.run(t)
		}
	}
}
