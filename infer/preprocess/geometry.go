package preprocess

import "math"

// turn is one of the eight ways to put a picture upright: swap its axes if transpose is set, then mirror left and
// right (flipX) and top and bottom (flipY).
type turn struct {
	transpose, flipX, flipY bool
}

// then is the turn that does t first and u after it.
func (t turn) then(u turn) turn {
	if u.transpose { // swapping axes after t's mirrors is swapping them before and mirroring the other way
		t.flipX, t.flipY = t.flipY, t.flipX
	}
	return turn{t.transpose != u.transpose, t.flipX != u.flipX, t.flipY != u.flipY}
}

// exifTurn puts a picture with EXIF orientation o upright (Exif 2.3, tag 274: the side of the scene that the first
// row and the first column show). Numbers other than 1 to 8 mean upright.
func exifTurn(o int) turn {
	switch o {
	case 2:
		return turn{flipX: true}
	case 3:
		return turn{flipX: true, flipY: true}
	case 4:
		return turn{flipY: true}
	case 5:
		return turn{transpose: true}
	case 6:
		return turn{transpose: true, flipX: true}
	case 7:
		return turn{transpose: true, flipX: true, flipY: true}
	case 8:
		return turn{transpose: true, flipY: true}
	}
	return turn{}
}

// turn is what Rotate and then Flip do.
func (o *Options) turn() turn {
	var rotate turn
	switch o.Rotate {
	case 90:
		rotate = turn{transpose: true, flipX: true}
	case 180:
		rotate = turn{flipX: true, flipY: true}
	case 270:
		rotate = turn{transpose: true, flipY: true}
	}
	return rotate.then(turn{
		flipX: o.Flip == FlipHorizontal || o.Flip == FlipBoth,
		flipY: o.Flip == FlipVertical || o.Flip == FlipBoth,
	})
}

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

// newLayout plans a stored picture of w by h pixels that becomes upright by t.
func (o *Options) newLayout(w, h float64, t turn, tw, th int) layout {
	uw, uh := w, h
	if t.transpose {
		uw, uh = h, w
	}
	f := o.fit(uw, uh, tw, th)
	l := layout{x: f.x.stored(t.flipX, uw), y: f.y.stored(t.flipY, uh), stepX: 1, stepY: tw}
	l.letterbox = f.x.n < tw || f.y.n < th
	l.origin = f.y.first*tw + f.x.first
	if t.flipX {
		l.origin += f.x.n - 1
		l.stepX = -1
	}
	if t.flipY {
		l.origin += (f.y.n - 1) * tw
		l.stepY = -tw
	}
	if t.transpose {
		l.x, l.y = l.y, l.x
		l.stepX, l.stepY = l.stepY, l.stepX
	}
	return l
}
