package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture/rpicam"
	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/daemon/doctor"
	"github.com/inceptiond/inceptiond/infer/tflite/edgetpu"
	"github.com/inceptiond/inceptiond/publish/broker"
)

// runDoctor runs `inceptiond doctor --json` on a config file with this text, and holds its output to the schema.
func runDoctor(t *testing.T, text string) (report doctorReport, code int) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "inceptiond.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, stderr bytes.Buffer
	code = execute(t.Context(), []string{"doctor", "--json", "-c", file}, streams{nil, &out, &stderr})
	validDoctor(t, out.Bytes())
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		t.Fatalf("%v in %s", err, out.Bytes())
	}
	return report, code
}

// validDoctor holds JSON to docs/schema/doctor.json.
func validDoctor(t *testing.T, data []byte) {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	schema, err := c.Compile("../docs/schema/doctor.json")
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("%v in %s", err, data)
	}
}

// finding is the first one of a check.
func (r doctorReport) finding(check string) doctor.Finding {
	for _, f := range r.Findings {
		if f.Check == check {
			return f
		}
	}
	return doctor.Finding{State: "missing"}
}

// expect compares a finding's state, and looks for parts of its texts.
func (r doctorReport) expect(t *testing.T, check string, state doctor.State, found, fix string) {
	t.Helper()
	f := r.finding(check)
	if f.State != state || !strings.Contains(f.Found, found) || !strings.Contains(f.Fix, fix) {
		t.Errorf("%s: %+v, want %s, %q, fix %q", check, f, state, found, fix)
	}
}

func TestDoctorOfAGoodMachine(t *testing.T) {
	b, err := broker.Start(broker.Options{Listen: "127.0.0.1:0"}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	r, code := runDoctor(t, fmt.Sprintf("device: desk\nmqtt: {broker: 'mqtt://%s'}\n", b.Addr()))
	if code != exitOK || r.Device != "desk" {
		t.Errorf("ended with %d: %+v", code, r)
	}
	r.expect(t, "file", doctor.OK, "1 camera, 1 model, broker mqtt://127.0.0.1", "")
	r.expect(t, "demo", doctor.OK, "drawn scenes 640x480, every 1s: a picture after ", "")
	r.expect(t, "connect", doctor.OK, "accepts connections", "")
	r.expect(t, "log in", doctor.OK, "accepted", "")
	r.expect(t, "subscribe", doctor.OK, "inceptiond/desk/doctor/", "")
	r.expect(t, "publish", doctor.OK, "came back", "")
	r.expect(t, "memory", doctor.OK, "the models need about", "")
}

func TestDoctorOfABadMachine(t *testing.T) {
	dir := t.TempDir()
	password := filepath.Join(dir, "password")
	if err := os.WriteFile(password, []byte("secret word"), 0o644); err != nil {
		t.Fatal(err)
	}
	r, code := runDoctor(t, fmt.Sprintf(`
mqtt: {broker: "mqtt://127.0.0.1:1", username: me, password_file: %[1]s}
models:
  gone: {file: %[2]s/gone.tflite}
  broken: {file: %[1]s}
  labels: {file: "builtin:demo", labels: %[1]s}
cameras:
  a: {source: v4l2, v4l2: {device: /dev/video-none}, model: gone}
  b: {source: http, http: {url: "http://127.0.0.1:1/"}, model: broken}
  c: {source: files, files: {paths: [%[2]s/none]}, model: labels}
`, password, dir))
	if code != exitError || r.State != doctor.Fault {
		t.Errorf("ended with %d, %q", code, r.State)
	}
	r.expect(t, "a", doctor.Fault, "no such camera", "set cameras.a.v4l2.device")
	r.expect(t, "b", doctor.Fault, "connection refused", "cameras.b.http.url")
	r.expect(t, "c", doctor.Fault, "none", "cameras.c.files.paths")
	r.expect(t, "gone", doctor.Fault, "no such file", "models.gone.file")
	r.expect(t, "broken", doctor.Fault, "malformed", "another file")
	r.expect(t, "labels", doctor.Fault, "labels", "other labels")
	r.expect(t, "connect", doctor.Fault, "nothing listens there", "start the broker")
	r.expect(t, "password", doctor.Warning, "every user", "chmod")
	if text := fmt.Sprint(r); strings.Contains(text, "secret word") {
		t.Errorf("the report holds the password: %s", text)
	}
}

func TestDoctorOfABadFile(t *testing.T) {
	r, code := runDoctor(t, "cameras:\n  a: {top_kk: 1}\n  b: {threshold: 7}\n")
	if code != exitError || r.count(doctor.Fault) != 2 {
		t.Errorf("ended with %d: %+v", code, r.Findings)
	}
	r.expect(t, "file", doctor.Fault, "inceptiond.yaml:2: cameras.a", "mend that line")
	if f := r.finding("machine"); f.State != doctor.OK {
		t.Errorf("the machine was not looked at: %+v", f)
	}
}

func TestDoctorWithoutMQTT(t *testing.T) {
	r, code := runDoctor(t, "mqtt: {broker: off}\n")
	if code != exitOK {
		t.Errorf("ended with %d: %+v", code, r.Findings)
	}
	r.expect(t, "mqtt", doctor.Note, "off", "")
}

func TestCertificateAge(t *testing.T) {
	now := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	if f := certificateAge(time.Time{}, now); f != nil {
		t.Errorf("without TLS: %+v", f)
	}
	if f := certificateAge(now.AddDate(0, 1, 0), now); f != nil {
		t.Errorf("a month: %+v", f)
	}
	if f := certificateAge(now.AddDate(0, 0, 10), now); len(f) != 1 || f[0].State != doctor.Warning || !strings.Contains(f[0].Found, "2026-09-11") {
		t.Errorf("ten days: %+v", f)
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
	wanted := config.Default()
	wanted.Cameras = map[string]config.Camera{"csi": {Source: config.SourceRPiCam}}
	imx := rpicam.Camera{Number: 0, Sensor: "imx219", Mode: "3280x2464 10-bit RGGB"}
	for name, test := range map[string]struct {
		root    doctor.Root
		config  *config.Config
		cameras []rpicam.Camera
		err     error
		state   doctor.State
		says    string
	}{
		"there":         {"", &wanted, []rpicam.Camera{imx}, nil, doctor.OK, "0: imx219, 3280x2464 10-bit RGGB"},
		"not installed": {"", &wanted, nil, rpicam.ErrNotInstalled, doctor.Fault, "apt install rpicam-apps"},
		"not needed":    {"", nil, nil, rpicam.ErrNotInstalled, doctor.Note, "not installed"},
		"none":          {doctor.Root(t.TempDir()), &wanted, nil, nil, doctor.Fault, "ribbon cable in straight"},
		"switched off":  {doctor.Root(root), &wanted, nil, nil, doctor.Fault, "camera_auto_detect=1"},
		"broken":        {"", &wanted, nil, fmt.Errorf("rpicam: it ended"), doctor.Fault, "it ended"},
	} {
		e := &examination{root: test.root, config: test.config}
		if f := e.judgeRibbon(test.cameras, test.err); f.State != test.state || !strings.Contains(f.Found+f.Fix, test.says) {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

// TestDoctorDoc holds the example of docs/doctor.md to the schema.
func TestDoctorDoc(t *testing.T) {
	text, err := os.ReadFile("../docs/doctor.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, found := strings.Cut(string(text), "```json doctor\n")
	example, _, closed := strings.Cut(example, "```")
	if !found || !closed {
		t.Fatal("no example in docs/doctor.md")
	}
	validDoctor(t, []byte(example))
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
	with := func(m config.Model) *config.Config {
		c := config.Default()
		c.Models = map[string]config.Model{"demo": m}
		return &c
	}
	plain, wants, needs := with(config.Model{Engine: engineAuto}),
		with(config.Model{Engine: engineAuto, EdgeTPU: &config.EdgeTPU{Device: "usb"}}), with(config.Model{Engine: engineEdgeTPU})
	nothing := edgetpu.Find(edgetpu.Options{Root: t.TempDir()})
	device := edgetpu.Find(edgetpu.Options{Root: root, Access: func(string) error { return nil }})
	locked := edgetpu.Find(edgetpu.Options{Root: root, Access: func(string) error { return os.ErrPermission }})
	for name, test := range map[string]struct {
		config *config.Config
		report edgetpu.Report
		worst  doctor.State
		says   string
	}{
		"nobody asks":      {plain, nothing, doctor.Note, "none, and no model asks for one"},
		"no config":        {nil, nothing, doctor.Note, "none, and no model asks for one"},
		"the CPU does":     {wants, nothing, doctor.Warning, "there is no libedgetpu.so.1"},
		"missing":          {needs, nothing, doctor.Fault, "there is no Edge TPU"},
		"slow":             {needs, device, doctor.Fault, "480 Mbit/s"}, // and no library
		"there":            {plain, device, doctor.Note, "usb /sys/bus/usb/devices/2-1, 18d1:9302, 480 Mbit/s, /dev/bus/usb/002/003 (group "},
		"no permission":    {needs, locked, doctor.Fault, "no permission for /dev/bus/usb/002/003"},
		"the CPU does, no": {wants, locked, doctor.Warning, "no permission"},
	} {
		e := &examination{config: test.config}
		findings := e.judgeEdgeTPU(test.report)
		check := doctor.Check{Area: "model", Name: "edge tpu", Run: func(context.Context) []doctor.Finding { return findings }}
		var texts []string
		worst := doctor.Run(t.Context(), []doctor.Check{check}, func(f doctor.Finding) {
			texts = append(texts, f.Found)
			if (f.State == doctor.Fault || f.State == doctor.Warning) && f.Fix == "" {
				t.Errorf("%s: no fix: %+v", name, f)
			}
		})
		if text := strings.Join(texts, "; "); worst != test.worst || !strings.Contains(text, test.says) {
			t.Errorf("%s: %s: %s, want %s: %s", name, worst, text, test.worst, test.says)
		}
	}
}
