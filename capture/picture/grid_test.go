package picture

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	stdjpeg "image/jpeg"
	"testing"

	"github.com/inceptiond/inceptiond/capture"
)

// shade is the brightness of a scene at a place of the upright picture.
func shade(u, v float64) uint8 { return uint8(20 + 150*u + 60*v) }

// shaded is a frame of a scene, stored so that an orientation puts it upright.
func shaded(t testing.TB, pixel capture.PixelFormat, w, h int, o Orientation) *capture.Frame {
	t.Helper()
	at := func(x, y int) uint8 {
		u, v := (float64(x)+0.5)/float64(w), (float64(y)+0.5)/float64(h)
		if o.Transpose {
			u, v = v, u
		}
		if o.FlipX {
			u = 1 - u
		}
		if o.FlipY {
			v = 1 - v
		}
		return shade(u, v)
	}
	if pixel == capture.MJPG {
		m := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
		for y := range h {
			for x := range w {
				m.Y[m.YOffset(x, y)] = at(x, y)
			}
		}
		for i := range m.Cb {
			m.Cb[i], m.Cr[i] = uint8(i), uint8(3*i)
		}
		var b bytes.Buffer
		if err := stdjpeg.Encode(&b, m, &stdjpeg.Options{Quality: 95}); err != nil {
			t.Fatal(err)
		}
		return mjpg(b.Bytes(), w, h)
	}
	f := &capture.Frame{Format: capture.Packed(pixel, w, h)}
	n, err := f.Format.Size()
	if err != nil {
		t.Fatal(err)
	}
	f.Pix = bytes.Repeat([]byte{0, 255, 90}, n/3+1)[:n] // chroma that must not matter
	planes, err := raw(f)
	if err != nil {
		t.Fatal(err)
	}
	for y := range h {
		for x := range w {
			p := planes.Plane[0]
			i := y*p.Stride + x*p.Step
			p.Pix[i] = at(x, y)
			if planes.Colour == RGB || planes.Colour == BGR {
				p.Pix[i+1], p.Pix[i+2] = at(x, y), at(x, y)
			}
		}
	}
	return f
}

// Whatever the format, the size, the orientation and the region: a cell is as bright as the scene is there.
func TestGrid(t *testing.T) {
	formats := []capture.PixelFormat{capture.MJPG}
	for _, f := range raws(8, 8) {
		formats = append(formats, f.Format.Pixel)
	}
	orientations := []Options{{}, {Rotate: 90}, {Rotate: 180}, {Rotate: 270, Flip: FlipVertical}, {Flip: FlipHorizontal}, {Rotate: 90, Flip: FlipBoth}}
	for _, pixel := range formats {
		for _, size := range [][2]int{{640, 480}, {322, 242}, {64, 48}, {16, 16}} {
			for _, o := range orientations {
				for _, region := range []Region{{}, {X: 0.25, Y: 0.5, Width: 0.5, Height: 0.5}} {
					name := fmt.Sprintf("%v %v %+v %+v", pixel, size, o, region)
					turn, err := o.orientation()
					if err != nil {
						t.Fatal(err)
					}
					p := newPicture(t, o, shaded(t, pixel, size[0], size[1], turn))
					checkGrid(t, name, p, region, size)
				}
			}
		}
	}
}

func checkGrid(t *testing.T, name string, p *Picture, region Region, size [2]int) {
	t.Helper()
	const width, height = 12, 9
	g, err := NewGrid(region, width, height)
	if err != nil {
		t.Fatal(err)
	}
	cells := make([]uint8, width*height)
	for range 2 { // with and without a plan
		clear(cells)
		if err := g.Fill(p, cells); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if region == (Region{}) {
			region = Region{Width: 1, Height: 1}
		}
		coarse := 210 * 1.5 / float64(min(size[0], size[1])) // a sample for a cell may lie beside its middle,
		if p.frame.Format.Pixel == capture.MJPG {
			coarse *= 4 // and be one of a reduced picture
		}
		for i, got := range cells {
			u := region.X + region.Width*(float64(i%width)+0.5)/width
			v := region.Y + region.Height*(float64(i/width)+0.5)/height
			if want := shade(u, v); float64(got)-float64(want) > 4+coarse || float64(want)-float64(got) > 4+coarse {
				t.Fatalf("%s: cell %d, %d is %d, want %d", name, i%width, i/width, got, want)
			}
		}
	}
}

func TestGridSaysWhatIsWrong(t *testing.T) {
	if _, err := NewGrid(Region{X: 0.9, Width: 0.5, Height: 1}, 4, 4); err == nil {
		t.Error("a region beyond the picture")
	}
	g, err := NewGrid(Region{}, 4, 4)
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Fill(newPicture(t, Options{}, mjpg([]byte("no JPEG"), 8, 8)), make([]uint8, 16)); !errors.Is(err, capture.ErrBadFrame) {
		t.Errorf("error %v", err)
	}
	short := shaded(t, capture.GREY, 64, 48, Orientation{})
	short.Pix = short.Pix[:100]
	if err := g.Fill(newPicture(t, Options{}, short), make([]uint8, 16)); !errors.Is(err, capture.ErrBadFrame) {
		t.Errorf("error %v", err)
	}
}

// colourful is a JPEG of noise and edges, as photographs are not much worse.
func colourful(t testing.TB, w, h int) *capture.Frame {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			n := uint8((x*x/7 + y*y/5) % 60)
			m.Set(x, y, color.RGBA{n + uint8(x/8), n + uint8(y/8), uint8(x ^ y), 255})
		}
	}
	var b bytes.Buffer
	if err := stdjpeg.Encode(&b, m, &stdjpeg.Options{Quality: 80}); err != nil {
		t.Fatal(err)
	}
	return mjpg(b.Bytes(), w, h)
}

func BenchmarkGrid(b *testing.B) {
	for _, size := range [][2]int{{640, 480}, {1280, 720}} {
		for _, pixel := range []capture.PixelFormat{capture.YUYV, capture.NV12, capture.GREY, capture.RGB24, capture.MJPG} {
			b.Run(fmt.Sprintf("%v-%dx%d", pixel, size[0], size[1]), func(b *testing.B) {
				f := colourful(b, size[0], size[1])
				if pixel != capture.MJPG {
					f = shaded(b, pixel, size[0], size[1], Orientation{})
				}
				p := newPicture(b, Options{}, f)
				g, err := NewGrid(Region{}, 64, 48)
				if err != nil {
					b.Fatal(err)
				}
				cells := make([]uint8, 64*48)
				b.ReportAllocs()
				for b.Loop() {
					p.Set(f) // else a JPEG is decoded once
					if err := g.Fill(p, cells); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
