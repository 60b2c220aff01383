package wiring

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/publish/snapshots"
)

func TestPlanOfSnapshots(t *testing.T) {
	t.Setenv("STATE_DIRECTORY", "/var/lib/inceptiond")
	p := planOf(t, `
cameras:
  none: {source: demo}
  usual: {source: demo, region: {x: 0.5, width: 0.5}, snapshot: {disk: true}}
  own:
    source: demo
    region: {x: 0.5, width: 0.5}
    snapshot: {classes: [dog, 7], picture: region, width: 320, quality: 60, interval: 1s, mqtt: true, retain: true, max_bytes: 8KiB}
  elsewhere:
    source: demo
    snapshot: {disk: true, folder: /srv/pictures, keep: {max_files: 1, max_bytes: 1MiB, max_age: 1h}, budget: 2MiB}
`)
	half := picture.Region{X: 0.5, Width: 0.5, Height: 1}
	usual := picture.EncoderOptions{MaxWidth: 640, Quality: 80, MaxBytes: 256 << 10}
	for name, want := range map[string]*plan.Snapshot{
		"none": nil,
		"usual": {Interval: 10 * time.Second, Picture: usual, Disk: &snapshots.Limits{
			Folder: "/var/lib/inceptiond/snapshots", MaxFiles: 1000, MaxBytes: 256 << 20, MaxAge: 168 * time.Hour, Budget: 64 << 20,
		}},
		"own": {
			Classes: []string{"dog", "7"}, Interval: time.Second, MQTT: true, Retain: true,
			Picture: picture.EncoderOptions{Region: half, MaxWidth: 320, Quality: 60, MaxBytes: 8 << 10},
		},
		"elsewhere": {Interval: 10 * time.Second, Picture: usual, Disk: &snapshots.Limits{
			Folder: "/srv/pictures", MaxFiles: 1, MaxBytes: 1 << 20, MaxAge: time.Hour, Budget: 2 << 20,
		}},
	} {
		if got := p.Cameras[name].Snapshot; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

// Without a StateDirectory, and a home, pictures need a folder.
func TestSnapshotsWithoutAPlace(t *testing.T) {
	for _, name := range []string{"STATE_DIRECTORY", "XDG_STATE_HOME", "HOME"} {
		t.Setenv(name, "")
	}
	path := filepath.Join(t.TempDir(), "f.yaml")
	text := "cameras:\n  a:\n    snapshot: {disk: true}\n  b:\n    snapshot: {disk: true, folder: pictures}\n  c:\n    snapshot: {mqtt: true}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Load(path, Flags{})
	var bad *config.Error
	if !errors.As(err, &bad) || len(bad.Problems) != 1 {
		t.Fatalf("%v", err)
	}
	const want = "cameras.a.snapshot.folder: there is no folder for it: HOME is not set to one, nor is XDG_STATE_HOME: give one here"
	if got := bad.Problems[0]; got.Line != 3 || got.Key+": "+got.Message != want {
		t.Errorf("line %d: %s: %s", got.Line, got.Key, got.Message)
	}
}
