package tests

import (
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/v4l2"
)

// holdings is what a process has that must not become more.
type holdings struct {
	heap              uint64 // bytes in use
	files, goroutines int
	mappings          int // of devices
}

func hold(t *testing.T) holdings {
	t.Helper()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	return holdings{m.HeapAlloc, len(files), runtime.NumGoroutine(), strings.Count(string(maps), "/dev/video")}
}

func (h holdings) check(t *testing.T, before holdings) {
	t.Helper()
	t.Logf("before %+v, after %+v", before, h)
	if h.files > before.files || h.goroutines > before.goroutines || h.mappings > before.mappings || h.heap > before.heap+256<<10 {
		t.Errorf("something was left behind")
	}
}

// TestFramesLeakNothing reads 10 000 frames (a few hundred in the short form).
func TestFramesLeakNothing(t *testing.T) {
	frames := 10_000
	if testing.Short() {
		frames = 300
	}
	src := openCamera(t, v4l2.Options{Device: "/dev/video0", Pixel: capture.YUYV, Width: 320, Height: 180, Rate: 60})
	f := new(capture.Frame)
	next := func() {
		t.Helper()
		if err := src.Read(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 {
		next()
	}
	hold(t) // opens what it needs itself
	before := hold(t)
	for range frames {
		next()
	}
	hold(t).check(t, before)
}

// TestOpeningLeaksNothing opens and closes a camera, and fails to open it in several ways.
func TestOpeningLeaksNothing(t *testing.T) {
	good := v4l2.Options{Device: "/dev/video0", Pixel: capture.YUYV, Width: 320, Height: 180, Rate: 60}
	once := func() {
		t.Helper()
		src, err := v4l2.Open(t.Context(), good)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := v4l2.Open(t.Context(), good); err == nil {
			t.Error("the camera was opened twice")
		}
		read(t, src, 1)
		if err := src.Close(); err != nil {
			t.Fatal(err)
		}
		for _, injection := range []string{"inject_vidioc_streamon_error", "inject_vidioc_reqbufs_error", "inject_vidioc_qbuf_error"} {
			sh(t, "v4l2-ctl -c %s=1", injection)
			if src, err := v4l2.Open(t.Context(), good); err == nil {
				t.Errorf("%s: opened nevertheless", injection)
				src.Close()
			}
		}
	}
	once()
	hold(t) // opens what it needs itself
	before := hold(t)
	times := 50
	if testing.Short() {
		times = 5
	}
	for range times {
		once()
	}
	hold(t).check(t, before)
}
