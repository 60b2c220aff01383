//go:build linux

package v4l2

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"github.com/blackjack/webcam"
	"golang.org/x/sys/unix"

	"github.com/inceptiond/inceptiond/capture"
)

// The kernel's structures and what we take from webcam's private parts. If this fails after an upgrade of webcam, look
// at fileDescriptor and mappedBuffers.
func TestLayouts(t *testing.T) {
	want := uintptr(208)
	if unsafe.Sizeof(uintptr(0)) == 4 {
		want = 204
	}
	if n := unsafe.Sizeof(pixFormat{}); n != want {
		t.Errorf("pixFormat has %d bytes, struct v4l2_format %d", n, want)
	}
	want = 88
	if unsafe.Sizeof(uintptr(0)) == 4 {
		want = 68 // with the time of 32 bits; the kernel still knows it
	}
	if n := unsafe.Sizeof(buffer{}); n != want {
		t.Errorf("buffer has %d bytes, struct v4l2_buffer %d", n, want)
	}
	if vidiocDQBuf != webcam.VIDIOC_DQBUF {
		t.Errorf("VIDIOC_DQBUF is %#x, webcam has %#x", vidiocDQBuf, webcam.VIDIOC_DQBUF)
	}
	fields := map[string]reflect.Type{"fd": reflect.TypeFor[uintptr](), "buffers": reflect.TypeFor[[][]byte](), "streaming": reflect.TypeFor[bool]()}
	for name, want := range fields {
		f, ok := reflect.TypeFor[webcam.Webcam]().FieldByName(name)
		if !ok || f.Type != want {
			t.Errorf("webcam.Webcam.%s: %v, want %v", name, f.Type, want)
		}
	}
	if fd, ok := fileDescriptor(&webcam.Webcam{}); !ok || fd != 0 {
		t.Errorf("fileDescriptor = %d, %v", fd, ok)
	}
	unmapLeft(&webcam.Webcam{})
}

func TestParsePix(t *testing.T) {
	var p [200]byte
	for i, v := range []uint32{640, 480, uint32(capture.YUYV), 1, 1344, 645120} {
		binary.NativeEndian.PutUint32(p[4*i:], v)
	}
	want := agreed{pixel: capture.YUYV, width: 640, height: 480, bytesPerLine: 1344, sizeImage: 645120}
	if got := parsePix(p[:]); got != want {
		t.Errorf("parsePix = %+v, want %+v", got, want)
	}
	for _, tt := range []struct {
		colorspace, priv, quantization uint32
		full                           bool
	}{
		{8, 0xfeedcafe, 0, false}, // V4L2_COLORSPACE_SRGB
		{8, 0xfeedcafe, 1, true},
		{7, 0xfeedcafe, 0, true}, // V4L2_COLORSPACE_JPEG
		{7, 0xfeedcafe, 2, false},
		{8, 0, 1, false}, // an old driver's garbage
	} {
		for i, v := range map[int]uint32{6: tt.colorspace, 7: tt.priv, 10: tt.quantization} {
			binary.NativeEndian.PutUint32(p[4*i:], v)
		}
		if got := parsePix(p[:]).fullRange; got != tt.full {
			t.Errorf("colorspace %d, quantization %d: full range %v", tt.colorspace, tt.quantization, got)
		}
	}
}

func TestExplain(t *testing.T) {
	wrapped := errors.New("Failed to start streaming: " + unix.ENOSPC.Error()) // as webcam words it
	busy := errors.New("Failed to map request buffers: " + unix.EBUSY.Error())
	tests := []struct {
		err  error
		want string
		is   error
	}{
		{unix.ENOENT, "no such camera", capture.ErrLost},
		{unix.ENODEV, "no such camera", capture.ErrLost},
		{unix.EACCES, "group video", fs.ErrPermission},
		{unix.EBUSY, "in use by", capture.ErrLost},
		{busy, "in use by", capture.ErrLost},
		{wrapped, "bandwidth", capture.ErrLost},
		{errors.New("Not a video capture device"), "rpicam", errNotCamera},
		{unix.ENOTTY, "rpicam", errNotCamera},
		{unix.EIO, "input/output error", capture.ErrLost},
	}
	for _, tt := range tests {
		err := explain("/dev/video9", "open", tt.err)
		if !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "v4l2: open /dev/video9: ") {
			t.Errorf("%v: %v", tt.err, err)
		}
	}
}

func TestOpenNotACamera(t *testing.T) {
	if _, err := Open(t.Context(), Options{Device: filepath.Join(t.TempDir(), "video0")}); !errors.Is(err, capture.ErrLost) {
		t.Errorf("no file: %v", err)
	}
	if _, err := Open(t.Context(), Options{Device: os.DevNull}); !errors.Is(err, errNotCamera) {
		t.Errorf("%s: %v", os.DevNull, err)
	}
	if _, err := Open(t.Context(), Options{}); err == nil || errors.Is(err, capture.ErrLost) {
		t.Errorf("no device named: %v", err)
	}
}

// holder finds the process in a /proc made by hand, and leaves out this one.
func TestHolder(t *testing.T) {
	proc := t.TempDir()
	device := filepath.Join(t.TempDir(), "video0")
	if err := os.WriteFile(device, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for pid, name := range map[int]string{4711: "ffmpeg\n", os.Getpid(): "self\n", 12: "idle\n"} {
		dir := filepath.Join(proc, strconv.Itoa(pid))
		target := device
		if name == "idle\n" {
			target = "/dev/null"
		}
		err := errors.Join(os.MkdirAll(filepath.Join(dir, "fd"), 0o700), os.Symlink(target, filepath.Join(dir, "fd", "3")),
			os.WriteFile(filepath.Join(dir, "comm"), []byte(name), 0o600))
		if err != nil {
			t.Fatal(err)
		}
	}
	byID := filepath.Join(t.TempDir(), "usb-Camera-video-index0")
	if err := os.Symlink(device, byID); err != nil {
		t.Fatal(err)
	}
	if got := holder(proc, byID); got != "ffmpeg (process 4711)" {
		t.Errorf("holder = %q", got)
	}
	if got := holder(proc, "/dev/zero"); !strings.HasPrefix(got, "another program") {
		t.Errorf("holder of an idle device = %q", got)
	}
	if got := link(filepath.Dir(byID), device); got != byID {
		t.Errorf("link = %q, want %q", got, byID)
	}
	if got := link(filepath.Dir(byID), "/dev/null"); got != "" {
		t.Errorf("link = %q, want none", got)
	}
}

func TestControlName(t *testing.T) {
	for in, want := range map[string]string{"Brightness": "brightness", "White Balance, Automatic": "white_balance_automatic",
		"white_balance_automatic": "white_balance_automatic", " Gain (x2) ": "gain_x2"} {
		if got := controlName(in); got != want {
			t.Errorf("controlName(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestRetry(t *testing.T) {
	n := 0
	err := retry(func() error { n++; return map[bool]error{true: unix.EINTR, false: unix.EIO}[n < 3] })
	if err != unix.EIO || n != 3 {
		t.Errorf("retry: %v after %d calls", err, n)
	}
	n = 0
	if err := retry(func() error { n++; return unix.EINTR }); err != unix.EINTR || n != attempts {
		t.Errorf("retry: %v after %d calls", err, n)
	}
}

func TestStrings(t *testing.T) {
	got := fmt.Sprint(one(640, 480), Size{}, Size{MinWidth: 32, MaxWidth: 64, MinHeight: 16, MaxHeight: 48}, Rate{30, 30}, Rate{5, 29.97})
	if want := "640x480 any size 32x16 to 64x48 30 5 to 29.97"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
