package wiring

import (
	"bytes"
	"errors"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/learn/store"
)

// Of what was taught the version in use is loaded, wherever it is; what is collected keeps to the limits of snapshots.
func TestPlanOfWhatIsTaught(t *testing.T) {
	state := t.TempDir()
	t.Setenv("STATE_DIRECTORY", "")
	t.Setenv("XDG_STATE_HOME", state)
	p := planOf(t, `
device: pi
models:
  gate: {file: "taught:gate", unknown: 0.1}
  birds: {file: birds.tflite}
  idle: {file: "taught:idle"}
cameras:
  a: {model: gate}
  b: {model: gate, collect: {what: unsure}, snapshot: {interval: 1m, budget: 1MiB}}
  c: {model: birds, collect: {what: changes, name: feeder}}
  d: {model: birds, snapshot: {mqtt: true, why: true}}
  e: {model: gate, collect: {name: shed}}
teach: {max_pictures: 7, max_bytes: 2MiB}
web: {listen: ""}
`)
	folder := filepath.Join(state, "inceptiond/pi/teach")
	if want := (plan.Teach{Folder: folder, MaxPictures: 7, MaxBytes: 2 << 20}); p.Teach != want {
		t.Errorf("%+v, want %+v", p.Teach, want)
	}
	var want engines.Options
	want.SetTaught(filepath.Join(folder, "gate/current"))
	if got := p.Models["gate"]; got.File != want.File || got.Taught != want.Taught || got.Unknown != 0.1 || got.Explain {
		t.Errorf("%+v, want the file %s of %s", got, want.File, want.Taught)
	}
	if got := p.Idle["idle"]; got.Unknown != 0.05 || got.Anywhere() != "taught:idle" {
		t.Errorf("%+v", got)
	}
	if got := p.Models["birds"]; got.Taught != "" || got.Unknown != 0 || !got.Explain {
		t.Errorf("%+v", got)
	}
	for name, want := range map[string]struct {
		taught  string
		collect *plan.Collect
	}{
		"a": {"gate", nil},
		"b": {"gate", &plan.Collect{Interval: time.Minute, Budget: 1 << 20}},
		"c": {"feeder", &plan.Collect{Changes: true, Interval: 10 * time.Second, Budget: 64 << 20}},
		"d": {"", nil},
		"e": {"shed", nil},
	} {
		if c := p.Cameras[name]; c.Taught != want.taught || !reflect.DeepEqual(c.Collect, want.collect) {
			t.Errorf("%s: %q, %+v; want %q, %+v", name, c.Taught, c.Collect, want.taught, want.collect)
		}
	}
	if !p.Cameras["d"].Snapshot.Why {
		t.Error("why is not planned")
	}
	p = planOf(t, "teach: {folder: /srv/taught}\nmodels: {a: {file: \"taught:x\"}}\ncameras: {a: {model: a}}\n")
	if got := p.Models["a"].Taught; got != "/srv/taught/x/current" {
		t.Errorf("in a folder of its own: %s", got)
	}
}

func TestTeachWithoutFolder(t *testing.T) {
	for _, name := range []string{"STATE_DIRECTORY", "XDG_STATE_HOME", "HOME"} {
		t.Setenv(name, "")
	}
	path := filepath.Join(t.TempDir(), "f.yaml")
	text := "models:\n  gate:\n    file: taught:gate\ncameras:\n  a:\n    collect: {what: unsure, name: x}\n  b:\n    model: gate\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Load(path, Flags{})
	var bad *config.Error
	if !errors.As(err, &bad) || len(bad.Problems) != 2 {
		t.Fatalf("%v", err)
	}
	const why = ": needs a folder of what is taught; there is no folder for it: HOME is not set to one, nor is XDG_STATE_HOME: give one as teach.folder"
	for i, want := range []config.Problem{{Line: 3, Key: "models.gate.file"}, {Line: 6, Key: "cameras.a.collect"}} {
		if got := bad.Problems[i]; got.Line != want.Line || got.Key+": "+got.Message != want.Key+why {
			t.Errorf("line %d: %s: %s", got.Line, got.Key, got.Message)
		}
	}
}

// The plan of a camera with normal pictures is another one when they change; its model gives what is compared.
func TestPlanOfNormal(t *testing.T) {
	folder := t.TempDir()
	text := "models: {birds: {file: birds.tflite}, hens: {file: hens.tflite}}\ncameras:\n" +
		"  a: {model: birds, normal: {name: gate, loose: true}}\n  b: {model: hens}\nteach: {folder: " + folder + "}\n"
	p := planOf(t, text)
	if got, want := p.Cameras["a"].Normal, (&plan.Normal{Name: "gate", Loose: true}); !reflect.DeepEqual(got, want) || p.Cameras["b"].Normal != nil {
		t.Errorf("%+v, want %+v", got, want)
	}
	if !p.Models["birds"].Scene || p.Models["hens"].Scene {
		t.Errorf("%+v", p.Models)
	}
	gate, err := store.Open(folder, store.Limits{}).New("gate", store.Base{})
	if err != nil {
		t.Fatal(err)
	}
	before := p.Cameras["a"].Normal
	for i := range 2 {
		var picture bytes.Buffer
		if err := jpeg.Encode(&picture, image.NewGray(image.Rect(0, 0, 8+i, 8)), nil); err != nil {
			t.Fatal(err)
		}
		if _, _, err := gate.Add(store.Normal, "", picture.Bytes(), store.Note{}); err != nil {
			t.Fatal(err)
		}
		now := planOf(t, text).Cameras["a"].Normal
		if now.Pictures != i+1 || now.Stamp == before.Stamp {
			t.Errorf("%+v after %+v", now, before)
		}
		if again := planOf(t, text).Cameras["a"].Normal; *again != *now {
			t.Errorf("%+v, and then %+v", now, again)
		}
		before = now
	}
}
