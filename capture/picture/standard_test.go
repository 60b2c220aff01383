package picture

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture/picturetest"
)

// TestProgressive: what the standard library decodes is decoded once, and has full size at every reduction.
func TestProgressive(t *testing.T) {
	p := newPicture(t, Options{Flip: FlipVertical}, mjpg(picturetest.Progressive(), 16, 8))
	full, err := p.Planes(1)
	if err != nil {
		t.Fatal(err)
	}
	half, err := p.Planes(2)
	if err != nil || half.Width != 16 || &half.Plane[0].Pix[0] != &full.Plane[0].Pix[0] {
		t.Errorf("at half size: %+v, %v", half, err)
	}
	if full.Width != 16 || full.Height != 8 || full.Colour != Grey || full.Orientation != (Orientation{FlipX: true}) {
		t.Errorf("%+v", full)
	}
	row := full.Plane[0].Row(3, 0, 16, 1)
	if row[0] != 192 || row[7] != 192 || row[8] != 128 || row[15] != 128 {
		t.Errorf("row 3: %v, want 192 and 128", row)
	}
	s, err := p.Stored()
	if err != nil || s != (Stored{16, 8, Orientation{FlipX: true}}) {
		t.Errorf("stored: %+v, %v", s, err)
	}
}

// TestStandard checks the images of the standard library that need a conversion.
func TestStandard(t *testing.T) {
	for _, ratio := range []image.YCbCrSubsampleRatio{
		image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420,
		image.YCbCrSubsampleRatio440, image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410,
	} {
		m := image.NewYCbCr(image.Rect(0, 0, 13, 7), ratio)
		for i := range m.Y {
			m.Y[i] = 120
		}
		for i := range m.Cb {
			m.Cb[i], m.Cr[i] = 110, 150
		}
		r, g, b := color.YCbCrToRGB(120, 110, 150)
		checkColour(t, ratio.String(), standard(m), [3]byte{r, g, b}, [3]byte{120, 110, 150})
	}
	cmyk := image.NewCMYK(image.Rect(0, 0, 5, 5))
	for i := range cmyk.Pix {
		cmyk.Pix[i] = []byte{10, 60, 110, 30}[i%4]
	}
	r, g, b := color.CMYKToRGB(10, 60, 110, 30)
	checkColour(t, "CMYK", standard(cmyk), [3]byte{r, g, b}, [3]byte{})
}

// checkColour holds the last pixel of p to a colour: in RGB, or in Y'CbCr.
func checkColour(t *testing.T, name string, p Planes, rgb, ycc [3]byte) {
	t.Helper()
	x, y := p.Width-1, p.Height-1
	if p.Colour == RGB {
		if got := p.Plane[0].Row(y, x, x+1, 3); !bytes.Equal(got, rgb[:]) {
			t.Errorf("%s: %v, want %v", name, got, rgb)
		}
		return
	}
	if p.Colour != YCC {
		t.Errorf("%s: colour %v", name, p.Colour)
	}
	for i, want := range ycc {
		px, py := x, y
		if i > 0 {
			px, py = x/p.SubX, y/p.SubY
		}
		if got := p.Plane[i].Row(py, px, px+1, 1)[0]; got != want {
			t.Errorf("%s: plane %d has %d, want %d", name, i, got, want)
		}
	}
}

func TestDamagedJPEG(t *testing.T) {
	whole := encode(t, 64, 64, 0)
	p := newPicture(t, Options{}, mjpg(whole, 64, 64))
	planes := func(data []byte) error {
		p.Set(mjpg(data, 64, 64))
		_, err := p.Planes(1)
		return err
	}
	for n := 4; n < len(whole)-10; n += 7 {
		if err := planes(whole[:n]); !errors.Is(err, capture.ErrBadFrame) {
			t.Fatalf("%d of %d bytes: got %v, want ErrBadFrame", n, len(whole), err)
		}
	}
	huge := bytes.Replace(whole, []byte{8, 0, 64, 0, 64}, []byte{8, 0xFF, 0xFF, 0xFF, 0xFF}, 1)
	if err := planes(huge); !errors.Is(err, capture.ErrBadFrame) {
		t.Fatalf("65535x65535: got %v, want ErrBadFrame", err)
	}
	huge = bytes.Replace(picturetest.Progressive(), []byte{8, 0, 8, 0, 16}, []byte{8, 0x1F, 0x40, 0x1F, 0x40}, 1)
	if err := planes(huge); !errors.Is(err, capture.ErrBadFrame) || !strings.Contains(err.Error(), "cannot hold 8000x8000") {
		t.Fatalf("8000x8000 in a few bytes: got %v, want ErrBadFrame", err)
	}
}
