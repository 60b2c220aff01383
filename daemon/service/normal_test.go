package service

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/daemon/wiring"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/learn/store"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/publishtest"
)

// sceneJPEG is a still scene under some light; odd: with a chequered thing in the upper left.
func sceneJPEG(t *testing.T, light int, odd bool) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 224, 224))
	for y := range 224 {
		for x := range 224 {
			c := color.RGBA{uint8(60 + x/4 + light), uint8(90 + y/4 + light), uint8(120 + (x/32+y/32)%2*30), 255}
			if odd && x > 20 && x < 100 && y > 20 && y < 100 {
				c = color.RGBA{uint8(x / 8 % 2 * 255), uint8(y / 8 % 2 * 255), 0, 255}
			}
			m.SetRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestNormal: a camera without enough normal pictures runs, and says what it lacks; a reload after there are more compares with
// them, and one after which all is as before touches nothing.
func TestNormal(t *testing.T) {
	shots, teach := t.TempDir(), t.TempDir()
	for name, odd := range map[string]bool{"1.jpg": false, "2.jpg": true} {
		if err := os.WriteFile(filepath.Join(shots, name), sceneJPEG(t, 3, odd), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	gate, err := store.Open(teach, store.Limits{}).New("gate", store.Base{})
	if err != nil {
		t.Fatal(err)
	}
	add := func(picture []byte) {
		t.Helper()
		if _, _, err := gate.Add(store.Normal, "", picture, store.Note{}); err != nil {
			t.Fatal(err)
		}
	}
	add(sceneJPEG(t, 0, false))
	add(sceneJPEG(t, 2, false))
	text := fmt.Sprintf("mqtt: {broker: off}\nteach: {folder: %q}\ncameras:\n  a: {source: files, files: {paths: [%q], loop: true, interval: 1ms}, normal: {name: gate}}\n", teach, shots)
	s := startService(t, text)
	s.goesOn("a")
	if got := s.service.Overview().Cameras[0].Lacks; !strings.Contains(got, "2 of at least 3 normal pictures") || !strings.Contains(got, "inceptiond teach normal gate --camera a") {
		t.Errorf("it lacks %q", got)
	}
	for _, r := range s.record.Results() {
		if r.Different != nil {
			t.Fatalf("compared with too few pictures: %+v", r.Different)
		}
	}
	for _, d := range s.record.Decisions() {
		if d.Different != publish.LookUndecided {
			t.Errorf("%+v", d)
		}
	}

	add(sceneJPEG(t, 6, false))
	if entry, status := s.reload(text); status.State != publish.ConfigApplied || fmt.Sprint(entry["cameras_started"]) != "[a]" {
		t.Errorf("after a picture was added: %v, %v", entry, status)
	}
	publishtest.Eventually(t, "it to look different, and not any more", func() bool {
		different, again := false, false
		for _, m := range s.record.Messages() {
			if e, ok := m.(publish.Event); ok && e.Kind == publish.EventDifferent {
				different = different || e.Value == publish.LabelDifferent && strings.HasSuffix(e.Reason, "upper left")
				again = again || different && e.Value == ""
			}
		}
		return different && again
	})
	if lacks := s.service.Overview().Cameras[0].Lacks; lacks != "" {
		t.Errorf("it lacks %q", lacks)
	}
	if entry, _ := s.reload(text); fmt.Sprint(entry["cameras_kept"]) != "[a]" {
		t.Errorf("a reload that changes nothing: %v", entry)
	}
}

// A model that has no map of what is where cannot be asked what looks different.
func TestNormalNeedsAMap(t *testing.T) {
	m := &model{Model: &engines.Model{Name: "m", Scene: engines.Scene{None: errors.New("it joins nothing")}}}
	p := &plan.Plan{Cameras: map[string]plan.Camera{"a": {Normal: &plan.Normal{Name: "gate"}}, "b": {}}}
	if _, err := new(builder).learnNormal(t.Context(), p, "a", m, zap.NewNop()); err == nil || !strings.Contains(err.Error(), `normal: model "m" cannot compare scenes: it joins nothing`) {
		t.Error(err)
	}
	if n, err := new(builder).learnNormal(t.Context(), p, "b", m, zap.NewNop()); err != nil || n.lacks != "" || n.scene != nil {
		t.Errorf("%+v, %v", n, err)
	}
}

// `config check` says what a camera lacks.
func TestCheckNormal(t *testing.T) {
	file := filepath.Join(t.TempDir(), "inceptiond.yaml")
	text := fmt.Sprintf("device: test\nmqtt: {broker: off}\nteach: {folder: %q}\ncameras: {a: {normal: {name: gate}}}\n", t.TempDir())
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := wiring.LoadPlan(file, wiring.Flags{})
	if err != nil {
		t.Fatal(err)
	}
	notes, err := Check(t.Context(), p)
	if err != nil || len(notes) != 1 || !strings.HasPrefix(notes[0], "camera a: 0 of at least 3 normal pictures") {
		t.Errorf("%q, %v", notes, err)
	}
}
