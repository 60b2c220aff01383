package wiring

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/infer/learn/store"
)

// TestHashes finds what a config needs wherever it is named: as a model, its labels, its twin for an Edge TPU, in the text before, which
// the page takes back, and as what something was taught on.
func TestHashes(t *testing.T) {
	state := t.TempDir()
	t.Setenv("STATE_DIRECTORY", state)
	path := filepath.Join(t.TempDir(), "inceptiond.yaml")
	hash := func(digit string) string { return strings.Repeat(digit, 64) }
	text := func(file string) []byte {
		return fmt.Appendf(nil, "models:\n  a: {file: \"sha256:%s\", labels: \"sha256:%s\", edgetpu: {device: any, file: \"sha256:%s\"}}\n  b: {file: b.tflite, sha256: %s}\n",
			file, hash("b"), hash("c"), hash("f"))
	}
	if err := os.WriteFile(path, text(hash("a")), 0o600); err != nil {
		t.Fatal(err)
	}
	f := NewFile(path, Flags{}, false)
	if _, err := f.Apply(text(hash("d")), sum(text(hash("a"))), func(*plan.Plan) error { return nil }); err != nil {
		t.Fatal(err)
	}
	base := store.Base{Name: "sha256:" + hash("e"), File: "sha256:" + hash("e"), SHA256: hash("e")}
	if _, err := store.Open(filepath.Join(state, "teach"), store.Limits{}).New("begun", base); err != nil {
		t.Fatal(err)
	}
	want := []string{hash("a"), hash("b"), hash("c"), hash("d"), hash("e")}
	for _, folder := range []string{"", state} {
		if folder != "" { // root asks for the service
			t.Setenv("STATE_DIRECTORY", "")
			t.Setenv("XDG_STATE_HOME", t.TempDir())
		}
		used, err := Hashes(path, folder)
		if got := slices.Sorted(maps.Keys(used)); err != nil || !slices.Equal(got, want) {
			t.Errorf("%v: %v, want %v", err, got, want)
		}
	}
	if used, err := Hashes(path, t.TempDir()); err != nil || used[hash("e")] {
		t.Errorf("%v: what is taught elsewhere counts: %v", err, used)
	}
	if err := os.WriteFile(path, []byte("models: ["), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Hashes(path, ""); err == nil {
		t.Error("of a file that cannot be read it is known what it needs")
	}
}
