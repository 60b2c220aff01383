package replay_test

import (
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/daemon/pipeline"
	"github.com/inceptiond/inceptiond/daemon/replay"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/overlay"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	"github.com/inceptiond/inceptiond/infer/task"
)

// Whatever corner an object is in, nothing covers what is said of it.
func TestPictures(t *testing.T) {
	for name, box := range map[string]task.Box{
		"upper left":  {X: 0, Y: 0, Width: 0.5, Height: 0.5},
		"lower right": {X: 0.5, Y: 0.5, Width: 0.5, Height: 0.5},
		"all":         {X: 0, Y: 0, Width: 1, Height: 1},
	} {
		p, err := picture.New(picture.Options{})
		if err != nil {
			t.Fatal(err)
		}
		p.Set(plain(40, 190, 60).frame)
		bare, err := preprocess.Upright(p)
		if err != nil {
			t.Fatal(err)
		}
		sight := &pipeline.Sight{
			RGB: make([]byte, 3), Width: 1, Height: 1, Shows: [4]float64{0, 0, 1, 1}, Labels: infer.Labels{"dog"},
			Findings: &task.Findings{Objects: []task.Object{{Box: box, Score: 0.9}}},
		}
		w := replay.Pictures{Folder: t.TempDir()}
		if err := w.Write("door", 1, p, sight); err != nil {
			t.Fatal(err)
		}
		found, err := preprocess.Upright(p)
		if err != nil {
			t.Fatal(err)
		}
		overlay.Draw(found, sight.Findings, sight.Labels.Name, nil)
		is := decoded(t, filepath.Join(w.Folder, "door-0001-frame.png"))
		drawn := 0
		for y := range found.Bounds().Dy() {
			for x := range found.Bounds().Dx() {
				if found.At(x, y) == bare.At(x, y) {
					continue
				}
				drawn++
				r, g, b, _ := found.At(x, y).RGBA()
				if r2, g2, b2, _ := is.At(x, y).RGBA(); r != r2 || g != g2 || b != b2 {
					t.Fatalf("%s: what was found is covered at %d, %d", name, x, y)
				}
			}
		}
		if drawn == 0 || w.N != 2 {
			t.Errorf("%s: %d pixels of what was found, %d pictures", name, drawn, w.N)
		}
	}
}

// decoded is the picture in a PNG.
func decoded(t *testing.T, path string) image.Image {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return img
}
