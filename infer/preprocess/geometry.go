package preprocess

import (
	"math"

	"github.com/inceptiond/inceptiond/capture/picture"
)

// span is a stretch of one axis: in the source, in pixels, where pixel i covers i to i+1; and the n tensor cells from
// first on that show it.
type span struct {
	from, to float64
	first, n int
}

// fitted is a region laid over a tensor: x across, y down.
type fitted struct {
	x, y span
}

// fit lays the region of an upright picture of w by h pixels over a tensor of tw by th cells.
func (o *Options) fit(w, h float64, tw, th int) fitted {
	r := o.Region
	if r == (Region{}) {
		r = Region{Width: 1, Height: 1}
	}
	f := fitted{
		x: span{from: r.X * w, to: math.Min((r.X+r.Width)*w, w), n: tw},
		y: span{from: r.Y * h, to: math.Min((r.Y+r.Height)*h, h), n: th},
	}
	scaleX, scaleY := f.x.scale(), f.y.scale()
	switch o.Fit {
	case Crop:
		scale := min(scaleX, scaleY)
		f.x.narrow(scale)
		f.y.narrow(scale)
	case Letterbox:
		scale := max(scaleX, scaleY)
		f.x.inset(scale)
		f.y.inset(scale)
	}
	return f
}

// scale is the source pixels for each tensor cell.
func (s span) scale() float64 { return (s.to - s.from) / float64(s.n) }

// narrow keeps the middle of the source, as much as the cells show at the scale.
func (s *span) narrow(scale float64) {
	middle, half := (s.from+s.to)/2, scale*float64(s.n)/2
	s.from, s.to = max(s.from, middle-half), min(s.to, middle+half)
}

// inset keeps the middle cells, as many as the source needs at the scale, to the nearest and at least one.
func (s *span) inset(scale float64) {
	n := min(max(int(math.Round((s.to-s.from)/scale)), 1), s.n)
	s.first, s.n = (s.n-n)/2, n
}

// shown is the stretch of an upright axis of size pixels, in fractions of it, that cells show: a stretch of the tensor's n cells,
// in fractions of them.
func (s span) shown(from, length float64, cells int, size float64) (begin, extent float64) {
	if size <= 0 {
		return 0, 0 // no picture has come yet
	}
	at := func(fraction float64) float64 {
		cell := min(max(fraction*float64(cells)-float64(s.first), 0), float64(s.n))
		return min(max((s.from+float64(cell*s.scale()))/size, 0), 1)
	}
	begin = at(from)
	return begin, max(at(from+length)-begin, 0)
}

// stored maps a source stretch of an upright axis of size pixels back to the stored picture.
func (s span) stored(flip bool, size float64) span {
	if flip {
		s.from, s.to = size-s.to, size-s.from
	}
	return s
}

// layout tells which part of a stored picture is read and where in the tensor its samples go.
type layout struct {
	x, y      span // source stretches of the stored picture; the n of each counts cells along that stored axis
	origin    int  // cell index, in pixels of the tensor, of the first cell of the first row
	stepX     int  // cells from one stored column's to the next's
	stepY     int  // cells from one stored row's to the next's
	letterbox bool // some cells stay empty
}

// newLayout plans a stored picture of w by h pixels that becomes upright by t, for a tensor of tw by th cells.
func (o *Options) newLayout(w, h float64, t picture.Orientation, tw, th int) layout {
	uw, uh := w, h
	if t.Transpose {
		uw, uh = h, w
	}
	f := o.fit(uw, uh, tw, th)
	l := layout{x: f.x.stored(t.FlipX, uw), y: f.y.stored(t.FlipY, uh), stepX: 1, stepY: tw}
	l.letterbox = f.x.n < tw || f.y.n < th
	l.origin = f.y.first*tw + f.x.first
	if t.FlipX {
		l.origin += f.x.n - 1
		l.stepX = -1
	}
	if t.FlipY {
		l.origin += (f.y.n - 1) * tw
		l.stepY = -tw
	}
	if t.Transpose {
		l.x, l.y = l.y, l.x
		l.stepX, l.stepY = l.stepY, l.stepX
	}
	return l
}

// linear is shown without its limits: the stretch of the axis goes on beyond the cells that show it.
func (s span) linear(from, length float64, cells int, size float64) (begin, extent float64) {
	if size <= 0 {
		return 0, 0 // no picture has come yet
	}
	scale := s.scale()
	begin = (s.from + (from*float64(cells)-float64(s.first))*scale) / size
	return begin, length * float64(cells) * scale / size
}
