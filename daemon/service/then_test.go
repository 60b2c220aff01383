package service

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/infer/demomodel"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
	"github.com/inceptiond/inceptiond/internal/testing/taught"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/publishtest"
	"github.com/inceptiond/inceptiond/publish/web"
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

// A picture to teach a second model with is what it gets to see of the one thing that the first finds; for other names it is what the camera
// looks at.
func TestCutCrop(t *testing.T) {
	folder, pictures := t.TempDir(), t.TempDir()
	taught.Version(t, folder, "who", taught.Class{Label: "red", Colour: color.RGBA{200, 0, 0, 255}}, taught.Class{Label: "blue", Colour: color.RGBA{0, 0, 200, 255}})
	data, err := os.ReadFile(filepath.Join(shared.Dir(t), "golden/zoo/pictures/face.jpg")) // 512x355, of whose faces blazeface finds one
	if err == nil {
		err = os.WriteFile(filepath.Join(pictures, "face.jpg"), data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	_, p := startSchool(t, fmt.Sprintf(`
mqtt: {broker: off}
teach: {folder: %s}
models:
  faces: {file: %s/models/zoo/blazeface_front_128.tflite, decoder: blazeface}
  who: {file: "taught:who"}
cameras:
  a: {source: files, files: {paths: [%s], interval: 10ms, loop: true}, model: faces, then: {model: who}}
`, folder, shared.Dir(t), pictures))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if name := p.school.Plan().Cameras["a"].Taught; name != "who" {
		t.Errorf("the camera is taught as %q", name)
	}
	var after uint64
	for range 2 {
		c, err := p.school.Cut(ctx, "a", "who", after)
		if err != nil {
			t.Fatal(err)
		}
		is, err := jpeg.DecodeConfig(bytes.NewReader(c.JPEG)) // the box is 0.244 of each side: 125 pixels by 87; an eighth, or a quarter, more on each side
		if err != nil || is.Width != is.Height || is.Width < 150 || is.Width > 200 || c.Sequence <= after || c.Time.IsZero() {
			t.Errorf("%dx%d of frame %d, %v", is.Width, is.Height, c.Sequence, err)
		}
		after = c.Sequence
	}
	c, err := p.school.Cut(ctx, "a", "porch", after)
	if is, wrong := jpeg.DecodeConfig(bytes.NewReader(c.JPEG)); err != nil || wrong != nil || is.Width <= is.Height {
		t.Errorf("for another name: %dx%d, %v, %v", is.Width, is.Height, err, wrong)
	}
	var refused *web.Refused
	if _, err := p.school.CutStill("a", "who", c.JPEG); !errors.As(err, &refused) || !strings.Contains(err.Error(), "shows more than what who is taught with") {
		t.Errorf("of a still picture: %v", err)
	}
}

// When the daemon stops nothing runs either model; what others have been told of them before stays as it was.
func TestStopped(t *testing.T) {
	at := time.Now()
	was := publish.EngineStatus{
		Camera: "gate", State: publish.EngineRunning, Wanted: "cpu", Engine: "cpu",
		Then: &publish.EngineStatus{Model: publish.Model{Name: "breeds"}, State: publish.EngineFallback, Wanted: "tflite", Engine: "cpu", Reason: "worker is lost", Restarts: 3},
	}
	is := stopped(was, at)
	const reason = "the daemon has stopped"
	then := publish.EngineStatus{Model: publish.Model{Name: "breeds"}, State: publish.EngineDown, Wanted: "tflite", Reason: reason, Restarts: 3, Time: at}
	if is.State != publish.EngineDown || is.Engine != "" || is.Reason != reason || *is.Then != then {
		t.Errorf("%+v, then %+v", is, is.Then)
	}
	if was.State != publish.EngineRunning || was.Then.Engine != "cpu" {
		t.Errorf("it was %+v, then %+v", was, was.Then)
	}
}
