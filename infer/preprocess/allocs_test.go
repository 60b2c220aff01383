//go:build !race

package preprocess

import (
	"testing"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
)

// TestAllocs runs every format twice and then counts what the next frames allocate.
func TestAllocs(t *testing.T) {
	for _, pixel := range capture.PixelFormats() {
		var f *capture.Frame
		if pixel == capture.MJPG {
			f = encode(t, zonePlate(320, 240), 6)
		} else {
			f = newVideoOrRGB(pixel, 320, 240, 0)
		}
		for _, o := range []Options{{}, {Fit: Letterbox, FastDecode: FastAlways, Region: Region{X: 0.2, Y: 0.2, Width: 0.7, Height: 0.6}}} {
			p, err := New(tensor(96, 96), o)
			if err != nil {
				t.Fatal(err)
			}
			out := make([]byte, p.target.spec.Bytes())
			pic := newPicture(t, picture.Options{Rotate: 90}, f)
			n := testing.AllocsPerRun(10, func() {
				pic.Set(f)
				if err := p.Run(pic, out, nil); err != nil {
					t.Fatal(err)
				}
			})
			if n != 0 {
				t.Errorf("%v, %v: %g allocations a frame", pixel, o.Fit, n)
			}
		}
	}
}

// TestRegionAllocs sets one region after the other, as crops of a picture have them.
func TestRegionAllocs(t *testing.T) {
	f := encode(t, zonePlate(320, 240), 6)
	p, err := New(tensor(96, 96), Options{FastDecode: FastAuto})
	if err != nil {
		t.Fatal(err)
	}
	out := make([]byte, p.target.spec.Bytes())
	pic := newPicture(t, picture.Options{}, f)
	n := testing.AllocsPerRun(10, func() {
		pic.Set(f)
		for _, r := range []Region{{X: 0.5, Y: 0.25, Width: 0.25, Height: 0.5}, {Width: 1, Height: 1}, {X: 0.1, Y: 0.7, Width: 0.01, Height: 0.3}} {
			if err := p.SetRegion(r); err != nil {
				t.Fatal(err)
			}
			if err := p.Run(pic, out, nil); err != nil {
				t.Fatal(err)
			}
		}
	})
	if n != 0 {
		t.Errorf("%g allocations a picture", n)
	}
}
