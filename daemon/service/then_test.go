package service

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer/demomodel"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/publishtest"
)

// A second model is loaded, shared, told of and exchanged as the first ones are; the camera starts anew with another one, or other
// options of it, and no other camera does.
func TestReloadThen(t *testing.T) {
	model := filepath.Join(t.TempDir(), "m.tflite")
	if err := os.WriteFile(model, demomodel.Model(), 0o600); err != nil {
		t.Fatal(err)
	}
	text := func(then string) string {
		return fmt.Sprintf(`
mqtt: {broker: off}
models:
  faces: {file: %s/models/zoo/blazeface_front_128.tflite, decoder: blazeface}
  what: {file: %s}
cameras:
  a: {demo: {width: 32, height: 32, interval: 5ms}}
  b: {demo: {width: 32, height: 32, interval: 5ms}, model: faces%s}
`, shared.Dir(t), model, then)
	}
	const anew = "[b]"
	s := startService(t, text(", then: {model: what}"))
	s.goesOn("b")
	models, err := s.service.Models(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range models {
		if want := map[string][]string{"demo": {"a"}, "faces": {"b"}, "what": {"b"}}[m.Name]; !slices.Equal(m.Cameras, want) {
			t.Errorf("%s is used by %q, want %q", m.Name, m.Cameras, want)
		}
	}
	entry, _ := s.reload(text(", then: {model: what, max_crops: 1}"))
	check(t, entry, map[string]string{"cameras_kept": "[a]", "cameras_started": anew, "models_loaded": "[]", "models_unloaded": "[]"})
	s.goesOn("b")

	next := model + ".next"
	if err := os.WriteFile(next, demomodel.Model(), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(next, model); err != nil {
		t.Fatal(err)
	}
	entry, _ = s.reload(text(", then: {model: what, max_crops: 1}"))
	check(t, entry, map[string]string{"cameras_kept": "[a]", "cameras_started": anew, "models_loaded": "[what]", "models_unloaded": "[what]"})

	_, status := s.reload(text(", then: {model: what, labels: [face]}"))
	if status.State != publish.ConfigRefused || !strings.Contains(status.Problems[0], `camera "b": then.labels: no class is called "face"`) {
		t.Errorf("an unknown label: %+v", status)
	}
	s.goesOn("b")
	entry, _ = s.reload(text(""))
	check(t, entry, map[string]string{"cameras_kept": "[a]", "cameras_started": anew, "models_loaded": "[]", "models_unloaded": "[what]"})
	s.goesOn("b")
	var thens []bool
	publishtest.Eventually(t, "the engines of b", func() bool {
		thens = nil
		for _, m := range s.record.Messages() {
			if e, ok := m.(publish.EngineStatus); ok && e.Camera == "b" {
				thens = append(thens, e.Then != nil)
			}
		}
		return len(thens) == 4
	})
	if want := []bool{true, true, true, false}; !slices.Equal(thens, want) {
		t.Errorf("engines of second models: %v, want %v", thens, want)
	}
	for _, c := range s.service.Overview().Cameras {
		if c.HasThen {
			t.Errorf("%+v", c)
		}
	}
}
