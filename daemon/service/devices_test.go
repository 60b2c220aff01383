package service

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/rpicam"
	"github.com/inceptiond/inceptiond/capture/v4l2"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/internal/proc"
	"github.com/inceptiond/inceptiond/publish/web"
)

// plugged is an opener of a device.
type plugged struct{ node string }

func (plugged) Open(context.Context) (capture.Source, error) { return nil, errors.New("not opened") }
func (plugged) Silence() time.Duration                       { return 0 }
func (plugged) String() string                               { return "a device" }
func (p plugged) Node() string                               { return p.node }

// ribboned is an opener of a camera on the ribbon cable.
type ribboned struct {
	plugged
	number int
}

func (r ribboned) Ribbon() int { return r.number }

func TestVideoDevice(t *testing.T) {
	dir := t.TempDir()
	node, link := filepath.Join(dir, "video0"), filepath.Join(dir, "by-id")
	if err := os.WriteFile(node, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(node, link); err != nil {
		t.Fatal(err)
	}
	p := &plan.Plan{Cameras: map[string]plan.Camera{"a": {Opener: plugged{"/dev/video9"}}, "drive": {Opener: plugged{link}}, "door": {View: "drive"}}}
	vga := v4l2.Size{MinWidth: 640, MaxWidth: 640, MinHeight: 480, MaxHeight: 480, Rates: []v4l2.Rate{{Min: 30, Max: 30}, {Min: 15, Max: 15}}}
	anySize := v4l2.Size{MinWidth: 32, MaxWidth: 1280, MinHeight: 32, MaxHeight: 720}
	h264 := v4l2.Format{Pixel: 'H' | '2'<<8 | '6'<<16 | '4'<<24, Sizes: []v4l2.Size{vga}}
	section := func(path string) map[string]any {
		return map[string]any{"source": "v4l2", "v4l2": map[string]any{"device": path}}
	}
	for name, c := range map[string]struct {
		device v4l2.Device
		want   web.Device
	}{
		"used": {
			v4l2.Device{Path: node, Link: link, Card: "HD Webcam", Formats: []v4l2.Format{{Pixel: capture.MJPG, Sizes: []v4l2.Size{vga, anySize}}, h264}},
			web.Device{Source: "v4l2", Name: "HD Webcam", Path: link, Formats: []string{"MJPG 640x480 30/s", "MJPG 32x32 to 1280x720"}, Used: "drive", Config: section(link)},
		},
		"free": {
			v4l2.Device{Path: "/dev/video1", Formats: []v4l2.Format{{Pixel: capture.YUYV}}},
			web.Device{Source: "v4l2", Name: "/dev/video1", Path: "/dev/video1", Formats: []string{"YUYV"}, Config: section("/dev/video1")},
		},
		"not for us": {
			v4l2.Device{Path: "/dev/video2", Card: "x", Formats: []v4l2.Format{h264}},
			web.Device{Source: "v4l2", Name: "x", Path: "/dev/video2", Problem: "it has no format that inceptiond supports", Config: section("/dev/video2")},
		},
		"closed": {
			v4l2.Device{Path: "/dev/video3", Err: errors.New("no permission: join the group")},
			web.Device{Source: "v4l2", Name: "/dev/video3", Path: "/dev/video3", Problem: "no permission: join the group", Config: section("/dev/video3")},
		},
	} {
		if got := videoDevice(c.device, p); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v\nwant %+v", name, got, c.want)
		}
	}
	if got := heldBy([]proc.Holder{{PID: 812, Name: "motion"}}); got != "in use by motion (process 812): end that, or take another camera" || heldBy(nil) != "" {
		t.Error(got)
	}
}

func TestRibbonDevice(t *testing.T) {
	p := &plan.Plan{Cameras: map[string]plan.Camera{"a": {Opener: plugged{"/dev/video0"}}, "b": {Opener: ribboned{number: 1}}}}
	for number, used := range []string{"", "b"} {
		got := ribbonDevice(rpicam.Camera{Number: number, Sensor: "imx219", Mode: "3280x2464 10-bit RGGB"}, p)
		want := web.Device{
			Source: "rpicam", Name: "Raspberry Pi camera imx219", Path: []string{"camera 0", "camera 1"}[number], Formats: []string{"3280x2464 10-bit RGGB"}, Used: used,
			Config: map[string]any{"source": "rpicam", "rpicam": map[string]any{"camera": number}},
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	root := t.TempDir()
	if got := ribbonAtWork(root, p); got != nil {
		t.Errorf("at work: %v", got)
	}
	if err := os.MkdirAll(filepath.Join(root, "12"), 0o700); err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string]string{"comm": "rpicam-vid\n", "cmdline": "rpicam-vid\x00--camera\x001\x00"} {
		if err := os.WriteFile(filepath.Join(root, "12", file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := ribbonAtWork(root, p); len(got) != 1 || ribbonDevice(got[0], p).Used != "b" || ribbonDevice(got[0], p).Name != "Raspberry Pi camera" {
		t.Errorf("at work: %v", got)
	}
	if got := missingRibbon(rpicam.ErrNotInstalled).Problem; !strings.Contains(got, "sudo apt install rpicam-apps") {
		t.Error(got)
	}
	if got := missingRibbon(errors.New("no answer in time")).Problem; got != "no answer in time" {
		t.Error(got)
	}
}

// A Raspberry Pi knows its name; elsewhere nobody misses the programs for its cameras.
func TestIsPi(t *testing.T) {
	root := t.TempDir()
	if isPi(root) {
		t.Error("nothing is a Raspberry Pi")
	}
	for model, want := range map[string]bool{"Raspberry Pi 4 Model B Rev 1.4\x00": true, "Radxa ROCK 5B\x00": false} {
		if err := os.MkdirAll(filepath.Join(root, "proc/device-tree"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, "proc/device-tree/model"), []byte(model), 0o600); err != nil {
			t.Fatal(err)
		}
		if isPi(root) != want {
			t.Errorf("%q: %t", model, !want)
		}
	}
}

// What is found on this machine can be used, or there is a reason why not.
func TestDevicesOfThisMachine(t *testing.T) {
	list, err := new(Service).Devices(t.Context())
	if err != nil || list == nil {
		t.Fatal(list, err)
	}
	for _, d := range list {
		if d.Name == "" || d.Used != "" || d.Config == nil && d.Problem == "" {
			t.Errorf("%+v", d)
		}
	}
}
