package rpicam

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/capturetest"
	"github.com/inceptiond/inceptiond/internal/proc"
)

// The test binary is also the program: when it is called by one of its names it does what FAKE_RPICAM says.
func TestMain(m *testing.M) {
	if slices.Contains(programs, filepath.Base(os.Args[0])) {
		os.Exit(fakeProgram(os.Getenv("FAKE_RPICAM"), os.Args[1:]))
	}
	os.Exit(m.Run())
}

func fakeProgram(mode string, args []string) int {
	if path := os.Getenv("FAKE_RPICAM_LOG"); path != "" {
		_ = os.WriteFile(path, []byte(strconv.Itoa(os.Getpid())+"\n"+strings.Join(args, " ")), 0o600)
	}
	picture := jpegOf(64, 48)
	switch mode {
	case "none":
		fmt.Fprintln(os.Stderr, "line one\nline two\n[0:12:34] INFO Camera\nERROR: *** no cameras available ***")
		return 255
	case "silent":
		time.Sleep(time.Minute)
	case "garbage":
		for {
			if _, err := os.Stdout.Write(bytes.Repeat([]byte("\xFF\xD8garbage"), 99)); err != nil {
				return 1
			}
			time.Sleep(time.Millisecond)
		}
	case "three":
		os.Stdout.Write(bytes.Repeat(picture, 3))
		fmt.Fprintln(os.Stderr, "ERROR: Device timeout detected")
		return 1
	case "closes": // its output, and stays
		os.Stdout.Write(picture)
		os.Stdout.Close()
		time.Sleep(time.Minute)
	case "mjpeg", "yuv420":
		if mode == "yuv420" {
			picture = make([]byte, 64*48*3/2)
		}
		for {
			if _, err := os.Stdout.Write(picture); err != nil {
				return 1
			}
			time.Sleep(time.Millisecond)
		}
	}
	return 0
}

func jpegOf(w, h int) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, w, h)), nil); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// install puts the fake program, under one of its names, into an otherwise empty PATH, and returns the file that it
// writes its number and arguments to.
func install(t *testing.T, name, mode string) (log string) {
	t.Helper()
	dir := t.TempDir()
	self, err := os.Executable()
	if err == nil {
		err = os.Symlink(self, filepath.Join(dir, name))
	}
	if err != nil {
		t.Fatal(err)
	}
	log = filepath.Join(dir, "log")
	t.Setenv("PATH", dir)
	t.Setenv("FAKE_RPICAM", mode)
	t.Setenv("FAKE_RPICAM_LOG", log)
	return log
}

func TestSuite(t *testing.T) {
	for mode, pixel := range map[string]capture.PixelFormat{"mjpeg": capture.MJPG, "yuv420": capture.I420} {
		t.Run(mode, func(t *testing.T) {
			capturetest.Source(t, func(t *testing.T) capture.Source {
				install(t, programs[0], mode)
				s, err := Open(t.Context(), Options{Width: 64, Height: 48, Pixel: pixel})
				if err != nil {
					t.Fatal(err)
				}
				return s
			})
		})
	}
}

func TestArguments(t *testing.T) {
	log := install(t, programs[1], "mjpeg") // the old name
	s, err := Open(t.Context(), Options{Camera: 1, Width: 1280, Height: 720, Rate: 12.5})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if want := (capture.Format{Pixel: capture.MJPG, Width: 64, Height: 48, Rate: 12.5}); s.Format() != want {
		t.Errorf("Format = %+v, want what the pictures say, %+v", s.Format(), want)
	}
	said, err := os.ReadFile(log)
	_, args, _ := strings.Cut(string(said), "\n")
	want := "--timeout 0 --nopreview --flush --camera 1 --width 1280 --height 720 --codec mjpeg --output - --framerate 12.5"
	if err != nil || args != want {
		t.Errorf("arguments %q, %v; want %q", args, err, want)
	}
}

func TestRefuses(t *testing.T) {
	install(t, programs[0], "mjpeg")
	for text, o := range map[string]Options{
		"multiple of 64": {Width: 100, Height: 80, Pixel: capture.I420},
		"want MJPG or":   {Pixel: capture.YUYV},
		"want 0 or more": {Camera: -1},
		"no usable pict": {Width: -5},
	} {
		if _, err := Open(t.Context(), o); err == nil || !strings.Contains(err.Error(), text) || errors.Is(err, capture.ErrLost) {
			t.Errorf("%+v: %v, want %q", o, err, text)
		}
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := Open(t.Context(), Options{}); err == nil || !strings.Contains(err.Error(), "sudo apt install rpicam-apps") {
		t.Errorf("not installed: %v", err)
	}
}

func TestOpenFails(t *testing.T) {
	for mode, text := range map[string]string{
		"none":    "exit status 255): line two; [0:12:34] INFO Camera; ERROR: *** no cameras available ***",
		"silent":  "no frame for",
		"garbage": "no good frame for 1s, the last one: jpeg: ",
	} {
		install(t, programs[0], mode)
		_, err := Open(t.Context(), Options{Timeout: time.Second})
		if !errors.Is(err, capture.ErrLost) || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v, want %q", mode, err, text)
		}
	}
	install(t, programs[0], "silent")
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	if _, err := Open(ctx, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Open while its context ends: %v", err)
	}
}

func TestChildEnds(t *testing.T) {
	for mode, frames := range map[string]int{"three": 3, "closes": 1} {
		log := install(t, programs[0], mode)
		s, err := Open(t.Context(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		var f capture.Frame
		for range frames {
			if err := s.Read(t.Context(), &f); err != nil {
				t.Errorf("%s: %v", mode, err)
			}
		}
		err = s.Read(t.Context(), &f)
		if !errors.Is(err, capture.ErrLost) || mode == "three" && !strings.Contains(err.Error(), "Device timeout detected") {
			t.Errorf("%s: %v", mode, err)
		}
		s.Close()
		gone(t, log)
	}
}

func TestCloseKillsChild(t *testing.T) {
	log := install(t, programs[0], "mjpeg")
	s, err := Open(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	gone(t, log)
}

// gone fails the test if the child that wrote log still exists.
func gone(t *testing.T, log string) {
	t.Helper()
	said, err := os.ReadFile(log)
	pid, _, _ := strings.Cut(string(said), "\n")
	n, errNumber := strconv.Atoi(pid)
	if err := errors.Join(err, errNumber); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(n, 0); err != syscall.ESRCH {
		t.Errorf("child %d: %v, want it gone", n, err)
	}
}

func TestTail(t *testing.T) {
	var s proc.Tail
	for i := range 1000 {
		fmt.Fprintf(&s, "line %d\n\n", i)
	}
	if got := s.String(); got != "line 997; line 998; line 999" {
		t.Errorf("tail: %q", got)
	}
}
