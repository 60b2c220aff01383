package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/daemon/doctor"
	"github.com/inceptiond/inceptiond/internal/testing/freeport"
	"github.com/inceptiond/inceptiond/publish/broker"
)

// doctorReport is what it prints.
type doctorReport struct{ doctor.Report }

// runDoctor runs `inceptiond doctor --json` on a config file with this text, and holds its output to the schema.
func runDoctor(t *testing.T, text string) (r doctorReport, code int) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "inceptiond.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, stderr bytes.Buffer
	code = execute(t.Context(), []string{"doctor", "--json", "-c", file}, streams{nil, &out, &stderr})
	validDoctor(t, out.Bytes())
	if err := json.Unmarshal(out.Bytes(), &r.Report); err != nil {
		t.Fatalf("%v in %s", err, out.Bytes())
	}
	return r, code
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

// Line by line it finds the same as in one piece.
func TestDoctorInLines(t *testing.T) {
	file := filepath.Join(t.TempDir(), "inceptiond.yaml")
	text := "mqtt: {broker: off}\nweb: {listen: '127.0.0.1:" + freeport.Find(t) + "'}\ncameras: {a: {source: files, files: {paths: [none]}}}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var lines, whole, stderr bytes.Buffer
	code := execute(t.Context(), []string{"doctor", "--lines", "-c", file}, streams{nil, &lines, &stderr})
	if execute(t.Context(), []string{"doctor", "--json", "-c", file}, streams{nil, &whole, &stderr}) != code || code != exitError {
		t.Errorf("ended with %d", code)
	}
	var report doctor.Report
	if err := json.Unmarshal(whole.Bytes(), &report); err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(lines.String()) {
		var f doctor.Finding
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		if want := report.Findings[min(n, len(report.Findings)-1)]; f.Check != want.Check || f.State != want.State {
			t.Errorf("finding %d is %+v, want %+v", n, f, want)
		}
		n++
	}
	if n != len(report.Findings) || n < 5 {
		t.Errorf("%d findings, want %d", n, len(report.Findings))
	}
	if code := execute(t.Context(), []string{"doctor", "--lines", "--json"}, streams{nil, &lines, &stderr}); code == exitOK {
		t.Errorf("--lines and --json: %d", code)
	}
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
	if code != exitError || r.Count(doctor.Fault) != 2 {
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
