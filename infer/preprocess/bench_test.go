package preprocess

import (
	"fmt"
	"testing"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer"
)

func BenchmarkRun(b *testing.B) {
	for _, c := range []struct {
		pixel capture.PixelFormat
		w, h  int
	}{
		{capture.YUYV, 640, 480}, {capture.NV12, 1280, 720}, {capture.RGB24, 1920, 1080}, {capture.GREY, 640, 480},
	} {
		f := quiet(c.pixel, c.w, c.h)
		for _, side := range []int{224, 299} {
			b.Run(fmt.Sprintf("%v/%dx%d/%d", c.pixel, c.w, c.h, side), func(b *testing.B) {
				benchmark(b, f, tensor(side, side), Options{})
			})
		}
	}
	for _, side := range []int{224, 299} {
		f := encode(b, zonePlate(1280, 720), 0)
		for _, fast := range []bool{false, true} {
			b.Run(fmt.Sprintf("MJPG/1280x720/%d/fast=%v", side, fast), func(b *testing.B) {
				benchmark(b, f, tensor(side, side), Options{FastDecode: fast})
			})
		}
	}
	f := quiet(capture.NV12, 1280, 720)
	b.Run("NV12/1280x720/224/middle", func(b *testing.B) {
		benchmark(b, f, tensor(224, 224), Options{Region: Region{X: 0.375, Y: 0.3, Width: 0.25, Height: 0.4}})
	})
	b.Run("NV12/1280x720/224/letterbox", func(b *testing.B) {
		benchmark(b, f, tensor(224, 224), Options{Fit: Letterbox})
	})
	b.Run("NV12/1280x720/224/float32", func(b *testing.B) {
		benchmark(b, f, infer.TensorSpec{Shape: []int{1, 224, 224, 3}, Type: infer.Float32}, Options{})
	})
}

func benchmark(b *testing.B, f *capture.Frame, s infer.TensorSpec, o Options) {
	p, err := New(s, o)
	if err != nil {
		b.Fatal(err)
	}
	out := make([]byte, s.Bytes())
	pic := newPicture(b, picture.Options{}, f)
	b.ReportAllocs()
	for b.Loop() {
		pic.Set(f) // as if it were the next
		if err := p.Run(pic, out, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// quiet is a frame as cameras send them: smooth, with few levels out of range.
func quiet(p capture.PixelFormat, w, h int) *capture.Frame {
	f := newVideoOrRGB(p, w, h, 0)
	for i := range f.Pix {
		f.Pix[i] = 110 + uint8(i/w*7%64)/2 + uint8(i%7)
	}
	return f
}
