package picture

import (
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture/internal/raster"
)

// Colour is how a picture's samples make a colour.
type Colour uint8

// The ways.
const (
	Grey       Colour = iota // one plane, shown as it is
	RGB                      // one plane, 3 bytes a pixel
	BGR                      // the same, blue first
	YCC                      // planes Y, Cb, Cr; Y full range (JPEG)
	YCCLimited               // planes Y, Cb, Cr; Y from 16 to 235 and chroma from 16 to 240 (video)
)

// Plane is one channel, or for RGB and BGR all of them: the sample of column x and row y is Pix[y*Stride+x*Step].
type Plane struct {
	Pix          []byte
	Stride, Step int // bytes
}

// Row is the part of row y that holds the samples of columns x0 to x1, where n bytes make a sample.
func (p *Plane) Row(y, x0, x1, n int) []byte {
	from := y*p.Stride + x0*p.Step
	return p.Pix[from : from+(x1-x0-1)*p.Step+n]
}

// Planes is a frame's samples where they lie in memory, at full size or reduced. Chroma planes have one sample for SubX
// by SubY pixels, at the middle of them.
type Planes struct {
	Colour        Colour
	Width, Height int     // pixels as stored
	ExactWidth    float64 // the same, before a reduction rounded them up
	ExactHeight   float64
	Plane         [3]Plane
	SubX, SubY    int // 1 or 2
	Orientation   Orientation
}

// raw describes an uncompressed frame that has passed Check.
func raw(f *capture.Frame) (Planes, error) {
	w, h, s := f.Format.Width, f.Format.Height, f.Format.Stride
	p := Planes{Width: w, Height: h, ExactWidth: float64(w), ExactHeight: float64(h), SubX: 1, SubY: 1}
	if w*h > raster.MaxPixels || int64(s)*int64(h)*2 > math.MaxInt32 {
		return p, fmt.Errorf("picture: %v with rows of %d bytes is too large", f.Format, s)
	}
	switch f.Format.Pixel {
	case capture.GREY:
		p.Colour, p.Plane[0] = Grey, Plane{f.Pix, s, 1}
	case capture.RGB24:
		p.Colour, p.Plane[0] = RGB, Plane{f.Pix, s, 3}
	case capture.BGR24:
		p.Colour, p.Plane[0] = BGR, Plane{f.Pix, s, 3}
	default:
		return video(p, f)
	}
	return p, nil
}

// video completes the description of a frame of one of the Y'CbCr formats.
func video(p Planes, f *capture.Frame) (Planes, error) {
	h, s := f.Format.Height, f.Format.Stride
	p.Colour, p.SubX = YCCLimited, 2
	if f.Format.FullRange {
		p.Colour = YCC
	}
	switch f.Format.Pixel {
	case capture.YUYV:
		p.Plane = [3]Plane{{f.Pix, s, 2}, {f.Pix[1:], s, 4}, {f.Pix[3:], s, 4}}
	case capture.UYVY:
		p.Plane = [3]Plane{{f.Pix[1:], s, 2}, {f.Pix, s, 4}, {f.Pix[2:], s, 4}}
	case capture.NV12:
		c := f.Pix[h*s:]
		p.SubY = 2
		p.Plane = [3]Plane{{f.Pix, s, 1}, {c, s, 2}, {c[1:], s, 2}}
	case capture.I420:
		cs, ch := (s+1)/2, (h+1)/2
		c := f.Pix[h*s:]
		p.SubY = 2
		p.Plane = [3]Plane{{f.Pix, s, 1}, {c, cs, 1}, {c[ch*cs:], cs, 1}}
	default:
		return p, fmt.Errorf("picture: pixel format %v is not supported", f.Format.Pixel)
	}
	return p, nil
}
