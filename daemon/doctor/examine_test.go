package doctor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/capture/rpicam"
	"github.com/inceptiond/inceptiond/capture/rtsp"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/tflite/edgetpu"
	"github.com/inceptiond/inceptiond/publish/mqtt"
	"github.com/inceptiond/inceptiond/publish/snapshots"
)

func TestCertificateAge(t *testing.T) {
	now := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	if f := certificateAge(time.Time{}, now); f != nil {
		t.Errorf("without TLS: %+v", f)
	}
	if f := certificateAge(now.AddDate(0, 1, 0), now); f != nil {
		t.Errorf("a month: %+v", f)
	}
	if f := certificateAge(now.AddDate(0, 0, 10), now); len(f) != 1 || f[0].State != Warning || !strings.Contains(f[0].Found, "2026-09-11") {
		t.Errorf("ten days: %+v", f)
	}
}

// What a step has found is said once.
func TestStepFinding(t *testing.T) {
	for _, test := range []struct {
		step  mqtt.Step
		state State
		found string
	}{
		{mqtt.Step{Name: "publish", Found: "the message came back", Took: 1234567}, OK, "the message came back (1.2ms)"},
		{mqtt.Step{Name: "publish", Found: "it did not come back", Mend: "do", Err: errors.New("it did not come back")}, Fault, "mqtt://h: it did not come back"},
		{mqtt.Step{Name: "connect", Found: "nothing listens there", Mend: "do", Err: errors.New("refused")}, Fault, "mqtt://h: nothing listens there (refused)"},
	} {
		if f := stepFinding("mqtt://h", test.step); f.State != test.state || f.Found != test.found || f.Fix != test.step.Mend {
			t.Errorf("%+v", f)
		}
	}
}

func TestJudgeRibbon(t *testing.T) {
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "boot"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "boot/config.txt"), []byte("camera_auto_detect=0\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	wanted := plan.Plan{Cameras: map[string]plan.Camera{"csi": {Kind: "rpicam"}}}
	imx := rpicam.Camera{Number: 0, Sensor: "imx219", Mode: "3280x2464 10-bit RGGB"}
	for name, test := range map[string]struct {
		root    Root
		plan    *plan.Plan
		cameras []rpicam.Camera
		err     error
		state   State
		says    string
	}{
		"there":         {"", &wanted, []rpicam.Camera{imx}, nil, OK, "0: imx219, 3280x2464 10-bit RGGB"},
		"not installed": {"", &wanted, nil, rpicam.ErrNotInstalled, Fault, "apt install rpicam-apps"},
		"not needed":    {"", nil, nil, rpicam.ErrNotInstalled, Note, "not installed"},
		"none":          {Root(t.TempDir()), &wanted, nil, nil, Fault, "ribbon cable in straight"},
		"switched off":  {Root(root), &wanted, nil, nil, Fault, "camera_auto_detect=1"},
		"broken":        {"", &wanted, nil, fmt.Errorf("rpicam: it ended"), Fault, "it ended"},
	} {
		e := &examination{root: test.root, plan: test.plan}
		if f := e.judgeRibbon(test.cameras, test.err); f.State != test.state || !strings.Contains(f.Found+f.Fix, test.says) {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

func TestJudgeEdgeTPU(t *testing.T) {
	root := t.TempDir()
	for path, text := range map[string]string{
		"sys/bus/usb/devices/2-1/idVendor": "18d1\n", "sys/bus/usb/devices/2-1/idProduct": "9302\n",
		"sys/bus/usb/devices/2-1/busnum": "2\n", "sys/bus/usb/devices/2-1/devnum": "3\n", "sys/bus/usb/devices/2-1/speed": "480\n",
		"dev/bus/usb/002/003": "",
	} {
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	with := func(m engines.Options) *plan.Plan {
		return &plan.Plan{Models: map[string]engines.Options{"demo": m}, Cameras: map[string]plan.Camera{"demo": {Model: "demo"}}}
	}
	plain, wants, needs := with(engines.Options{Engine: engines.Auto}),
		with(engines.Options{Engine: engines.Auto, TPU: &engines.TPU{Device: "usb"}}), with(engines.Options{Engine: engines.EdgeTPU})
	nothing := edgetpu.Find(edgetpu.Options{Root: t.TempDir()})
	device := edgetpu.Find(edgetpu.Options{Root: root, Access: func(string) error { return nil }})
	locked := edgetpu.Find(edgetpu.Options{Root: root, Access: func(string) error { return os.ErrPermission }})
	for name, test := range map[string]struct {
		plan   *plan.Plan
		report edgetpu.Report
		worst  State
		says   string
	}{
		"nobody asks":      {plain, nothing, Note, "none, and no model asks for one"},
		"no config":        {nil, nothing, Note, "none, and no model asks for one"},
		"the CPU does":     {wants, nothing, Warning, "there is no libedgetpu.so.1"},
		"missing":          {needs, nothing, Fault, "there is no Edge TPU"},
		"slow":             {needs, device, Fault, "480 Mbit/s"}, // and no library
		"there":            {plain, device, Note, "usb /sys/bus/usb/devices/2-1, 18d1:9302, 480 Mbit/s, /dev/bus/usb/002/003 (group "},
		"no permission":    {needs, locked, Fault, "no permission for /dev/bus/usb/002/003"},
		"the CPU does, no": {wants, locked, Warning, "no permission"},
	} {
		e := &examination{plan: test.plan}
		findings := e.judgeEdgeTPU(test.report)
		check := Check{Area: "model", Name: "edge tpu", Run: func(context.Context) []Finding { return findings }}
		var texts []string
		worst := Run(t.Context(), []Check{check}, func(f Finding) {
			texts = append(texts, f.Found)
			if (f.State == Fault || f.State == Warning) && f.Fix == "" {
				t.Errorf("%s: no fix: %+v", name, f)
			}
		})
		if text := strings.Join(texts, "; "); worst != test.worst || !strings.Contains(text, test.says) {
			t.Errorf("%s: %s: %s, want %s: %s", name, worst, text, test.worst, test.says)
		}
	}
}

// What is wrong with an RTSP camera has a fix that names what to type or to change.
func TestRTSPFix(t *testing.T) {
	for want, err := range map[string]error{
		"sudo apt install ffmpeg":                        rtsp.ErrNotInstalled,
		"`ffmpeg -version`":                              rtsp.ErrTooOld,
		"cameras.yard.rtsp.username and password_file":   errors.New("rtsp: rtsp://c/: the camera wants a user and password (401)"),
		"cameras.yard.rtsp.url; docs/cameras.md has exa": errors.New("rtsp: rtsp://c/: there is no such stream (404)"),
		"another viewer":                                 errors.New("rtsp: rtsp://c/: no frame for 10s"),
	} {
		e := &examination{}
		if got := e.cameraFix("yard", plan.Camera{Kind: "rtsp"}, err); !strings.Contains(got, want) {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
}

// TestTaught: where pictures are taught is looked at if a camera has to do with it.
func TestTaught(t *testing.T) {
	with, without := map[string]plan.Camera{"a": {}, "b": {Taught: "gate"}}, map[string]plan.Camera{"a": {}}
	for _, c := range []struct {
		file, folder string
		cameras      map[string]plan.Camera
		want         string
	}{
		{"my.yaml", "/home/me/teach", with, "/home/me/teach"}, {"my.yaml", "/home/me/teach", without, ""},
		{InstalledConfig, "/home/me/teach", with, "/var/lib/inceptiond/teach"}, {InstalledConfig, "/srv/teach", with, "/srv/teach"},
	} {
		e := &examination{plan: &plan.Plan{State: "/home/me", Teach: plan.Teach{Folder: c.folder}, Cameras: c.cameras}, options: Options{File: c.file}}
		if got := e.taught(); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
	if got := (&examination{}).taught(); got != "" {
		t.Errorf("without a config: %q", got)
	}
}

// Where pictures are kept is looked at, each folder once; the service's is not that of who asks.
func TestAlbums(t *testing.T) {
	kept := func(folder string) plan.Camera {
		return plan.Camera{Snapshot: &plan.Snapshot{Disk: &snapshots.Limits{Folder: folder}}}
	}
	p := &plan.Plan{State: "/home/me", Cameras: map[string]plan.Camera{
		"a": kept("/srv/a"), "b": kept("/srv/a"), "c": kept("/home/me/snapshots"), "d": {Snapshot: &plan.Snapshot{MQTT: true}}, "e": {},
	}}
	for file, want := range map[string]string{"my.yaml": "[/srv/a /home/me/snapshots]", InstalledConfig: "[/srv/a /var/lib/inceptiond/snapshots]"} {
		e := &examination{plan: p, options: Options{File: file}}
		if got := fmt.Sprint(e.albums()); got != want {
			t.Errorf("%s: %s, want %s", file, got, want)
		}
	}
	if got := (&examination{}).albums(); got != nil {
		t.Errorf("without a config: %v", got)
	}
}

func TestNormalPictures(t *testing.T) {
	for pictures, want := range map[int]State{0: Warning, 2: Warning, 3: OK, 50: OK} {
		found := checkNormal("drive", plan.Normal{Name: "gate", Pictures: pictures}).Run(t.Context())
		if len(found) != 1 || found[0].State != want || (want == OK) != (found[0].Fix == "") {
			t.Errorf("%d pictures: %+v", pictures, found)
		}
	}
}
