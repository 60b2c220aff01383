package preprocess

import (
	"bytes"
	"image"
	stdjpeg "image/jpeg"
	"math"
	"testing"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/capture/picture/picturetest"
)

// encode makes a JPEG of c with 4:2:0 chroma, and an EXIF orientation if it is not 0.
func encode(t testing.TB, c *canvas, orientation uint16) *capture.Frame {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, c.w, c.h))
	for i := range c.w * c.h {
		copy(m.Pix[4*i:], append(c.pix[3*i:3*i+3:3*i+3], 255))
	}
	var b bytes.Buffer
	if err := stdjpeg.Encode(&b, m, &stdjpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	pix := b.Bytes()
	if orientation != 0 {
		pix = append(append(append([]byte{}, pix[:2]...), picturetest.EXIF(orientation)...), pix[2:]...)
	}
	return &capture.Frame{Pix: pix, Format: capture.Format{Pixel: capture.MJPG, Width: c.w, Height: c.h}}
}

// soft is a picture without the fine detail that JPEG changes.
func soft(w, h int) *canvas {
	c := newCanvas(w, h)
	for y := range h {
		for x := range w {
			fx, fy := float64(x)/float64(w), float64(y)/float64(h)
			copy(c.pix[(y*w+x)*3:], []byte{uint8(40 + 170*fx), uint8(60 + 150*fy), uint8(128 + 80*math.Sin(5*fx+3*fy))})
		}
	}
	return c
}

// differ is the largest and the mean distance of got from want, in levels.
func differ(got []byte, want []float64) (worst, mean float64) {
	for i, v := range got {
		d := math.Abs(float64(v) - want[i])
		worst = max(worst, d)
		mean += d / float64(len(got))
	}
	return worst, mean
}

func TestJPEG(t *testing.T) {
	pic := soft(203, 149)
	o, camera := Options{Region: Region{X: 0.1, Y: 0.2, Width: 0.7, Height: 0.6}, Fit: Crop}, picture.Options{Rotate: 270}
	got := run(t, tensor(60, 50), o, encode(t, pic, 0), camera)
	if worst, mean := differ(got, pic.upright(camera).reference(o, 60, 50)); worst > 4 || mean > 1 {
		t.Errorf("off by %.1f levels at worst, %.2f in the mean", worst, mean)
	}
}

// TestOrientation stores a picture in each of the eight ways that EXIF knows; all come out alike. What is expected
// follows from the tag's text (where row 0 and column 0 of the stored picture are in the scene), not from our table.
func TestOrientation(t *testing.T) {
	pic := soft(96, 64)
	want := pic.reference(Options{}, 48, 32)
	stored := map[uint16]*canvas{
		1: pic,                                                      // top, left
		2: pic.mirror(),                                             // top, right
		3: pic.upright(picture.Options{Rotate: 180}),                // bottom, right
		4: pic.upright(picture.Options{Flip: picture.FlipVertical}), // bottom, left
		5: pic.upright(picture.Options{Rotate: 90}).mirror(),        // left, top
		6: pic.upright(picture.Options{Rotate: 270}),                // right, top
		7: pic.upright(picture.Options{Rotate: 270}).mirror(),       // right, bottom
		8: pic.upright(picture.Options{Rotate: 90}),                 // left, bottom
	}
	for orientation, c := range stored {
		got := run(t, tensor(48, 32), Options{}, encode(t, c, orientation))
		if worst, _ := differ(got, want); worst > 5 {
			t.Errorf("orientation %d: off by %.1f levels", orientation, worst)
		}
	}
}

// TestFastDecode checks that reduced decoding shows the same region, and is used.
func TestFastDecode(t *testing.T) {
	for _, s := range [][2]int{{320, 240}, {317, 235}} { // the second is no multiple of 8
		pic := soft(s[0], s[1])
		for _, c := range []struct {
			o      Options
			camera picture.Options
			scale  int
		}{
			{Options{}, picture.Options{}, 4},
			{Options{Region: Region{X: 0.5, Y: 0.5, Width: 0.5, Height: 0.5}}, picture.Options{Flip: picture.FlipBoth}, 2},
			{Options{Region: Region{X: 0, Y: 0, Width: 0.2, Height: 0.2}}, picture.Options{}, 1},
			{Options{Fit: Crop}, picture.Options{Rotate: 90}, 4},
		} {
			o := c.o
			o.FastDecode = FastAlways
			p, err := New(tensor(50, 50), o)
			if err != nil {
				t.Fatal(err)
			}
			out := make([]byte, p.target.spec.Bytes())
			if err := p.Run(newPicture(t, c.camera, encode(t, pic, 6)), out, nil); err != nil {
				t.Fatal(err)
			}
			if got := (s[0] + c.scale - 1) / c.scale; p.planned.width != got {
				t.Errorf("%+v: decoded %d pixels wide, want %d", c.o, p.planned.width, got)
			}
			want := pic.rotate().upright(c.camera).reference(c.o, 50, 50)
			if worst, mean := differ(out, want); worst > 5 || mean > 1 {
				t.Errorf("%v %+v: off by %.1f levels at worst, %.2f in the mean", s, c.o, worst, mean)
			}
		}
	}
}

// TestFastDecodeEdge reduces 41 pixels to 6, of which the last is one column of the picture and seven of nothing.
func TestFastDecodeEdge(t *testing.T) {
	pic := newCanvas(41, 41)
	for i := range pic.pix {
		pic.pix[i] = byte(i / 3 % 41 * 6)
	}
	o := Options{FastDecode: FastAlways}
	got := run(t, tensor(5, 5), o, encode(t, pic, 0), picture.Options{Flip: picture.FlipHorizontal})
	if worst, mean := differ(got, pic.mirror().reference(o, 5, 5)); worst > 8 || mean > 3 {
		t.Errorf("off by %.1f levels at worst, %.2f in the mean", worst, mean)
	}
}

func TestProgressive(t *testing.T) {
	f := &capture.Frame{Pix: picturetest.Progressive(), Format: capture.Format{Pixel: capture.MJPG, Width: 16, Height: 8}}
	got := run(t, tensor(2, 1), Options{}, f)
	// The filter reaches half a cell into its neighbour, and off the picture on the other side: weights 6 to 1.
	// Orientation 3 is upside down.
	want := []byte{137, 137, 137, 183, 183, 183}
	if !bytes.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
