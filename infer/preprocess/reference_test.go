package preprocess

import (
	"math"
	"math/rand/v2"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
)

// canvas is a picture of RGB bytes, the common ground of the tests.
type canvas struct {
	w, h int
	pix  []byte
}

func newCanvas(w, h int) *canvas { return &canvas{w, h, make([]byte, w*h*3)} }

func (c *canvas) at(x, y, ch int) byte { return c.pix[(y*c.w+x)*3+ch] }

// frame is c as an RGB24 frame.
func (c *canvas) frame() *capture.Frame {
	return &capture.Frame{Pix: c.pix, Format: capture.Packed(capture.RGB24, c.w, c.h)}
}

// zonePlate is rings that get finer outwards, up to the finest a picture holds, over a colour gradient: whatever a
// filter does wrong shows as false rings or a shift.
func zonePlate(w, h int) *canvas {
	c := newCanvas(w, h)
	k := math.Pi / math.Hypot(float64(w), float64(h)) * 1.5
	for y := range h {
		for x := range w {
			dx, dy := float64(x)-float64(w)/3, float64(y)-float64(h)/2
			ring := math.Cos(k * (float64(dx*dx) + float64(dy*dy))) // float64: no fused operations, which differ by machine
			for ch, tint := range [3]float64{float64(x) / float64(w), float64(y) / float64(h), 0.5} {
				c.pix[(y*w+x)*3+ch] = uint8(math.Round(127.5 + float64(127.5*ring*(0.4+float64(0.6*tint)))))
			}
		}
	}
	return c
}

// noise is bytes without any order, from 0 to 255.
func noise(w, h int, seed uint64) *canvas {
	c := newCanvas(w, h)
	r := rand.New(rand.NewPCG(seed, 1))
	for i := range c.pix {
		c.pix[i] = byte(r.Uint32())
	}
	return c
}

// blackWhite is noise of nothing but extremes, where rounding errors are largest.
func blackWhite(w, h int, seed uint64) *canvas {
	c := noise(w, h, seed)
	for i, v := range c.pix {
		c.pix[i] = byte(int8(v) >> 7)
	}
	return c
}

// rotate is c by 90 degrees clockwise, pixel by pixel.
func (c *canvas) rotate() *canvas {
	out := newCanvas(c.h, c.w)
	for y := range c.h {
		for x := range c.w {
			copy(out.pix[(x*out.w+c.h-1-y)*3:][:3], c.pix[(y*c.w+x)*3:])
		}
	}
	return out
}

// mirror swaps left and right.
func (c *canvas) mirror() *canvas {
	out := newCanvas(c.w, c.h)
	for y := range c.h {
		for x := range c.w {
			copy(out.pix[(y*c.w+c.w-1-x)*3:][:3], c.pix[(y*c.w+x)*3:])
		}
	}
	return out
}

// upright does what a camera with these options does.
func (c *canvas) upright(o picture.Options) *canvas {
	for range o.Rotate / 90 {
		c = c.rotate()
	}
	if o.Flip == picture.FlipHorizontal || o.Flip == picture.FlipBoth {
		c = c.mirror()
	}
	if o.Flip == picture.FlipVertical || o.Flip == picture.FlipBoth {
		c = c.rotate().rotate().mirror()
	}
	return c
}

// reference is the exact answer, in levels, for a tensor of tw by th cells of 3 channels: the steps one after the
// other, the filter in float64 and as its definition reads.
func (c *canvas) reference(o Options, tw, th int) []float64 {
	r := o.Region
	if r == (Region{}) {
		r = Region{X: 0, Y: 0, Width: 1, Height: 1}
	}
	x0, y0 := r.X*float64(c.w), r.Y*float64(c.h)
	bw, bh := r.Width*float64(c.w), r.Height*float64(c.h)
	ox, oy, ow, oh := 0, 0, tw, th
	switch sx, sy := bw/float64(tw), bh/float64(th); o.Fit {
	case Crop:
		s := math.Min(sx, sy)
		x0, y0 = x0+(bw-s*float64(tw))/2, y0+(bh-s*float64(th))/2
		bw, bh = s*float64(tw), s*float64(th)
	case Letterbox:
		s := math.Max(sx, sy)
		ow, oh = int(math.Max(1, math.Round(bw/s))), int(math.Max(1, math.Round(bh/s)))
		ox, oy = (tw-ow)/2, (th-oh)/2
	}
	out := make([]float64, tw*th*3)
	for i := range out {
		out[i] = float64(o.Fill[i%3])
	}
	across := make([]float64, c.h*ow*3)
	for i := range ow {
		from, w := triangle(x0, bw, ow, i, c.w)
		for y := range c.h {
			for ch := range 3 {
				for k, v := range w {
					across[(y*ow+i)*3+ch] += v * float64(c.at(from+k, y, ch))
				}
			}
		}
	}
	for j := range oh {
		from, w := triangle(y0, bh, oh, j, c.h)
		for i := range ow * 3 {
			sum := 0.0
			for k, v := range w {
				sum += v * across[(from+k)*ow*3+i]
			}
			out[((oy+j)*tw+ox)*3+i] = sum
		}
	}
	return out
}

// triangle gives the weights of output cell i of n that show the stretch of the given length from x0 on.
func triangle(x0, length float64, n, i, size int) (from int, w []float64) {
	scale := length / float64(n)
	centre := x0 + (float64(i)+0.5)*scale
	half := math.Max(scale, 1)
	sum := 0.0
	from = -1
	for x := range size {
		v := 1 - math.Abs(float64(x)+0.5-centre)/half
		if v <= 0 {
			continue
		}
		if from < 0 {
			from = x
		}
		w = append(w, v)
		sum += v
	}
	for k := range w {
		w[k] /= sum
	}
	return from, w
}
