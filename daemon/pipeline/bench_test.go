package pipeline

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/motion"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/internal/clock"
	"github.com/inceptiond/inceptiond/internal/testing/measure"
	"github.com/inceptiond/inceptiond/publish"
)

// still is a source that shows one frame n times, as fast as it is read.
type still struct {
	frame capture.Frame
	n     int
}

func (s *still) Format() capture.Format { return s.frame.Format }

func (s *still) Read(_ context.Context, f *capture.Frame) error {
	if s.n--; s.n < 0 {
		return io.EOF
	}
	pix := append(f.Pix[:0], s.frame.Pix...)
	*f = s.frame
	f.Pix, f.Time = pix, time.Now()
	return nil
}

func (s *still) Close() error { return nil }

// nowhere is a publisher that keeps nothing.
type nowhere struct{}

func (nowhere) Publish(context.Context, publish.Message) error { return nil }
func (nowhere) Close() error                                   { return nil }

// BenchmarkLooks is what a frame of 1280x720 MJPG costs with one look, with two of the same model, and with a camera more
// instead: the processor's time of all goroutines, for an operation is a frame of each camera.
func BenchmarkLooks(b *testing.B) {
	frame := jpegOf(b, 1280, 720, func(x, y int) byte { return byte(128 + 60*((x/40+y/40)%2) + rand.N(8)) })
	for _, bb := range []struct {
		name           string
		cameras, views int // views of the first camera
	}{{"a camera", 1, 0}, {"a camera and a view", 1, 1}, {"two cameras", 2, 0}} {
		b.Run(bb.name, func(b *testing.B) {
			m := demoModel(b)
			var all []*Camera
			for range bb.cameras {
				all = append(all, benchCamera(b, m, Options{KeepAll: true, Opener: &opener{open: func() (capture.Source, error) {
					return &still{frame, b.N}, nil
				}}}))
			}
			for range bb.views {
				all = append(all, benchCamera(b, m, Options{Of: all[0]}))
			}
			b.ReportAllocs()
			b.ResetTimer()
			before := measure.Processor(b)
			var running sync.WaitGroup
			for _, c := range all {
				c.Attach()
			}
			for _, c := range all {
				running.Go(func() { c.Run(context.Background()) })
			}
			running.Wait()
			b.ReportMetric(float64((measure.Processor(b)-before).Microseconds())/1000/float64(b.N), "cpu-ms/op")
		})
	}
}

// BenchmarkGate is what a frame costs that the model does not get: one that is looked at for motion, as five in a second are,
// and one that comes between two of them.
func BenchmarkGate(b *testing.B) {
	gate := &GateOptions{Motion: &motion.Options{Threshold: 12, Area: 0.005, Frames: 2, Light: 0.6, Learn: 30 * time.Second}}
	grey := func(x, y int) byte { return byte(128 + 60*((x/40+y/40)%2) + (x*7+y*3)%8) }
	for _, size := range [][2]int{{640, 480}, {1280, 720}} {
		frames := []capture.Frame{jpegOf(b, size[0], size[1], grey)}
		for _, pixel := range []capture.PixelFormat{capture.YUYV, capture.NV12} {
			f := capture.Frame{Format: capture.Packed(pixel, size[0], size[1])}
			n, err := f.Format.Size()
			if err != nil {
				b.Fatal(err)
			}
			for i := range n {
				f.Pix = append(f.Pix, grey(i%size[0], i/size[0]))
			}
			frames = append(frames, f)
		}
		for _, frame := range frames {
			for name, apart := range map[string]time.Duration{"look": motion.Every, "between": time.Microsecond} {
				b.Run(fmt.Sprintf("%v-%dx%d/%s", frame.Format.Pixel, size[0], size[1], name), func(b *testing.B) {
					c := benchCamera(b, demoModel(b), Options{Opener: openers(), Gate: gate, Decide: bright(1, 1)})
					p, now := picture.Of(&frame), time.Now()
					if _, err := c.admit(p, now); err != nil {
						b.Fatal(err)
					}
					c.gate.answered(now) // the first
					b.ReportAllocs()
					for b.Loop() {
						p.Set(&frame) // else a JPEG is decoded once
						now = now.Add(apart)
						if pass, err := c.admit(p, now); pass || err != nil {
							b.Fatal(pass, err)
						}
					}
				})
			}
		}
	}
}

// benchCamera makes a camera whose results go nowhere.
func benchCamera(b *testing.B, m *Model, o Options) *Camera {
	b.Helper()
	var err error
	if o.Look, err = NewLook(LookOptions{Model: m, TopK: 3, Threshold: 0.1}); err != nil {
		b.Fatal(err)
	}
	if o.Clock, err = clock.New(); err != nil {
		b.Fatal(err)
	}
	o.Name, o.Device, o.Out, o.Log, o.Often = "eye", "bench", nowhere{}, zap.NewNop(), zap.NewNop()
	return newCamera(b, o)
}
