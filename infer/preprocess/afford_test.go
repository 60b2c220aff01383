package preprocess

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"runtime"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/infer/preprocess/jpeg"
)

// sized is the progressive picture with another size in its header, and enough bytes behind it to be believed.
func sized(w, h int) []byte {
	p := bytes.Replace(progressive(), []byte{8, 0, 8, 0, 16}, []byte{8, byte(h >> 8), byte(h), byte(w >> 8), byte(w)}, 1)
	return append(p, make([]byte, w*h/64/8+1)...)
}

// allocated is the number of bytes that f allocates.
func allocated(f func()) int64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}

// TestCostlyJPEG decodes what the standard library would take 305 MiB for.
func TestCostlyJPEG(t *testing.T) {
	p, err := New(tensor(20, 20), Options{})
	if err != nil {
		t.Fatal(err)
	}
	out := make([]byte, p.target.spec.Bytes())
	f := &capture.Frame{Pix: sized(8000, 8000), Format: capture.Format{Pixel: capture.MJPG, Width: 8000, Height: 8000}}
	n := allocated(func() { err = p.Run(f, out) })
	if !errors.Is(err, capture.ErrBadFrame) || !strings.Contains(err.Error(), "305 MiB") {
		t.Errorf("got %v, want ErrBadFrame with 305 MiB", err)
	}
	if n > 1<<20 {
		t.Errorf("refusing it took %d KiB", n>>10)
	}
}

// TestMemoryEstimate compares with what the standard library takes. The picture ends early, but after it was paid for.
func TestMemoryEstimate(t *testing.T) {
	data := sized(1000, 1000)
	head := jpeg.Header{Components: 1, SubX: 1, SubY: 1, Progressive: true}
	want := memory(image.Config{ColorModel: color.GrayModel, Width: 1000, Height: 1000}, head)
	got := allocated(func() { _, _ = decodeStandard(data, head, exifTurn(1)) })
	if got > want+64<<10 || got < want*9/10 {
		t.Errorf("took %d bytes, estimated %d", got, want)
	}
}

func TestMemory(t *testing.T) {
	const mega = 1 << 20 // pixels of 1024x1024
	for _, tt := range []struct {
		name  string
		model color.Model
		head  jpeg.Header
		want  int64
	}{
		{"grey", color.GrayModel, jpeg.Header{Components: 1, SubX: 1, SubY: 1, Progressive: true}, 5 * mega},
		{"4:4:4", color.YCbCrModel, jpeg.Header{Components: 3, SubX: 1, SubY: 1, Progressive: true}, 15 * mega},
		{"4:2:0", color.YCbCrModel, jpeg.Header{Components: 3, SubX: 2, SubY: 2, Progressive: true}, 15 * mega / 2},
		{"4:1:1 baseline", color.YCbCrModel, jpeg.Header{Components: 3, SubX: 4, SubY: 1}, 3*mega/2 + 7*mega},
		{"RGB baseline", color.RGBAModel, jpeg.Header{Components: 3, SubX: 1, SubY: 1}, 10 * mega},
		{"odd sampling", color.YCbCrModel, jpeg.Header{Components: 3}, 10 * mega},
		{"CMYK", color.CMYKModel, jpeg.Header{Components: 4, SubX: 1, SubY: 1, Progressive: true}, 27 * mega},
		{"unknown", color.YCbCrModel, jpeg.Header{}, 27 * mega},
	} {
		if got := memory(image.Config{ColorModel: tt.model, Width: 1024, Height: 1024}, tt.head); got != tt.want {
			t.Errorf("%s: %d bytes, want %d", tt.name, got, tt.want)
		}
	}
}
