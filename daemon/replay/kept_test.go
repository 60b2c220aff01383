package replay_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/daemon/bundle"
	"github.com/inceptiond/inceptiond/daemon/pipeline"
	"github.com/inceptiond/inceptiond/daemon/replay"
	"github.com/inceptiond/inceptiond/internal/testing/graphs"
)

const fadingConfig = `
mqtt: {broker: "off"}
web: {listen: ""}
models:
  fading: {file: FILE, labels: LABELS}
cameras:
  door: {source: demo, model: fading, decision: {enter: 0.5, leave: 0.4, need: 1, window: 1}}
`

// fading is a bundle of a model that goes on to say what it has seen before, in the middle of that.
func fading(t *testing.T, variable bool, more string) *bundle.Bundle {
	t.Helper()
	labels := filepath.Join(t.TempDir(), "labels.txt")
	if err := os.WriteFile(labels, []byte("red\ngreen\nblue\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	config := strings.NewReplacer("FILE", written(t, graphs.Fading(variable)), "LABELS", labels).Replace(fadingConfig + more)
	return record(t, config, []event{red, red, green, {interrupt: "paused"}, green, blue, blue, red}, 2)
}

// started is what a bundle says that a camera's model began with, in the start and in the steps.
func started(t *testing.T, b *bundle.Bundle, camera string) (start []byte, steps int) {
	t.Helper()
	data, _ := b.File(bundle.StartName(camera))
	var carried pipeline.Carried
	if err := json.Unmarshal(data, &carried); err != nil {
		t.Fatal(err)
	}
	list, err := b.Steps(camera)
	if err != nil {
		t.Fatal(err)
	}
	for i := range list {
		if list[i].Kept != nil {
			steps++
		}
	}
	return carried.Kept, steps
}

// What a model keeps from frame to frame is in a bundle, and a replay goes on from it: whether the model has it as an input or a variable.
// A bundle without it, as older versions have made it, is replayed as before: the model begins anew.
func TestKept(t *testing.T) {
	for name, variable := range map[string]bool{"input": false, "variable": true} {
		b := fading(t, variable, "")
		start, steps := started(t, b, "door")
		if len(start) != 3*4 || steps != 0 {
			t.Errorf("%s: it is in the start with %d bytes and in %d steps", name, len(start), steps)
		}
		if r := again(t, b, nil, replay.Options{}); !r.Same || !r.Cameras[0].Exact || r.Cameras[0].Lacks != "" {
			t.Errorf("%s: %+v", name, r.Cameras[0])
		}
		old := map[string]any{}
		data, _ := b.File(bundle.StartName("door"))
		if err := json.Unmarshal(data, &old); err != nil {
			t.Fatal(err)
		}
		for what, c := range map[string]struct {
			kept any
			want string // in what the replay lacks
		}{
			"none":      {nil, ""},
			"too short": {"AAAA", "what its model keeps from frame to frame: there it was 3 bytes, and here the engine can be told 12"},
		} {
			if old["kept"] = c.kept; c.kept == nil {
				delete(old, "kept")
			}
			text, err := json.Marshal(old)
			if err != nil {
				t.Fatal(err)
			}
			r := again(t, changed(t, b, map[string][]byte{bundle.StartName("door"): text}), nil, replay.Options{})
			first := r.Cameras[0].First
			if r.Same || len(first) == 0 || first[0].Stage != replay.Outputs || first[0].Frame != 1 || r.Cameras[0].Lacks != c.want {
				t.Errorf("%s, %s: %+v", name, what, r.Cameras[0])
			}
		}
	}
}

// Cameras that share such a model share what it keeps, so each of their steps says what the other has left.
func TestKeptShared(t *testing.T) {
	b := fading(t, false, "  yard: {source: demo, model: fading}\n")
	for _, camera := range []string{"door", "yard"} {
		if start, steps := started(t, b, camera); len(start) != 3*4 || steps != 4 {
			t.Errorf("camera %s: in the start with %d bytes, and in %d steps (want 4)", camera, len(start), steps)
		}
	}
	if r := again(t, b, nil, replay.Options{}); !r.Same || !r.Cameras[0].Exact || !r.Cameras[1].Exact {
		t.Errorf("%+v", r)
	}
}
