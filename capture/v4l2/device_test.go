//go:build linux

package v4l2

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/capturetest"
)

// realDevice is the camera to test with, from the environment: unit tests touch no hardware.
func realDevice(t *testing.T) string {
	t.Helper()
	path := os.Getenv("INCEPTIOND_TEST_V4L2")
	if path == "" {
		t.Skip("needs a camera: set INCEPTIOND_TEST_V4L2 to its device, such as /dev/video0")
	}
	return path
}

// formatsOf lists the supported formats of a device.
func formatsOf(t *testing.T, path string) []capture.PixelFormat {
	t.Helper()
	list, err := List()
	if err != nil {
		t.Fatal(err)
	}
	var formats []capture.PixelFormat
	for _, d := range list {
		t.Logf("%s: %q, driver %s, bus %s, link %q, %d formats, err %v", d.Path, d.Card, d.Driver, d.Bus, d.Link, len(d.Formats), d.Err)
		for _, f := range d.Formats {
			if _, err := capture.ParsePixelFormat(f.Pixel.String()); d.Path == path && err == nil {
				formats = append(formats, f.Pixel)
				t.Logf("  %v: %v, rates at the first %v", f.Pixel, f.Sizes, f.Sizes[0].Rates)
			}
		}
	}
	if len(formats) == 0 {
		t.Fatalf("%s is not in the list, or has no supported format", path)
	}
	return formats
}

func TestDeviceSuite(t *testing.T) {
	path := realDevice(t)
	capturetest.Source(t, func(t *testing.T) capture.Source {
		s, err := Open(t.Context(), Options{Device: path, Rate: 30})
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}

func TestDeviceFormats(t *testing.T) {
	path := realDevice(t)
	for _, p := range formatsOf(t, path) {
		for _, size := range [][2]int{{640, 480}, {333, 250}, {9999, 9999}} {
			s, err := Open(t.Context(), Options{Device: path, Pixel: p, Width: size[0], Height: size[1], Rate: 30})
			if err != nil {
				t.Errorf("%v: %v", p, err)
				continue
			}
			var f capture.Frame
			for range 3 {
				if err := readGood(t, s, &f); err != nil {
					t.Errorf("%v: %v", s.Format(), err)
				}
			}
			t.Logf("asked %v of %v: %v, stride %d, frames of %d bytes", size, p, f.Format, f.Format.Stride, len(f.Pix))
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// readGood reads a good frame. The first of a stream may be half of one: the camera was in the midst of it.
func readGood(t *testing.T, s capture.Source, f *capture.Frame) error {
	t.Helper()
	for {
		err := s.Read(t.Context(), f)
		if err == nil {
			return f.Check()
		}
		if !errors.Is(err, capture.ErrBadFrame) {
			return err
		}
		t.Log(err)
	}
}

// A child must not inherit the camera, and a second stream is told who has it.
func TestDeviceBusy(t *testing.T) {
	path := realDevice(t)
	s, err := Open(t.Context(), Options{Device: path})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	fd := s.(*source).dev.(*camera).fd
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
	if err != nil || flags&syscall.FD_CLOEXEC == 0 {
		t.Errorf("flags of webcam's file: %#x, %v; want FD_CLOEXEC", flags, err)
	}
	_, err = Open(t.Context(), Options{Device: path})
	if !errors.Is(err, capture.ErrLost) || !strings.Contains(err.Error(), "in use by") {
		t.Errorf("a second Open: %v", err)
	}
}

func TestDeviceControls(t *testing.T) {
	path := realDevice(t)
	s, err := Open(t.Context(), Options{Device: path, Controls: map[string]int32{"brightness": 100}})
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	for text, c := range map[string]map[string]int32{"has no control": {"wings": 1}, "want ": {"brightness": 1 << 30}} {
		if _, err := Open(t.Context(), Options{Device: path, Controls: c}); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("controls %v: %v, want %q", c, err, text)
		}
	}
}

// After a stream that would not start, the next must: nothing of the first may stay mapped. vivid fails on demand:
// v4l2-ctl -c inject_vidioc_streamon_error=1
func TestDeviceStartsAfterFailure(t *testing.T) {
	path := realDevice(t)
	if os.Getenv("INCEPTIOND_TEST_V4L2_FAIL") == "" {
		t.Skip("needs a camera whose next stream fails: inject the error and set INCEPTIOND_TEST_V4L2_FAIL=1")
	}
	if _, err := Open(t.Context(), Options{Device: path}); err == nil {
		t.Fatal("the stream started")
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil || strings.Contains(string(maps), "/dev/video") {
		t.Errorf("buffers are still mapped (%v):\n%s", err, maps)
	}
	s, err := Open(t.Context(), Options{Device: path})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Read(t.Context(), new(capture.Frame)); err != nil {
		t.Error(err)
	}
}

// Every fault of a USB camera ends in ErrLost and not in a hang, and the camera can be opened again afterwards. The
// faults come from a software camera that takes commands through a file.
func TestDeviceFaults(t *testing.T) {
	path, control := realDevice(t), os.Getenv("INCEPTIOND_TEST_V4L2_CONTROL")
	if control == "" {
		t.Skip("needs a camera with faults on command: set INCEPTIOND_TEST_V4L2_CONTROL to its control file")
	}
	command := func(s string) {
		if err := os.WriteFile(control, []byte(s+"\n"), 0); err != nil {
			t.Fatal(err)
		}
	}
	for _, fault := range [][2]string{{"unplug", "plug"}, {"freeze", "thaw"}, {"garbage", "whole"}, {"stall 9", "whole"}} {
		s := openSoon(t, path)
		var f capture.Frame
		if err := readGood(t, s, &f); err != nil {
			t.Fatal(err)
		}
		command(fault[0])
		begin, bad := time.Now(), 0
		for {
			err := s.Read(t.Context(), &f)
			if errors.Is(err, capture.ErrBadFrame) {
				bad++
			} else if err != nil {
				t.Logf("%s: %v after %v and %d bad frames", fault[0], err, time.Since(begin).Round(time.Millisecond), bad)
				if !errors.Is(err, capture.ErrLost) {
					t.Errorf("%s: %v, want ErrLost", fault[0], err)
				}
				break
			}
			if time.Since(begin) > 30*time.Second {
				t.Fatalf("%s: not noticed", fault[0])
			}
		}
		if err := s.Close(); err != nil {
			t.Logf("%s: %v", fault[0], err)
		}
		command(fault[1])
	}
	openSoon(t, path).Close()
}

// openSoon opens a camera that may still be on its way back.
func openSoon(t *testing.T, path string) capture.Source {
	t.Helper()
	for begin := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		s, err := Open(t.Context(), Options{Device: path, Pixel: capture.MJPG, Timeout: 3 * time.Second})
		if err == nil {
			return s
		}
		if !errors.Is(err, capture.ErrLost) || time.Since(begin) > 20*time.Second {
			t.Fatal(err)
		}
	}
}
