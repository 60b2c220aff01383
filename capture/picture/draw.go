package picture

import (
	"image"
	"math"
)

// canvas draws upright images of pictures, in memory that it keeps.
type canvas struct {
	box  box
	ycc  image.YCbCr
	rgba image.RGBA
	grey image.Gray
}

// area is a rectangle of whole pixels: from the first up to the last, which is not in it.
type area struct{ x0, y0, x1, y1 int }

// cut is what of a stored picture is drawn, and how large it is upright.
type cut struct {
	from          area // in the stored picture at full size
	width, height int  // of the image, upright
	reduction     int  // at which the picture is decoded
}

// part tells whether r is less than the whole frame.
func (r Region) part() bool {
	return r != (Region{}) && r != (Region{Width: 1, Height: 1})
}

// within is the pixels of r in an upright frame of w by h pixels, at least one.
func (r Region) within(w, h int) area {
	if r == (Region{}) {
		r = Region{Width: 1, Height: 1}
	}
	side := func(from, size float64, n int) (first, end int) {
		first = min(int(math.Round(from*float64(n))), n-1)
		end = min(max(int(math.Round((from+size)*float64(n))), first+1), n)
		return first, end
	}
	var a area
	a.x0, a.x1 = side(r.X, r.Width, w)
	a.y0, a.y1 = side(r.Y, r.Height, h)
	return a
}

// newCut plans the image of the region r of a stored picture, of at most width pixels.
func newCut(s Stored, r Region, width int) cut {
	w, h := s.upright()
	a := r.within(w, h)
	c := cut{width: min(a.x1-a.x0, width), reduction: 1}
	c.height = proportional(c.width, a.x1-a.x0, a.y1-a.y0)
	for c.reduction < 8 && a.x1-a.x0 >= 2*c.reduction*c.width {
		c.reduction *= 2
	}
	if s.Orientation.FlipX {
		a.x0, a.x1 = w-a.x1, w-a.x0
	}
	if s.Orientation.FlipY {
		a.y0, a.y1 = h-a.y1, h-a.y0
	}
	if s.Orientation.Transpose {
		a = area{a.y0, a.x0, a.y1, a.x1}
	}
	c.from = a
	return c
}

// proportional is the height of an image of that width with the proportions of w to h, at least 1.
func proportional(width, w, h int) int {
	return max(int(math.Round(float64(width)*float64(h)/float64(w))), 1)
}

// draw returns the region r of p, upright and at most width pixels wide. It is good until the next call. The error is that
// of Planes.
func (c *canvas) draw(p *Picture, r Region, width int) (image.Image, error) {
	s, err := p.Stored()
	if err != nil {
		return nil, err
	}
	cut := newCut(s, r, width)
	planes, err := p.Planes(cut.reduction)
	if err != nil {
		return nil, err
	}
	shown := cut.shown(s, planes)
	switch planes.Colour {
	case Grey:
		return c.drawGrey(planes, shown), nil
	case RGB, BGR:
		return c.drawRGB(planes, shown), nil
	}
	return c.drawYCC(planes, shown), nil
}

// shown lays the cut over the planes of a picture that is stored as s. They may be smaller than was asked for; the image is
// so too, then.
func (c *cut) shown(s Stored, p *Planes) window {
	x, y := p.ExactWidth/float64(s.Width), p.ExactHeight/float64(s.Height)
	w := window{
		x: span{float64(c.from.x0) * x, float64(c.from.x1) * x}, y: span{float64(c.from.y0) * y, float64(c.from.y1) * y},
		width: c.width, height: c.height, turn: p.Orientation,
	}
	across := w.x
	if w.turn.Transpose {
		across = w.y
	}
	if n := max(int(math.Round(across.to-across.from)), 1); n < w.width {
		w.width, w.height = n, proportional(n, c.width, c.height)
	}
	return w
}

func (c *canvas) drawGrey(p *Planes, shown window) image.Image {
	n := shown.width * shown.height
	c.grey = image.Gray{Pix: grown(c.grey.Pix, n), Stride: shown.width, Rect: shown.bounds()}
	c.box.draw(channel{p.Plane[0], p.Width, p.Height}, shown, layer{c.grey.Pix, shown.width, 1, nil})
	return &c.grey
}

func (c *canvas) drawRGB(p *Planes, shown window) image.Image {
	n, stride := 4*shown.width*shown.height, 4*shown.width
	c.rgba = image.RGBA{Pix: grown(c.rgba.Pix, n), Stride: stride, Rect: shown.bounds()} // alpha is not encoded
	for i := range 3 {
		from := i
		if p.Colour == BGR {
			from = 2 - i
		}
		one := p.Plane[0]
		one.Pix = one.Pix[from:]
		c.box.draw(channel{one, p.Width, p.Height}, shown, layer{c.rgba.Pix[i:], stride, 4, nil})
	}
	return &c.rgba
}

// drawYCC draws chroma at full size: the encoder takes the mean of two by two pixels, wherever they lie after turning.
func (c *canvas) drawYCC(p *Planes, shown window) image.Image {
	n, stride := shown.width*shown.height, shown.width
	c.ycc = image.YCbCr{
		Y: grown(c.ycc.Y, n), Cb: grown(c.ycc.Cb, n), Cr: grown(c.ycc.Cr, n),
		YStride: stride, CStride: stride, SubsampleRatio: image.YCbCrSubsampleRatio444, Rect: shown.bounds(),
	}
	var luma, chroma *[256]byte
	if p.Colour == YCCLimited {
		luma, chroma = stretched(16, 235, 16, 0), stretched(16, 240, 128, 128)
	}
	c.box.draw(channel{p.Plane[0], p.Width, p.Height}, shown, layer{c.ycc.Y, stride, 1, luma})
	coarse := shown
	coarse.x, coarse.y = shown.x.over(p.SubX), shown.y.over(p.SubY)
	w, h := (p.Width+p.SubX-1)/p.SubX, (p.Height+p.SubY-1)/p.SubY
	c.box.draw(channel{p.Plane[1], w, h}, coarse, layer{c.ycc.Cb, stride, 1, chroma})
	c.box.draw(channel{p.Plane[2], w, h}, coarse, layer{c.ycc.Cr, stride, 1, chroma})
	return &c.ycc
}

// stretched is a table that brings samples from black to white to the full range: from becomes to.
func stretched(black, white, from, to float64) *[256]byte {
	var t [256]byte
	for i := range t {
		t[i] = byte(math.Round(min(max((float64(i)-from)*255/(white-black)+to, 0), 255)))
	}
	return &t
}

// grown is memory of n bytes: b's if it has as many.
func grown(b []byte, n int) []byte {
	if cap(b) < n {
		return make([]byte, n)
	}
	return b[:n]
}
