package browser

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"testing"
)

// TestReduce reduces a picture of few colours, which stays as it is, and one of many, which becomes small and stays alike.
func TestReduce(t *testing.T) {
	few, many := image.NewRGBA(image.Rect(0, 0, 300, 200)), image.NewRGBA(image.Rect(0, 0, 300, 200))
	for y := range 200 {
		for x := range 300 {
			few.Set(x, y, color.RGBA{uint8(x / 100 * 80), uint8(y / 100 * 90), 40, 255})
			many.Set(x, y, color.RGBA{uint8(x * 255 / 300), uint8(y * 255 / 200), uint8((x*7 + y*13) % 32), 255})
		}
	}
	for _, c := range []struct {
		img       image.Image
		max, most int // bytes, and what a channel may be off
	}{{few, 2000, 0}, {many, 20000, 40}} {
		var b bytes.Buffer
		if err := png.Encode(&b, c.img); err != nil {
			t.Fatal(err)
		}
		small, err := Reduce(b.Bytes(), c.max)
		if err != nil {
			t.Fatal(err)
		}
		if len(small) > c.max {
			t.Errorf("%d bytes", len(small))
		}
		got, err := png.Decode(bytes.NewReader(small))
		if err != nil {
			t.Fatal(err)
		}
		if off := furthest(c.img, got); off > c.most {
			t.Errorf("a channel is off by %d", off)
		}
	}
}

// furthest is the greatest difference of a channel between two pictures.
func furthest(a, b image.Image) (most int) {
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			r1, g1, b1, _ := a.At(x, y).RGBA()
			r2, g2, b2, _ := b.At(x, y).RGBA()
			for _, d := range []int{int(r1>>8) - int(r2>>8), int(g1>>8) - int(g2>>8), int(b1>>8) - int(b2>>8)} {
				most = max(most, d, -d)
			}
		}
	}
	return most
}
