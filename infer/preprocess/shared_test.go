package preprocess

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestPillow compares with what Pillow made of real pictures: decoded, converted to RGB and resized with BILINEAR. A
// BMP holds the filter alone to one level (Pillow rounds to bytes between its two passes, we do not); for a JPEG the
// inverse DCT and chroma add theirs.
func TestPillow(t *testing.T) {
	dir := shared.Dir(t)
	for _, c := range []struct {
		picture, golden string
		worst, mean     float64
	}{
		{"cat.bmp", "cat", 1, 0.2},
		{"Beaker.jpg", "Beaker", 3, 0.3},
		{"hot_dog.jpg", "hot_dog", 3, 0.3},
		{"monkey.jpg", "monkey", 3, 0.3},
		{"parrot.jpg", "parrot", 3, 0.3},
	} {
		for _, size := range []struct {
			side int
			name string
		}{{224, "_224.rgb"}, {128, "_128.rgb"}} {
			t.Run(c.golden+size.name, func(t *testing.T) {
				data := readFile(t, filepath.Join(dir, "pictures", c.picture))
				f := &capture.Frame{Pix: data, Format: capture.Format{Pixel: capture.MJPG, Width: 1, Height: 1}}
				if filepath.Ext(c.picture) == ".bmp" {
					f = bmp(t, data)
				}
				golden := readFile(t, filepath.Join(dir, "golden", "input", c.golden+size.name))
				want := make([]float64, len(golden))
				for i, v := range golden {
					want[i] = float64(v)
				}
				worst, mean := differ(run(t, tensor(size.side, size.side), Options{}, f), want)
				t.Logf("worst %g, mean %.4f levels", worst, mean)
				if worst > c.worst || mean > c.mean {
					t.Errorf("off by %g levels at worst, %.3f in the mean; want at most %g and %g", worst, mean, c.worst, c.mean)
				}
			})
		}
	}
}

// bmp is a 24-bit BMP of the usual bottom-up kind as a frame.
func bmp(t *testing.T, b []byte) *capture.Frame {
	t.Helper()
	le := binary.LittleEndian
	if string(b[:2]) != "BM" || le.Uint16(b[28:]) != 24 {
		t.Fatal("not a 24-bit BMP")
	}
	w, h := int(le.Uint32(b[18:])), int(int32(le.Uint32(b[22:])))
	f := &capture.Frame{Format: capture.Packed(capture.BGR24, w, int(math.Abs(float64(h))))}
	f.Format.Stride = (w*3 + 3) &^ 3
	data := b[le.Uint32(b[10:]):]
	for y := h - 1; y >= 0; y-- {
		f.Pix = append(f.Pix, data[y*f.Format.Stride:][:f.Format.Stride]...)
	}
	return f
}
