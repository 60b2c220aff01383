package wiring

import (
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/inceptiond/inceptiond/infer/catalogue"
	"github.com/inceptiond/inceptiond/infer/learn/store"
	"github.com/inceptiond/inceptiond/internal/testing/taught"
)

// touch makes an empty file, and the folders above it.
func touch(t *testing.T, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
}

// Models are found beside the config file, beside models of the config, and where they are fetched to: no deeper, no links.
func TestModelFiles(t *testing.T) {
	other := t.TempDir()
	f, path := fileWith(t, "models: {a: {file: below/a.tflite}, b: {file: "+other+"/none.tflite}, c: {file: builtin:demo}, d: {file: "+other+"/pipe/x.tflite}}\n"+
		"cameras: {x: {top_k: wrong}}\n")
	own := filepath.Dir(path)
	for _, file := range []string{own + "/z.tflite", own + "/y.tflite", own + "/notes.txt", own + "/below/a.tflite", own + "/below/deep/no.tflite",
		own + "/aside/no.tflite", other + "/b.tflite"} {
		touch(t, file)
	}
	if err := os.Symlink(other+"/b.tflite", own+"/link.tflite"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(own+"/folder.tflite", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(other+"/pipe", 0o600); err != nil {
		t.Fatal(err)
	}
	models := filepath.Join(os.Getenv("STATE_DIRECTORY"), "models")
	fetched, half := catalogue.All()[0], catalogue.All()[1]
	touch(t, filepath.Join(models, fetched.File.Name))
	touch(t, filepath.Join(models, fetched.Labels.Name))
	if half.Labels.Name != fetched.Labels.Name {
		touch(t, filepath.Join(models, half.File.Name))
	}
	beside := []string{own + "/y.tflite", own + "/z.tflite"}
	folders := []string{other + "/b.tflite", own + "/below/a.tflite"}
	slices.Sort(folders)
	want := slices.Concat([]string{"builtin:demo", "pull:" + fetched.Name}, beside, folders)
	if got := slices.DeleteFunc(f.ModelFiles(), func(name string) bool { // root's models may be on this machine
		return strings.HasPrefix(name, "pull:") && name != "pull:"+fetched.Name
	}); !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
	for i := range 200 {
		touch(t, fmt.Sprintf("%s/%d.tflite", own, i))
	}
	if got := f.ModelFiles(); len(got) != 100 {
		t.Errorf("%d files", len(got))
	}
	if got := NewFile("", Flags{}, true).ModelFiles(); len(got) == 0 || got[0] != "builtin:demo" {
		t.Errorf("without a config file: %q", got)
	}
}

// What was taught here is listed once a version of it is in use, wherever the file says that it is kept.
func TestTaughtModelFiles(t *testing.T) {
	f, path := fileWith(t, "device: pi\nteach: {folder: taught}\n")
	folder := filepath.Join(filepath.Dir(path), "taught")
	red, blue := taught.Class{Label: "open", Colour: color.RGBA{200, 0, 0, 255}}, taught.Class{Label: "shut", Colour: color.RGBA{0, 0, 200, 255}}
	taught.Version(t, folder, "gate", red, blue)
	base := store.Base{Name: "b.tflite", File: "b.tflite", SHA256: strings.Repeat("0", 64)}
	if _, err := store.Open(folder, store.Limits{}).New("begun", base); err != nil {
		t.Fatal(err)
	}
	got := slices.DeleteFunc(f.ModelFiles(), func(name string) bool { return !strings.HasPrefix(name, "taught:") })
	if !slices.Equal(got, []string{"taught:gate"}) {
		t.Errorf("found %q", got)
	}
}
