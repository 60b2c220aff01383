package service

import (
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer/learn/store"
	"github.com/inceptiond/inceptiond/internal/testing/taught"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/publishtest"
)

// The states of a gate, by their colours.
var (
	open  = taught.Class{Label: "open", Colour: color.RGBA{200, 40, 40, 255}}
	shut  = taught.Class{Label: "shut", Colour: color.RGBA{30, 60, 200, 255}}
	other = taught.Class{Label: "other", Colour: color.RGBA{20, 220, 60, 255}}
)

// pictures is a folder with a picture of each colour, in this order.
func pictures(t *testing.T, classes ...taught.Class) string {
	t.Helper()
	dir := t.TempDir()
	for i, c := range classes {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.jpg", i)), taught.Picture(t, 48, 48, c.Colour), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// decided are the labels of a camera's decisions so far.
func (a *atWork) decided(camera string) (list []string) {
	for _, m := range a.record.Messages() {
		if d, ok := m.(publish.Decision); ok && d.Camera == camera {
			list = append(list, d.Label)
		}
	}
	return list
}

// A reload takes over the version that is in use by then: cameras that have it begin anew, and no others. None of their
// decisions is lost.
func TestReloadTakesAVersionOver(t *testing.T) {
	teach := t.TempDir()
	first := taught.Version(t, teach, "gate", open, shut)
	text := fmt.Sprintf(`
mqtt: {broker: off}
teach: {folder: %q}
models: {gate: {file: "taught:gate", engine: cpu}}
cameras:
  a: {source: files, files: {paths: [%q], loop: true, interval: 5ms}, model: gate}
  b: {demo: {width: 32, height: 32, interval: 5ms}}
`, teach, pictures(t, open, shut, other))
	s := startService(t, text)
	s.goesOn("b")
	publishtest.Eventually(t, "all to be decided", func() bool {
		list := s.decided("a")
		return slices.Contains(list, "open") && slices.Contains(list, "shut") && slices.Contains(list, "unknown")
	})
	if entry, _ := s.reload(text); fmt.Sprint(entry["cameras_kept"], entry["models_loaded"]) != "[a b] []" {
		t.Errorf("nothing has changed, and the log says %v", entry)
	}
	before := s.sums("a")
	second := taught.Version(t, teach, "gate", open, shut, other)
	s.goesOn("a") // the old version, until somebody says so
	if sums := s.sums("a"); first == second || len(sums) != 1 || !strings.HasPrefix(sums[0], first) || !slices.Equal(before, sums) {
		t.Errorf("models %q, want %s", sums, first)
	}
	entry, _ := s.reload(text)
	check(t, entry, map[string]string{"cameras_kept": "[b]", "cameras_started": "[a]", "models_loaded": "[gate]", "models_unloaded": "[gate]"})
	publishtest.Eventually(t, "the third class", func() bool { return slices.Contains(s.decided("a"), "other") })
	if sums := s.sums("a"); len(sums) != 2 || !strings.HasPrefix(sums[1], second) {
		t.Errorf("models %q, want %s and %s", sums, first, second)
	}
	if got := s.states("b"); got != "connecting online" {
		t.Errorf("the other camera was %s", got)
	}
	n, err := store.Open(teach, store.Limits{}).Name("gate")
	if err == nil {
		err = n.Rollback()
	}
	if err != nil {
		t.Fatal(err)
	}
	s.reload(text)
	publishtest.Eventually(t, "the first version again", func() bool { sums := s.sums("a"); return len(sums) == 3 && strings.HasPrefix(sums[2], first) })
	s.reload("mqtt: {broker: off}\ncameras: {b: {demo: {width: 32, height: 32, interval: 5ms}}}\n") // else it might be about to tell one
	s.decisionsAreWhole("a")
}

// sums are the models that have answered a camera's frames, in their order.
func (a *atWork) sums(camera string) (list []string) {
	for _, r := range a.record.Results() {
		if r.Camera == camera && (len(list) == 0 || list[len(list)-1] != r.Model.SHA256) {
			list = append(list, r.Model.SHA256)
		}
	}
	return list
}

// decisionsAreWhole checks that each change of what is decided has its event, and that these follow each other.
func (a *atWork) decisionsAreWhole(camera string) {
	a.t.Helper()
	var last string
	decisions, events := 0, 0
	for _, m := range a.record.Messages() {
		switch m := m.(type) {
		case publish.Decision:
			if m.Camera == camera {
				decisions++
				if m.First {
					last = ""
				}
				if m.Previous != last {
					a.t.Errorf("decision %q after %q says that it was %q", m.Label, last, m.Previous)
				}
				last = m.Label
			}
		case publish.Event:
			if m.Camera == camera && m.Kind == publish.EventDecision {
				events++
			}
		}
	}
	if decisions < 4 || events != decisions {
		a.t.Errorf("%d decisions, and %d events of them", decisions, events)
	}
}

// Who tries a picture on the page sees whether the model knows it, and which taught picture it is most like.
func TestTryATaughtModel(t *testing.T) {
	teach := t.TempDir()
	taught.Version(t, teach, "gate", open, shut)
	s := startService(t, fmt.Sprintf("mqtt: {broker: off}\nteach: {folder: %q}\nmodels: {door: {file: 'taught:gate', engine: cpu}}\ncameras: {a: {demo: {interval: 1h}, model: door}}\n", teach))
	known, err := s.service.TryModel(t.Context(), "door", taught.Picture(t, 24, 24, shut.Colour))
	if err != nil {
		t.Fatal(err)
	}
	if !known.Taught || known.Unknown || known.Familiar < 0.1 || known.Nearest.Name != "gate" || known.Nearest.Class != "shut" || len(known.Nearest.ID) != 64 || known.Why == nil {
		t.Errorf("%+v, %s", known.Nearest, known.Reason)
	}
	strange, err := s.service.TryModel(t.Context(), "door", taught.Picture(t, 24, 24, other.Colour))
	if err != nil || !strange.Unknown || strange.Familiar > 0.2 {
		t.Errorf("%+v, %v", strange, err)
	}
	n, err := store.Open(teach, store.Limits{}).Name("gate")
	if err == nil {
		err = n.Delete(known.Nearest.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	gone, err := s.service.TryModel(t.Context(), "door", taught.Picture(t, 24, 24, shut.Colour))
	if err != nil || gone.Nearest.Name != "" || gone.Nearest.ID != known.Nearest.ID {
		t.Errorf("a picture that was deleted: %+v, %v", gone.Nearest, err)
	}
	models, err := s.service.Models(t.Context())
	if err != nil || len(models) != 2 || models[1].File != "taught:gate" {
		t.Errorf("%+v, %v", models, err)
	}
}
