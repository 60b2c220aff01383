package picture

import (
	"errors"
	"image"
	"image/color"
	"runtime"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture/jpeg"
	"github.com/inceptiond/inceptiond/capture/picture/picturetest"
)

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
	p := newPicture(t, Options{}, mjpg(picturetest.Sized(8000, 8000), 8000, 8000))
	var err error
	n := allocated(func() { _, err = p.Planes(1) })
	if !errors.Is(err, capture.ErrBadFrame) || !strings.Contains(err.Error(), "305 MiB") {
		t.Errorf("got %v, want ErrBadFrame with 305 MiB", err)
	}
	if n > 1<<20 {
		t.Errorf("refusing it took %d KiB", n>>10)
	}
}

// TestMemoryEstimate compares with what the standard library takes. The picture ends early, but after it was paid for.
func TestMemoryEstimate(t *testing.T) {
	data := picturetest.Sized(1000, 1000)
	head := jpeg.Header{Components: 1, SubX: 1, SubY: 1, Progressive: true}
	want := memory(image.Config{ColorModel: color.GrayModel, Width: 1000, Height: 1000}, head)
	got := allocated(func() { _, _ = decodeStandard(data, head) })
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
