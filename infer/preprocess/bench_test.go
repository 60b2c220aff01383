package preprocess

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// BenchmarkRun is every format in three sizes, with all loops that the machine can run.
func BenchmarkRun(b *testing.B) {
	for _, size := range [][2]int{{640, 480}, {1280, 720}, {1920, 1080}} {
		for _, pixel := range []capture.PixelFormat{capture.YUYV, capture.NV12, capture.I420, capture.RGB24, capture.GREY} {
			f := quiet(pixel, size[0], size[1])
			b.Run(fmt.Sprintf("%v/%dx%d", pixel, size[0], size[1]), func(b *testing.B) {
				eachBenchmark(b, f, tensor(224, 224), Options{})
			})
		}
	}
	f := quiet(capture.RGB24, 640, 480)
	b.Run("299", func(b *testing.B) { eachBenchmark(b, f, tensor(299, 299), Options{}) })
	f = quiet(capture.NV12, 1280, 720)
	for name, o := range map[string]Options{
		"middle":    {Region: Region{X: 0.375, Y: 0.3, Width: 0.25, Height: 0.4}},
		"letterbox": {Fit: Letterbox},
	} {
		b.Run(name, func(b *testing.B) { eachBenchmark(b, f, tensor(224, 224), o) })
	}
	b.Run("float32", func(b *testing.B) {
		eachBenchmark(b, f, infer.TensorSpec{Shape: []int{1, 224, 224, 3}, Type: infer.Float32}, Options{})
	})
	benchmarkJPEG(b, "MJPG/1280x720", encode(b, zonePlate(1280, 720), 0))
}

// BenchmarkPhotograph is a JPEG of the shared ones; the drawn one of BenchmarkRun has details everywhere, which no photograph has.
func BenchmarkPhotograph(b *testing.B) {
	data, err := os.ReadFile(filepath.Join(shared.Dir(b), "pictures", "cat_720p.jpg"))
	if err != nil {
		b.Fatal(err)
	}
	benchmarkJPEG(b, "cat", &capture.Frame{Format: capture.Format{Pixel: capture.MJPG, Width: 1280, Height: 720}, Pix: data})
}

func benchmarkJPEG(b *testing.B, name string, f *capture.Frame) {
	for _, fast := range []FastDecode{FastNever, FastAlways} {
		b.Run(fmt.Sprintf("%s/fast=%v", name, fast), func(b *testing.B) {
			eachBenchmark(b, f, tensor(224, 224), Options{FastDecode: fast})
		})
	}
}

// eachBenchmark measures all loops; besides the mean it reports the least, which says more on a busy machine.
func eachBenchmark(b *testing.B, f *capture.Frame, s infer.TensorSpec, o Options) {
	for _, l := range available() {
		b.Run(l.name, func(b *testing.B) {
			p, err := New(s, o)
			if err != nil {
				b.Fatal(err)
			}
			p.scale = newResampler(l)
			out := make([]byte, s.Bytes())
			pic := newPicture(b, picture.Options{}, f)
			least := time.Duration(math.MaxInt64)
			b.ReportAllocs()
			for b.Loop() {
				begin := time.Now()
				pic.Set(f) // as if it were the next
				if err := p.Run(pic, out, nil); err != nil {
					b.Fatal(err)
				}
				least = min(least, time.Since(begin))
			}
			b.ReportMetric(least.Seconds()*1e3, "min-ms")
		})
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
