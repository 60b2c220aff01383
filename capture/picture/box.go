package picture

import (
	"image"
	"math"
	"slices"
)

// window is a part of a stored picture, in samples of one plane, and the image that shows it upright.
type window struct {
	x, y          span
	width, height int // of the image, in pixels
	turn          Orientation
}

func (w window) bounds() image.Rectangle { return image.Rect(0, 0, w.width, w.height) }

// span is a stretch of an axis, where sample i covers i to i+1.
type span struct{ from, to float64 }

// over is the same stretch in samples that are n times as coarse.
func (s span) over(n int) span { return span{s.from / float64(n), s.to / float64(n)} }

// channel is the samples of one colour.
type channel struct {
	Plane
	width, height int // samples
}

// layer is where a channel of an image goes: sample x, y is pix[y*stride+x*step].
type layer struct {
	pix          []byte
	stride, step int
	table        *[256]byte // what becomes of a sample; nil: nothing
}

// box resizes channels: each sample of an image is the mean of the area that it covers. It keeps the memory that it works
// in.
type box struct {
	x, y taps
	line []uint32 // a row that is resized across, in fixed point
	sums []uint32 // of such rows
}

// taps are the samples of an axis that make each sample of an image.
type taps []tap

// tap is a stretch of samples with their shares, which add up to whole.
type tap struct {
	first  int
	shares []uint32
}

// whole is 1 in fixed point: 255 * whole * whole has 32 bits.
const whole = 1 << 12

// draw draws what w shows of c into an image's layer.
func (b *box) draw(c channel, w window, to layer) {
	across, down := w.width, w.height
	stepX, stepY, origin := to.step, to.stride, 0
	if w.turn.FlipX {
		origin += (w.width - 1) * stepX
		stepX = -stepX
	}
	if w.turn.FlipY {
		origin += (w.height - 1) * stepY
		stepY = -stepY
	}
	if w.turn.Transpose {
		across, down, stepX, stepY = down, across, stepY, stepX
	}
	b.x, b.y = newTaps(b.x, w.x, across, c.width), newTaps(b.y, w.y, down, c.height)
	b.line, b.sums = slices.Grow(b.line[:0], across)[:across], slices.Grow(b.sums[:0], across)[:across]
	last := -1 // the row in line: two rows of the image may share one
	for j, t := range b.y {
		clear(b.sums)
		for i, share := range t.shares {
			if y := t.first + i; share > 0 {
				if y != last {
					b.across(c.Row(y, 0, c.width, 1), c.Step)
					last = y
				}
				for x, v := range b.line {
					b.sums[x] += v * share
				}
			}
		}
		b.write(to, origin+j*stepY, stepX)
	}
}

// across resizes a row into line.
func (b *box) across(row []byte, step int) {
	for i, t := range b.x {
		sum, at := uint32(0), t.first*step
		for _, share := range t.shares {
			sum += uint32(row[at]) * share
			at += step
		}
		b.line[i] = sum
	}
}

// write turns the sums into samples, from the index at on.
func (b *box) write(to layer, at, step int) {
	const half = whole * whole / 2
	for _, sum := range b.sums {
		v := byte((sum + half) / (whole * whole))
		if to.table != nil {
			v = to.table[v]
		}
		to.pix[at] = v
		at += step
	}
}

// newTaps spreads s, of an axis with size samples, over n samples of an image. It uses the memory of old.
func newTaps(old taps, s span, n, size int) taps {
	t := slices.Grow(old[:0], n)[:n]
	scale := (s.to - s.from) / float64(n)
	for i := range t {
		from := min(max(s.from+float64(i)*scale, 0), float64(size))
		to := min(max(s.from+float64(i+1)*scale, from), float64(size))
		t[i].cover(from, to, size)
	}
	return t
}

// cover makes t the samples between from and to, at least one, with shares as they are covered. They are the differences of
// a rounded sum, so that they add up.
func (t *tap) cover(from, to float64, size int) {
	t.first = min(int(from), size-1)
	end := min(max(int(math.Ceil(to)), t.first+1), size)
	t.shares = t.shares[:0]
	before := uint32(0)
	for i := t.first + 1; i < end; i++ {
		sum := uint32(math.Round(whole * (float64(i) - from) / (to - from)))
		t.shares = append(t.shares, sum-before)
		before = sum
	}
	t.shares = append(t.shares, whole-before)
}
