package preprocess

import (
	"bytes"
	"math"
	"testing"

	"github.com/inceptiond/inceptiond/capture/picture"
)

// TestAround lays regions around boxes of a frame of 640x480, for a square input unless it is said otherwise.
func TestAround(t *testing.T) {
	for _, c := range []struct {
		name        string
		box         [4]float64 // x, y, width and height
		margin      float64
		proportions float64
		want        [4]float64 // pixels
	}{
		{"square", [4]float64{0.25, 0.25, 0.15, 0.2}, 0, 1, [4]float64{160, 120, 96, 96}},
		{"with a margin", [4]float64{0.25, 0.25, 0.15, 0.2}, 0.125, 1, [4]float64{148, 108, 120, 120}},
		{"a person", [4]float64{0.5, 0.25, 0.1, 0.4}, 0, 1, [4]float64{256, 120, 192, 192}},
		{"a car", [4]float64{0.25, 0.5, 0.3, 0.1}, 0, 1, [4]float64{160, 168, 192, 192}},
		{"for a wide input", [4]float64{0.5, 0.25, 0.1, 0.4}, 0, 2, [4]float64{160, 120, 384, 192}},
		{"for a high input", [4]float64{0.25, 0.5, 0.3, 0.1}, 0, 0.5, [4]float64{160, 72, 192, 384}},
		{"at the left edge", [4]float64{0, 0.25, 0.1, 0.4}, 0, 1, [4]float64{0, 120, 192, 192}},
		{"in the lower right corner", [4]float64{0.9, 0.8, 0.1, 0.2}, 0.5, 1, [4]float64{448, 288, 192, 192}},
		{"as high as the frame", [4]float64{0.4, 0, 0.2, 1}, 0.125, 1, [4]float64{20, 0, 600, 480}},
		{"all of the frame", [4]float64{0, 0, 1, 1}, 0.125, 1, [4]float64{0, 0, 640, 480}},
		{"a point", [4]float64{0.5, 0.5, 0, 1e-12}, 0.125, 1, [4]float64{319.5, 239.5, 1, 1}},
	} {
		got := Around(region(c.box), c.margin, c.proportions, 640, 480)
		pixels := [4]float64{got.X * 640, got.Y * 480, got.Width * 640, got.Height * 480}
		for i := range pixels {
			if math.Abs(pixels[i]-c.want[i]) > 1e-6 {
				t.Errorf("%s: %v, want %v", c.name, pixels, c.want)
				break
			}
		}
		if err := got.Validate(); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// A region that is set later gives the tensor that it would have given from the beginning, whatever the one before.
func TestSetRegion(t *testing.T) {
	frame := encode(t, zonePlate(320, 240), 6)
	pic := newPicture(t, picture.Options{Rotate: 90}, frame)
	later, err := New(tensor(64, 48), Options{Fit: Letterbox, FastDecode: FastAlways})
	if err != nil {
		t.Fatal(err)
	}
	regions := []Region{{X: 0.5, Y: 0.25, Width: 0.25, Height: 0.5}, {Width: 1, Height: 1}, {X: 0.1, Y: 0.7, Width: 0.01, Height: 0.3}, {}, {Width: 0.5, Height: 0.1}}
	got, want := make([]byte, later.target.spec.Bytes()), make([]byte, later.target.spec.Bytes())
	for _, r := range append(regions, regions[1]) {
		fresh, err := New(tensor(64, 48), Options{Fit: Letterbox, FastDecode: FastAlways, Region: r})
		if err != nil {
			t.Fatal(err)
		}
		if err := later.SetRegion(r); err != nil {
			t.Fatal(err)
		}
		if err := later.Run(pic, got, nil); err != nil {
			t.Fatal(err)
		}
		if err := fresh.Run(pic, want, nil); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%+v: another tensor than from the beginning, %v", r, err)
		}
		if a, b := later.Upright(Region{X: 0.5, Width: 0.5, Height: 0.5}), fresh.Upright(Region{X: 0.5, Width: 0.5, Height: 0.5}); a != b {
			t.Errorf("%+v: a quarter shows %v, want %v", r, a, b)
		}
	}
	if err := later.SetRegion(Region{X: math.NaN(), Width: 1, Height: 1}); err == nil {
		t.Error("no error for a region nowhere")
	}
	if err := later.Run(pic, got, nil); err != nil {
		t.Errorf("after a region that cannot be: %v", err)
	}
}
