package preprocess

import (
	"fmt"
	"math"
	"testing"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
)

// video is a frame of one of the Y'CbCr formats with the sample planes it was made of.
type video struct {
	frame      *capture.Frame
	luma       func(x, y int) byte
	cb, cr     func(x, y int) byte // x, y in chroma samples
	subX, subY int
}

// newVideo makes a frame whose rows are pad bytes longer than they must be. Samples are smooth enough to be a picture
// and rough enough to show a mistake; the padding holds values that would be seen.
func newVideo(p capture.PixelFormat, w, h, pad int) video {
	form := capture.Packed(p, w, h)
	form.Stride += pad
	if p == capture.NV12 {
		form.Stride += form.Stride % 2 // Cb and Cr come in pairs: the last pair of a row needs its room
	}
	size, err := form.Size()
	if err != nil {
		panic(err)
	}
	f := &capture.Frame{Format: form, Pix: make([]byte, size)}
	for i := range f.Pix {
		f.Pix[i] = 0xEE
	}
	v := video{frame: f, subX: 2, subY: 1}
	v.luma = func(x, y int) byte { return byte(16 + (x*37+y*91)%220) }
	v.cb = func(x, y int) byte { return byte(100 + (x*7+y*13)%60) }
	v.cr = func(x, y int) byte { return byte(100 + (x*11+y*5)%60) }
	if p == capture.NV12 || p == capture.I420 {
		v.subY = 2
	}
	s, cs := form.Stride, (form.Stride+1)/2
	step, at := 1, 0
	switch p {
	case capture.YUYV:
		step = 2
	case capture.UYVY:
		step, at = 2, 1
	}
	for y := range h {
		for x := range w {
			f.Pix[y*s+x*step+at] = v.luma(x, y)
		}
	}
	for y := range (h + v.subY - 1) / v.subY {
		for x := range (w + 1) / 2 {
			cb, cr := 0, 0
			switch p {
			case capture.YUYV:
				cb, cr = y*s+4*x+1, y*s+4*x+3
			case capture.UYVY:
				cb, cr = y*s+4*x, y*s+4*x+2
			case capture.NV12:
				cb, cr = (h+y)*s+2*x, (h+y)*s+2*x+1
			case capture.I420:
				cb, cr = h*s+y*cs+x, h*s+((h+1)/2+y)*cs+x
			}
			f.Pix[cb], f.Pix[cr] = v.cb(x, y), v.cr(x, y)
		}
	}
	return v
}

// linear is the value of a chroma plane at the middle of pixel x, y, between samples that lie in the middle of theirs.
func (v video) linear(plane func(x, y int) byte, x, y int) float64 {
	w, h := v.frame.Format.Width, v.frame.Format.Height
	axis := func(i, sub, size int) (a, b int, share float64) {
		if sub == 1 {
			return i, i, 0
		}
		at := (float64(i)+0.5)/2 - 0.5
		a = int(math.Floor(at))
		last := (size+1)/2 - 1
		return min(max(a, 0), last), min(max(a+1, 0), last), at - math.Floor(at)
	}
	x0, x1, fx := axis(x, v.subX, w)
	y0, y1, fy := axis(y, v.subY, h)
	top := float64(plane(x0, y0))*(1-fx) + float64(plane(x1, y0))*fx
	low := float64(plane(x0, y1))*(1-fx) + float64(plane(x1, y1))*fx
	return top*(1-fy) + low*fy
}

// rgb is the exact colour of a pixel in limited-range BT.601: Kr 0.299, Kb 0.114.
func (v video) rgb(x, y int) [3]float64 {
	luma := (float64(v.luma(x, y)) - 16) / 219
	cb, cr := (v.linear(v.cb, x, y)-128)/224, (v.linear(v.cr, x, y)-128)/224
	r := luma + 2*(1-0.299)*cr
	b := luma + 2*(1-0.114)*cb
	g := (luma - 0.299*r - 0.114*b) / 0.587
	out := [3]float64{r, g, b}
	for i := range out {
		out[i] = min(max(out[i]*255, 0), 255)
	}
	return out
}

// TestVideoColour holds every pixel of the Y'CbCr formats to the exact colour, give or take the rounding.
func TestVideoColour(t *testing.T) {
	for _, p := range []capture.PixelFormat{capture.YUYV, capture.UYVY, capture.NV12, capture.I420} {
		for _, s := range [][3]int{{16, 8, 0}, {17, 9, 0}, {17, 9, 5}, {2, 2, 0}, {1, 1, 0}, {3, 1, 2}, {1, 6, 1}} {
			w, h := s[0], s[1]
			t.Run(fmt.Sprintf("%v %dx%d+%d", p, w, h, s[2]), func(t *testing.T) {
				v := newVideo(p, w, h, s[2])
				out := run(t, tensor(w, h), Options{}, v.frame)
				for i, got := range out {
					x, y := i/3%w, i/3/w
					if want := v.rgb(x, y)[i%3]; math.Abs(float64(got)-want) > 0.55 {
						t.Fatalf("pixel %d,%d channel %d is %d, want %.2f", x, y, i%3, got, want)
					}
				}
			})
		}
	}
}

// TestColourBars pins the primaries of SMPTE bars at 100 %, as ITU-R BT.601 table 3 gives their levels.
func TestColourBars(t *testing.T) {
	for _, c := range []struct {
		y, cb, cr byte
		r, g, b   byte
	}{
		{235, 128, 128, 255, 255, 255}, {16, 128, 128, 0, 0, 0}, {81, 90, 240, 255, 0, 0},
		{145, 54, 34, 0, 255, 0}, {41, 240, 110, 0, 0, 255}, {126, 128, 128, 128, 128, 128},
	} {
		f := &capture.Frame{Format: capture.Packed(capture.YUYV, 2, 1), Pix: []byte{c.y, c.cb, c.y, c.cr}}
		out := run(t, tensor(1, 1), Options{}, f)
		for i, want := range []byte{c.r, c.g, c.b} {
			if d := int(out[i]) - int(want); d < -1 || d > 1 {
				t.Errorf("Y %d Cb %d Cr %d became %v, want %d %d %d", c.y, c.cb, c.cr, out, c.r, c.g, c.b)
			}
		}
	}
}

// TestFullRange: what a frame says of its range decides where black and white are.
func TestFullRange(t *testing.T) {
	for _, c := range []struct {
		full bool
		y    byte
		want byte
	}{{false, 16, 0}, {false, 235, 255}, {true, 16, 16}, {true, 235, 235}, {true, 0, 0}, {true, 255, 255}} {
		f := &capture.Frame{Format: capture.Packed(capture.YUYV, 2, 1), Pix: []byte{c.y, 128, c.y, 128}}
		f.Format.FullRange = c.full
		if out := run(t, tensor(1, 1), Options{}, f); out[0] != c.want || out[1] != c.want || out[2] != c.want {
			t.Errorf("full range %v: Y %d became %v, want %d", c.full, c.y, out, c.want)
		}
	}
}

// converted is the frame as RGB bytes, by the package's own conversion of whole rows.
func converted(t *testing.T, f *capture.Frame) *canvas {
	t.Helper()
	p, err := newPicture(t, picture.Options{}, f).Planes(1)
	if err != nil {
		t.Fatal(err)
	}
	tables := newColours()
	r := rowReader{loops: plain(), colours: &tables}
	r.start(p)
	c := newCanvas(p.Width, p.Height)
	words := make([]uint64, c.w)
	for y := range c.h {
		r.read(words, p, y, 0, c.w)
		for x, v := range words {
			copy(c.pix[(y*c.w+x)*3:], []byte{byte(v), byte(v >> greenShift), byte(v >> blueShift)})
		}
	}
	return c
}

// TestFormats resizes every raw format, whole and in part, and holds the result to the filter applied to the same frame
// in RGB.
func TestFormats(t *testing.T) {
	for _, pixel := range capture.PixelFormats() {
		if pixel == capture.MJPG {
			continue // jpeg_test.go
		}
		for _, s := range [][2]int{{40, 30}, {71, 47}} {
			for _, c := range []struct {
				o      Options
				camera picture.Options
			}{
				{},
				{Options{Region: Region{X: 0.31, Y: 0.17, Width: 0.43, Height: 0.5}, Fit: Crop}, picture.Options{Rotate: 90}},
				{Options{Region: Region{X: 0.33, Y: 0.4, Width: 0.2, Height: 0.11}}, picture.Options{}}, // enlarged, and the first column is odd
				{Options{Region: Region{X: 0.35, Y: 0.4, Width: 0.65, Height: 0.6}}, picture.Options{Flip: picture.FlipBoth}},
			} {
				t.Run(fmt.Sprintf("%v %dx%d %v", pixel, s[0], s[1], c), func(t *testing.T) {
					f := newVideoOrRGB(pixel, s[0], s[1], 7)
					compare(t, run(t, tensor(30, 24), c.o, f, c.camera), converted(t, f).upright(c.camera).reference(c.o, 30, 24))
				})
			}
		}
	}
}

// newVideoOrRGB makes a frame of any raw format with padded rows.
func newVideoOrRGB(p capture.PixelFormat, w, h, pad int) *capture.Frame {
	switch p {
	case capture.RGB24, capture.BGR24, capture.GREY:
	default:
		return newVideo(p, w, h, pad).frame
	}
	plate := zonePlate(w, h)
	f := &capture.Frame{Format: capture.Packed(p, w, h)}
	f.Format.Stride += pad
	for y := range h {
		for x := range w {
			px := plate.pix[(y*w+x)*3:][:3]
			switch p {
			case capture.RGB24:
				f.Pix = append(f.Pix, px...)
			case capture.BGR24:
				f.Pix = append(f.Pix, px[2], px[1], px[0])
			case capture.GREY:
				f.Pix = append(f.Pix, px[1])
			}
		}
		f.Pix = append(f.Pix, make([]byte, pad)...)
	}
	return f
}

// TestOrder checks the byte orders of the three formats that are no video, padding included.
func TestOrder(t *testing.T) {
	for pixel, want := range map[capture.PixelFormat]func(c *canvas, i int) byte{
		capture.RGB24: func(c *canvas, i int) byte { return c.pix[i] },
		capture.BGR24: func(c *canvas, i int) byte { return c.pix[i] },
		capture.GREY:  func(c *canvas, i int) byte { return c.pix[i/3*3+1] },
	} {
		c := zonePlate(13, 11)
		for i, v := range run(t, tensor(13, 11), Options{}, newVideoOrRGB(pixel, 13, 11, 3)) {
			if v != want(c, i) {
				t.Fatalf("%v: value %d is %d, want %d", pixel, i, v, want(c, i))
			}
		}
	}
}
