package preprocess

import (
	"bytes"
	"image"
	"image/jpeg"
	"testing"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/capture/picture/picturetest"
)

// grey is a frame of one brightness.
func grey(w, h int, level byte) *capture.Frame {
	f := &capture.Frame{Format: capture.Packed(capture.GREY, w, h)}
	f.Pix = bytes.Repeat([]byte{level}, w*h)
	return f
}

// Pictures to teach with are small, but never so small that the model would see less of them than of the frame.
func TestCutterSize(t *testing.T) {
	all := Region{}
	for name, c := range map[string]struct {
		input, w, h  int
		camera       picture.Options
		region       Region
		fit          Fit
		wantW, wantH int
	}{
		"4:3":               {224, 640, 480, picture.Options{}, all, Stretch, 320, 240},
		"4:3 for 299":       {299, 640, 480, picture.Options{}, all, Stretch, 399, 299},
		"square for 299":    {299, 600, 600, picture.Options{}, all, Stretch, 384, 384},
		"16:9":              {224, 1280, 720, picture.Options{}, all, Crop, 398, 224},
		"16:9 with bars":    {224, 1280, 720, picture.Options{}, all, Letterbox, 320, 180},
		"turned":            {224, 640, 480, picture.Options{Rotate: 90}, all, Stretch, 240, 320},
		"small as it is":    {224, 160, 120, picture.Options{}, all, Stretch, 160, 120},
		"a region":          {224, 640, 480, picture.Options{}, Region{X: 0.5, Width: 0.5, Height: 1}, Stretch, 224, 336},
		"a region of few":   {224, 640, 480, picture.Options{}, Region{X: 0.25, Y: 0.25, Width: 0.25, Height: 0.25}, Stretch, 160, 120},
		"for a small input": {96, 640, 480, picture.Options{}, all, Stretch, 320, 240},
		"for a large one":   {448, 2000, 2000, picture.Options{}, all, Stretch, 576, 576},
	} {
		e, err := NewCutter(tensor(c.input, c.input), Options{Region: c.region, Fit: c.fit})
		if err != nil {
			t.Fatal(err)
		}
		data, err := e.Encode(newPicture(t, c.camera, grey(c.w, c.h, 200)))
		if err != nil {
			t.Fatal(err)
		}
		is, err := jpeg.DecodeConfig(bytes.NewReader(data))
		if err != nil || is.Width != c.wantW || is.Height != c.wantH {
			t.Errorf("%s: %dx%d, %v; want %dx%d", name, is.Width, is.Height, err, c.wantW, c.wantH)
		}
	}
	bad := tensor(224, 224)
	bad.Shape = []int{1, 1000}
	if _, err := NewCutter(bad, Options{}); err == nil {
		t.Error("an input that is no picture is taken")
	}
	if _, err := NewCutter(tensor(224, 224), Options{Region: Region{X: 1, Width: 1, Height: 1}}); err == nil {
		t.Error("a region outside of the frame is taken")
	}
}

// What the camera wrote into its JPEG, and what lies under a mask, is not in a picture to teach with.
func TestCutterTellsNothing(t *testing.T) {
	var plain bytes.Buffer
	if err := jpeg.Encode(&plain, image.NewRGBA(image.Rect(0, 0, 64, 48)), nil); err != nil {
		t.Fatal(err)
	}
	data := plain.Bytes()
	tagged := append(append(bytes.Clone(data[:2]), picturetest.EXIF(1)...), data[2:]...)
	e, err := NewCutter(tensor(224, 224), Options{})
	if err != nil {
		t.Fatal(err)
	}
	f := &capture.Frame{Format: capture.Format{Pixel: capture.MJPG, Width: 64, Height: 48}, Pix: tagged}
	got, err := e.Encode(newPicture(t, picture.Options{}, f))
	if err != nil || bytes.Contains(got, []byte("Exif")) || bytes.HasSuffix(got, data[len(data)-64:]) {
		t.Errorf("%v; passed as it is, or with its EXIF: %t", err, bytes.Contains(got, []byte("Exif")))
	}
	mask := picture.Polygon{0, 0, 0.5, 0, 0.5, 1, 0, 1}
	got, err = e.Encode(newPicture(t, picture.Options{Mask: []picture.Polygon{mask}}, grey(640, 480, 255)))
	if err != nil {
		t.Fatal(err)
	}
	m, err := jpeg.Decode(bytes.NewReader(got))
	if err != nil {
		t.Fatal(err)
	}
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx()/2 - 8 {
			if r, _, _, _ := m.At(x, y).RGBA(); r>>8 > 4 {
				t.Fatalf("at %d, %d under the mask: %d", x, y, r>>8)
			}
		}
	}
}
