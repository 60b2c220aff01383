package service

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer/demomodel"
)

// Models says of each what runs it, and why not.
func TestModels(t *testing.T) {
	dir := t.TempDir()
	file, labels := filepath.Join(dir, "m.tflite"), filepath.Join(dir, "few.txt")
	for path, data := range map[string][]byte{file: demomodel.Model(), labels: []byte("one\ntwo\n")} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := startService(t, `
mqtt: {broker: off}
models:
  used: {file: `+file+`, threads: 1}
  idle: {file: `+file+`, engine: tflite}
  wrong: {file: `+file+`, labels: `+labels+`}
  gone: {file: `+dir+`/gone.tflite}
cameras:
  b: {demo: {interval: 1h}, model: used}
  a: {demo: {interval: 1h}, model: used}
`)
	list, err := s.service.Models(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range list {
		names = append(names, m.Name)
		used := m.Name == "used"
		if used != slices.Equal(m.Cameras, []string{"a", "b"}) || used != (m.Engine == "cpu") || used != (m.Memory > 10_000) || used == (m.Reason == "no camera uses it") {
			t.Errorf("%+v", m)
		}
		if known := m.Name != "gone" && m.Name != "wrong"; known != (len(m.SHA256) == 64 && m.Width > 10 && m.Height > 10) || known != (m.Problems == nil) {
			t.Errorf("%+v", m)
		}
	}
	if got := strings.Join(names, " "); got != "demo gone idle used wrong" {
		t.Errorf("models %s", got)
	}
	if demo := list[0]; demo.File != "builtin:demo" || len(demo.Classes) != 12 || demo.Wanted != "auto" {
		t.Errorf("%+v", demo)
	}
	for i, want := range map[int]string{1: "no such file", 4: "labels"} {
		if got := list[i].Problems; len(got) != 1 || !strings.Contains(got[0], want) {
			t.Errorf("%s: %q", list[i].Name, got)
		}
	}
	if idle := list[2]; idle.Wanted != "tflite" || idle.File != file {
		t.Errorf("%+v", idle)
	}
	if files, err := s.service.ModelFiles(t.Context()); err != nil || files[0] != "builtin:demo" || !slices.Contains(files, file) || slices.Contains(files, dir+"/gone.tflite") {
		t.Errorf("files %q, %v", files, err)
	}
	if files, err := new(Service).ModelFiles(t.Context()); files != nil || err != nil {
		t.Errorf("without a file: %q, %v", files, err)
	}
	if none, err := new(Service).Models(t.Context()); none == nil || len(none) != 0 || err != nil {
		t.Errorf("before the first config: %v, %v", none, err)
	}
}
