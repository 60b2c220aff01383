package preprocess

import (
	"bytes"
	"image"
	"image/draw"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/files"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/capture/picture/jpeg"
	"github.com/inceptiond/inceptiond/capture/picture/still"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// waysIn are how a picture on the disk gets into the program: as files and classify read it, as source: files shows it, and
// as source: http has it in memory.
var waysIn = map[string]func(t *testing.T, path string, f *capture.Frame) error{
	"reader": func(t *testing.T, path string, f *capture.Frame) error {
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		return still.Decode(file, f)
	},
	"files": func(t *testing.T, path string, f *capture.Frame) error {
		src, err := files.Open(t.Context(), files.Options{Paths: []string{path}})
		if err != nil {
			t.Fatal(err)
		}
		defer src.Close()
		return src.Read(t.Context(), f)
	},
	"bytes": func(t *testing.T, path string, f *capture.Frame) error {
		return still.DecodeBytes(readFile(t, path), f)
	},
}

// pixels is what a model with an input of the picture's size would get of it.
func pixels(t *testing.T, f *capture.Frame) []byte {
	t.Helper()
	w, h, err := picture.Of(f).Size()
	if err != nil {
		t.Fatal(err)
	}
	return run(t, tensor(w, h), Options{}, f)
}

// expected is the pixels of a PNG, as image/png reads it.
func expected(t *testing.T, path string) (rgb []float64, w, h int) {
	t.Helper()
	m, err := png.Decode(bytes.NewReader(readFile(t, path)))
	if err != nil {
		t.Fatal(err)
	}
	b := m.Bounds()
	n := image.NewNRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(n, n.Rect, m, b.Min, draw.Src)
	for i, v := range n.Pix {
		if i%4 < 3 {
			rgb = append(rgb, float64(v))
		}
	}
	return rgb, b.Dx(), b.Dy()
}

// TestCases: every picture that people reported has the right pixels, whichever way it comes.
func TestCases(t *testing.T) {
	root := filepath.Join(shared.Dir(t), "cases")
	for _, kind := range []struct {
		pattern     string
		worst, mean float64
	}{{"jpeg/*.jpg", 4, 0.5}, {"bmp/*.bmp", 0, 0}} {
		paths, err := filepath.Glob(filepath.Join(root, kind.pattern))
		if err != nil || len(paths) < 3 {
			t.Fatalf("%s: %d pictures, %v", kind.pattern, len(paths), err)
		}
		for _, path := range paths {
			ext := filepath.Ext(path)
			want := strings.TrimSuffix(path, ext) + ".expected.png"
			if _, err := os.Stat(want); err != nil {
				want = filepath.Join(filepath.Dir(path), "clean.expected.png")
			}
			rgb, w, h := expected(t, want)
			for way, read := range waysIn {
				t.Run(filepath.Base(path)+"/"+way, func(t *testing.T) {
					var f capture.Frame
					if err := read(t, path, &f); err != nil {
						t.Fatal(err)
					}
					if f.Format.Width != w || f.Format.Height != h {
						t.Fatalf("%v, want %dx%d", f.Format, w, h)
					}
					if ext == ".jpg" { // what source: v4l2 looks at
						if gotW, gotH, err := jpeg.Size(f.Pix); gotW != w || gotH != h || err != nil {
							t.Errorf("Size: %dx%d, %v", gotW, gotH, err)
						}
					}
					worst, mean := differ(pixels(t, &f), rgb)
					if worst > kind.worst || mean > kind.mean || math.IsNaN(mean) {
						t.Errorf("off by %g levels at worst, %.3f in the mean", worst, mean)
					}
				})
			}
		}
	}
}
