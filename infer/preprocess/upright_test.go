package preprocess

import (
	"bytes"
	"math"
	"testing"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer"
)

// TestUpright lays parts of a tensor of 224x224 back over a frame of 640x480, stored upright or on its side.
func TestUpright(t *testing.T) {
	half := Region{X: 0.5, Width: 0.5, Height: 1}
	for _, c := range []struct {
		name       string
		o          Options
		part, want [4]float64 // x, y, width, height
	}{
		{"all of it", Options{}, [4]float64{0, 0, 1, 1}, [4]float64{0, 0, 1, 1}},
		{"a part", Options{}, [4]float64{0.25, 0.5, 0.125, 0.25}, [4]float64{0.25, 0.5, 0.125, 0.25}},
		{"of a region", Options{Region: half}, [4]float64{0.5, 0.5, 0.5, 0.5}, [4]float64{0.75, 0.5, 0.25, 0.5}},
		{"cropped", Options{Fit: Crop}, [4]float64{0, 0, 1, 1}, [4]float64{0.125, 0, 0.75, 1}},
		{"a part, cropped", Options{Fit: Crop}, [4]float64{0.5, 0.5, 0.5, 0.5}, [4]float64{0.5, 0.5, 0.375, 0.5}},
		{"letterbox", Options{Fit: Letterbox}, [4]float64{0, 0, 1, 1}, [4]float64{0, 0, 1, 1}},
		{"below the bar", Options{Fit: Letterbox}, [4]float64{0, 0.125, 1, 0.375}, [4]float64{0, 0, 1, 0.5}},
		{"half on the bar", Options{Fit: Letterbox}, [4]float64{0, 0, 1, 0.5}, [4]float64{0, 0, 1, 0.5}},
		{"the bar", Options{Fit: Letterbox}, [4]float64{0, 0, 1, 0.125}, [4]float64{0, 0, 1, 0}},
	} {
		p, err := New(infer.TensorSpec{Shape: []int{1, 224, 224, 3}, Type: infer.Uint8}, c.o)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Upright(region(c.part)); got != (Region{}) {
			t.Errorf("%s, before there was a picture: %v", c.name, got)
		}
		for _, stored := range []plan{
			{exactWidth: 640, exactHeight: 480},
			{exactWidth: 480, exactHeight: 640, orientation: picture.Orientation{Transpose: true, FlipX: true}},
		} {
			p.planned = stored
			got := p.Upright(region(c.part))
			for _, d := range []float64{got.X - c.want[0], got.Y - c.want[1], got.Width - c.want[2], got.Height - c.want[3]} {
				if math.Abs(d) > 1e-9 {
					t.Errorf("%s, %+v: %v, want %v", c.name, stored.orientation, got, c.want)
					break
				}
			}
		}
	}
}

// TestUprightLinear lays corners and points beyond the tensor over the frame too, and tells where the picture lies.
func TestUprightLinear(t *testing.T) {
	half := Region{X: 0.5, Width: 0.5, Height: 1}
	for _, c := range []struct {
		name              string
		o                 Options
		part, want, shown [4]float64 // x, y, width, height
	}{
		{"all of it", Options{}, [4]float64{0, 0, 1, 1}, [4]float64{0, 0, 1, 1}, [4]float64{0, 0, 1, 1}},
		{"a point", Options{}, [4]float64{0.25, 0.75, 0, 0}, [4]float64{0.25, 0.75, 0, 0}, [4]float64{0, 0, 1, 1}},
		{"beyond", Options{}, [4]float64{-0.5, 0.5, 2, 2}, [4]float64{-0.5, 0.5, 2, 2}, [4]float64{0, 0, 1, 1}},
		{"of a region", Options{Region: half}, [4]float64{-0.5, 0, 1, 1}, [4]float64{0.25, 0, 0.5, 1}, [4]float64{0, 0, 1, 1}},
		{"cropped", Options{Fit: Crop}, [4]float64{-0.25, 0, 1.5, 1}, [4]float64{-0.0625, 0, 1.125, 1}, [4]float64{0, 0, 1, 1}},
		{"letterbox", Options{Fit: Letterbox}, [4]float64{0, 0.125, 1, 0.75}, [4]float64{0, 0, 1, 1}, [4]float64{0, 0.125, 1, 0.75}},
		{"on the bar", Options{Fit: Letterbox}, [4]float64{0, 0, 1, 0.125}, [4]float64{0, -1. / 6, 1, 1. / 6}, [4]float64{0, 0.125, 1, 0.75}},
	} {
		p, err := New(infer.TensorSpec{Shape: []int{1, 224, 224, 3}, Type: infer.Uint8}, c.o)
		if err != nil {
			t.Fatal(err)
		}
		if at, shown := p.UprightLinear(region(c.part)), p.Shown(); at != (Region{}) || shown != (Region{}) {
			t.Errorf("%s, before there was a picture: %v, %v", c.name, at, shown)
		}
		for _, stored := range []plan{
			{exactWidth: 640, exactHeight: 480},
			{exactWidth: 480, exactHeight: 640, orientation: picture.Orientation{Transpose: true, FlipX: true}},
		} {
			p.planned = stored
			for _, pair := range [][2]Region{{p.UprightLinear(region(c.part)), region(c.want)}, {p.Shown(), region(c.shown)}} {
				if got, want := pair[0], pair[1]; !near(got, want) {
					t.Errorf("%s, %+v: %v, want %v", c.name, stored.orientation, got, want)
				}
			}
		}
	}
}

func near(a, b Region) bool {
	const most = 1e-9
	return math.Abs(a.X-b.X) < most && math.Abs(a.Y-b.Y) < most && math.Abs(a.Width-b.Width) < most && math.Abs(a.Height-b.Height) < most
}

func region(p [4]float64) Region { return Region{X: p[0], Y: p[1], Width: p[2], Height: p[3]} }

// A picture is drawn pixel by pixel, and smaller where it has more than can be.
func TestUprightImage(t *testing.T) {
	for _, c := range [][4]int{{300, 2, 300, 2}, {8192, 2, 8192, 2}, {16384, 8, 8192, 4}, {2, 10000, 1, 8192}} {
		format := capture.Packed(capture.GREY, c[0], c[1])
		f := capture.Frame{Format: format, Pix: bytes.Repeat([]byte{100}, c[0]*c[1])}
		img, err := Upright(picture.Of(&f))
		if err != nil || img.Rect.Dx() != c[2] || img.Rect.Dy() != c[3] || img.Pix[0] != 100 || img.Pix[len(img.Pix)-4] != 100 {
			t.Errorf("%v: %v, %v", c, img.Bounds(), err)
		}
	}
}
