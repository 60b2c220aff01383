package preprocess

import (
	"bytes"
	"flag"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
)

var update = flag.Bool("update", false, "write the golden files of testdata anew")

// TestGolden compares with pictures byte by byte: the result is the same on every machine, whatever its loops.
func TestGolden(t *testing.T) {
	plate := zonePlate(160, 120)
	full := newVideo(capture.I420, 333, 221, 5).frame
	full.Format.FullRange = true
	for _, c := range []struct {
		name   string
		frame  *capture.Frame
		camera picture.Options
		w, h   int
		opt    Options
	}{
		{"shrink", plate.frame(), picture.Options{}, 56, 56, Options{}},
		{"enlarge", zonePlate(20, 15).frame(), picture.Options{}, 75, 75, Options{}},
		{"crop_rotate90", plate.frame(), picture.Options{Rotate: 90}, 56, 56, Options{Fit: Crop}},
		{"letterbox_flip", plate.frame(), picture.Options{Flip: picture.FlipHorizontal}, 56, 56,
			Options{Fit: Letterbox, Fill: [3]uint8{114, 114, 114}}},
		{"region", plate.frame(), picture.Options{}, 56, 40, Options{Region: Region{X: 0.3, Y: 0.25, Width: 0.5, Height: 0.5}}},
		{"yuyv", newVideo(capture.YUYV, 160, 120, 0).frame, picture.Options{}, 56, 56, Options{}},
		{"nv12", newVideo(capture.NV12, 160, 120, 0).frame, picture.Options{}, 56, 56, Options{}},
		{"i420_full_odd", full, picture.Options{}, 56, 56, Options{}},
		{"uyvy_rotate270", newVideo(capture.UYVY, 335, 50, 3).frame, picture.Options{Rotate: 270}, 40, 64,
			Options{Region: Region{X: 0.1, Y: 0.07, Width: 0.8, Height: 0.9}, Fit: Crop}},
		{"bgr_enlarge", newVideoOrRGB(capture.BGR24, 45, 33, 1), picture.Options{Flip: picture.FlipBoth}, 64, 56,
			Options{Region: Region{X: 0.2, Y: 0.1, Width: 0.7, Height: 0.8}}},
		{"grey_mask", newVideoOrRGB(capture.GREY, 161, 99, 0), picture.Options{Mask: []picture.Polygon{{0.1, 0.1, 0.5, 0.2, 0.3, 0.8}}}, 56, 56,
			Options{Fit: Letterbox}},
	} {
		pic := newPicture(t, c.camera, c.frame)
		path := filepath.Join("testdata", c.name+".png")
		if *update {
			writePNG(t, path, tensorOf(t, plain(), tensor(c.w, c.h), c.opt, pic, nil), c.w, c.h)
		}
		want := readPNG(t, path)
		for _, l := range available() {
			t.Run(c.name+"/"+l.name, func(t *testing.T) {
				if !bytes.Equal(tensorOf(t, l, tensor(c.w, c.h), c.opt, pic, nil), want) {
					t.Errorf("differs from %s (go test -run Golden -update writes it anew)", path)
				}
			})
		}
	}
}

func writePNG(t *testing.T, path string, pix []byte, w, h int) {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		m.Set(i%w, i/w, color.NRGBA{pix[3*i], pix[3*i+1], pix[3*i+2], 255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// readPNG is the picture's bytes as RGB, row after row.
func readPNG(t *testing.T, path string) []byte {
	t.Helper()
	m, err := png.Decode(bytes.NewReader(readFile(t, path)))
	if err != nil {
		t.Fatal(err)
	}
	var pix []byte
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			c := color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)
			pix = append(pix, c.R, c.G, c.B)
		}
	}
	return pix
}
