package v4l2

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/jpeg"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/capturetest"
)

func TestSuite(t *testing.T) {
	capturetest.Source(t, func(t *testing.T) capture.Source {
		dev := grey2x2(answer{pix: []byte{1, 2, 3, 4}}, answer{pix: []byte{5, 6, 7, 8}})
		dev.loop = true
		return open(t, dev, Options{})
	})
}

func jpegOf(t *testing.T, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, w, h)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestChoose(t *testing.T) {
	// What a common USB 2 webcam lists.
	webcam := []offer{
		{pixel: capture.MJPG, sizes: []Size{one(640, 480, 30), one(1280, 720, 30), one(1920, 1080, 30)}},
		{pixel: capture.YUYV, sizes: []Size{one(160, 120, 30), one(640, 480, 30, 15), one(1280, 720, 10, 5), one(1920, 1080, 5)}},
		{pixel: capture.PixelFormat('H' | '2'<<8 | '6'<<16 | '4'<<24), sizes: []Size{one(640, 480, 30)}},
	}
	stepped := []offer{{pixel: capture.NV12, sizes: []Size{{MinWidth: 32, MaxWidth: 4096, StepWidth: 32, MinHeight: 32, MaxHeight: 2160, StepHeight: 2}}}}
	tests := []struct {
		name   string
		offers []offer
		o      Options
		want   choice
	}{
		{"default", webcam, Options{}, choice{capture.YUYV, 640, 480}},
		{"small", webcam, Options{Width: 100, Height: 100}, choice{capture.YUYV, 160, 120}},
		{"720p", webcam, Options{Width: 1280, Height: 720}, choice{capture.YUYV, 1280, 720}},
		{"720p, fast", webcam, Options{Width: 1280, Height: 720, Rate: 30}, choice{capture.MJPG, 1280, 720}},
		{"1080p", webcam, Options{Width: 1920, Height: 1080}, choice{capture.MJPG, 1920, 1080}},
		{"between sizes", webcam, Options{Width: 800, Height: 600}, choice{capture.YUYV, 1280, 720}},
		{"larger than all", webcam, Options{Width: 4000, Height: 3000}, choice{capture.MJPG, 1920, 1080}},
		{"faster than all", webcam, Options{Rate: 120}, choice{capture.YUYV, 640, 480}},
		{"explicit", webcam, Options{Pixel: capture.MJPG}, choice{capture.MJPG, 640, 480}},
		{"steps, rounded up", stepped, Options{Width: 641, Height: 479}, choice{capture.NV12, 672, 480}},
		{"steps, exact", stepped, Options{}, choice{capture.NV12, 640, 480}},
		{"steps, too large", stepped, Options{Width: 9999, Height: 9999}, choice{capture.NV12, 4096, 2160}},
		{"steps, too small", stepped, Options{Width: 1, Height: 1}, choice{capture.NV12, 32, 32}},
		{"continuous", []offer{{pixel: capture.YUYV, sizes: []Size{{}}}}, Options{}, choice{capture.YUYV, 640, 480}},
		{"no sizes listed", []offer{{pixel: capture.YUYV}}, Options{Width: 99, Height: 55}, choice{capture.YUYV, 99, 55}},
		{"colour before grey", []offer{{pixel: capture.GREY}, {pixel: capture.MJPG}}, Options{}, choice{capture.MJPG, 640, 480}},
		{"cheapest of all", []offer{{pixel: capture.BGR24}, {pixel: capture.MJPG}, {pixel: capture.NV12}, {pixel: capture.YUYV}}, Options{}, choice{capture.NV12, 640, 480}},
	}
	for _, tt := range tests {
		got, err := choose(&fake{offers: tt.offers}, tt.o.withDefaults())
		if err != nil || got != tt.want {
			t.Errorf("%s: %+v, %v; want %+v", tt.name, got, err, tt.want)
		}
	}
}

func TestChooseRefuses(t *testing.T) {
	h264 := offer{pixel: capture.PixelFormat('H' | '2'<<8 | '6'<<16 | '4'<<24)}
	for name, tt := range map[string]struct {
		offers []offer
		pixel  capture.PixelFormat
		want   string
	}{
		"metadata node": {nil, 0, "offers no video formats"},
		"unsupported":   {[]offer{h264}, 0, "it has H264"},
		"not offered":   {[]offer{h264, {pixel: capture.YUYV}}, capture.MJPG, "no format MJPG (it has H264, YUYV)"},
	} {
		dev := &fake{offers: tt.offers}
		_, err := start(t.Context(), dev, Options{Device: "/dev/video9", Pixel: tt.pixel}.withDefaults())
		if err == nil || !strings.Contains(err.Error(), tt.want) || errors.Is(err, capture.ErrLost) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
		if dev.closes != 1 {
			t.Errorf("%s: closed %d times", name, dev.closes)
		}
	}
}

// The driver's answer counts, and not what was asked for.
func TestDriverAnswers(t *testing.T) {
	tests := []struct {
		name string
		a    agreed
		want capture.Format // zero: an error
	}{
		{"rounds the size", agreed{pixel: capture.YUYV, width: 624, height: 464, bytesPerLine: 1248, rate: 15},
			capture.Format{Pixel: capture.YUYV, Width: 624, Height: 464, Stride: 1248, Rate: 15}},
		{"pads its rows", agreed{pixel: capture.RGB24, width: 10, height: 4, bytesPerLine: 64},
			capture.Format{Pixel: capture.RGB24, Width: 10, Height: 4, Stride: 64}},
		{"another format", agreed{pixel: capture.UYVY, width: 10, height: 4, bytesPerLine: 20},
			capture.Format{Pixel: capture.UYVY, Width: 10, Height: 4, Stride: 20}},
		{"no stride", agreed{pixel: capture.NV12, width: 10, height: 4},
			capture.Format{Pixel: capture.NV12, Width: 10, Height: 4, Stride: 10}},
		{"stride of a JPEG", agreed{pixel: capture.MJPG, width: 10, height: 4, bytesPerLine: 7},
			capture.Format{Pixel: capture.MJPG, Width: 10, Height: 4}},
		{"unsupported format", agreed{pixel: 'X', width: 10, height: 4}, capture.Format{}},
		{"stride too small", agreed{pixel: capture.YUYV, width: 10, height: 4, bytesPerLine: 10}, capture.Format{}},
		{"no picture", agreed{pixel: capture.YUYV}, capture.Format{}},
		{"huge", agreed{pixel: capture.YUYV, width: 1 << 20, height: 1 << 20}, capture.Format{}},
		{"frames too small", agreed{pixel: capture.YUYV, width: 10, height: 4, bytesPerLine: 20, sizeImage: 79}, capture.Format{}},
	}
	for _, tt := range tests {
		dev := &fake{offers: []offer{{pixel: capture.YUYV}},
			agree: func(choice, Options) (agreed, error) { return tt.a, nil }}
		if tt.want == (capture.Format{}) {
			if s, err := start(t.Context(), dev, Options{}.withDefaults()); err == nil || dev.closes != 1 {
				t.Errorf("%s: %+v, %v, closed %d times", tt.name, s, err, dev.closes)
			}
			continue
		}
		s := open(t, dev, Options{})
		if got := s.Format(); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

func TestStartFails(t *testing.T) {
	boom := errors.New("boom")
	refuses := grey2x2()
	refuses.agree = func(choice, Options) (agreed, error) { return agreed{}, boom }
	silent := grey2x2()
	silent.startErr = boom
	for _, dev := range []*fake{refuses, silent} {
		if _, err := start(t.Context(), dev, Options{}.withDefaults()); err != boom || dev.closes != 1 {
			t.Errorf("start: %v, closed %d times", err, dev.closes)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dev := grey2x2()
	if _, err := start(ctx, dev, Options{}.withDefaults()); !errors.Is(err, context.Canceled) || dev.closes != 1 {
		t.Errorf("start with an ended context: %v, closed %d times", err, dev.closes)
	}
}

func TestReadChecksFrames(t *testing.T) {
	good := answer{pix: []byte{1, 2, 3, 4}}
	dev := grey2x2(answer{pix: []byte{1, 2, 3}}, good, answer{err: errAgain}, answer{}, good,
		answer{pix: []byte{1, 2, 3, 4, 0, 0}}, answer{pix: []byte{1, 2, 3, 4}, err: errDamaged}, good,
		answer{err: os.ErrDeadlineExceeded})
	s := open(t, dev, Options{})
	want := []struct {
		seq uint64
		err error
	}{{0, capture.ErrBadFrame}, {2, nil}, {0, capture.ErrBadFrame}, {4, nil}, {5, nil}, {0, capture.ErrBadFrame}, {7, nil}, {0, capture.ErrLost}}
	for i, w := range want {
		var f capture.Frame
		err := s.Read(t.Context(), &f)
		if !errors.Is(err, w.err) || err == nil && f.Sequence != w.seq {
			t.Errorf("read %d: sequence %d, %v; want %d, %v", i, f.Sequence, err, w.seq, w.err)
		}
	}
}

func TestReadChecksJPEG(t *testing.T) {
	small, large := jpegOf(t, 16, 8), jpegOf(t, 24, 8)
	dev := &fake{offers: []offer{{pixel: capture.MJPG, sizes: []Size{one(16, 16)}}}, script: []answer{
		{pix: make([]byte, 500)}, {pix: small[:30]}, // no JPEG; no size
		{pix: small}, // settles the size, though the driver said 16x16
		{pix: large}, // another size: damaged
		{pix: append(bytes.Clone(small), 0, 0, 0)}, // padded
		{pix: small[:len(small)-5]},                // cut: left to the decoder
		{pix: small[:len(small)-2]},                // no end marker
		{pix: append([]byte("\r\n"), small...)},    // a line break before it
		{pix: append([]byte("\xFF\xD8hello"), small[2:]...)},
		{pix: bytes.Replace(small, []byte{0xFF, 0xC0}, []byte{0xFF, 0xC3}, 1)}, // lossless: of a kind that is not decoded
	}}
	s := open(t, dev, Options{})
	for i, good := range []bool{false, false, true, false, true, true, true, true, true, false} {
		var f capture.Frame
		err := s.Read(t.Context(), &f)
		if good && (err != nil || f.Format.Height != 8 || s.Format() != f.Format) || !good && !errors.Is(err, capture.ErrBadFrame) {
			t.Errorf("frame %d: %v, %v; want good: %v", i, f.Format, err, good)
		}
	}
}

// A stalled endpoint gives empty frames for ever, without waiting.
func TestEmptyFramesLoseTheCamera(t *testing.T) {
	dev := grey2x2(answer{})
	dev.loop = true
	s := open(t, dev, Options{})
	for i := 1; i <= maxEmpty; i++ {
		want := capture.ErrBadFrame
		if i == maxEmpty {
			want = capture.ErrLost
		}
		if err := s.Read(t.Context(), new(capture.Frame)); !errors.Is(err, want) {
			t.Fatalf("empty frame %d: %v, want %v", i, err, want)
		}
	}
}

func TestWatchdog(t *testing.T) {
	for name, dev := range map[string]*fake{
		"silence":       grey2x2(),
		"false alarms":  {offers: grey2x2().offers, script: []answer{{err: errAgain}}, loop: true},
		"only rubbish":  {offers: grey2x2().offers, script: []answer{{pix: []byte{1}}, {err: errAgain}}, loop: true},
		"a frame first": grey2x2(answer{pix: []byte{1, 2, 3, 4}}),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := open(t, dev, Options{Timeout: 3 * time.Second})
				begin := time.Now()
				for {
					err := s.Read(t.Context(), new(capture.Frame))
					if errors.Is(err, capture.ErrLost) {
						break
					}
					if err != nil && !errors.Is(err, capture.ErrBadFrame) {
						t.Fatal(err)
					}
				}
				if d := time.Since(begin); d < 3*time.Second || d > 4*time.Second {
					t.Errorf("lost after %v, want 3 s", d)
				}
			})
		})
	}
}

func TestWaitError(t *testing.T) {
	dev := grey2x2()
	dev.waitErr = errors.New("no such device")
	s := open(t, dev, Options{Device: "/dev/video7"})
	err := s.Read(t.Context(), new(capture.Frame))
	if !errors.Is(err, capture.ErrLost) || !strings.Contains(err.Error(), "/dev/video7") {
		t.Errorf("Read: %v", err)
	}
}

func TestReadAllocatesNothing(t *testing.T) {
	dev := grey2x2(answer{pix: []byte{1, 2, 3, 4}})
	dev.loop = true
	s := open(t, dev, Options{})
	var f capture.Frame
	if n := testing.AllocsPerRun(100, func() { _ = s.Read(context.Background(), &f) }); n > 0 {
		t.Errorf("%v allocations a frame", n)
	}
}
