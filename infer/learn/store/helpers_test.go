package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/internal/testing/memorydir"
)

// someBase is a base.json.
var someBase = Base{Name: "pull:inception_v1_quant", File: "/var/lib/inceptiond/models/inception_v1_quant.tflite",
	SHA256: strings.Repeat("ab", 32), Region: [4]float64{0.25, 0, 0.5, 1}, Fit: "crop", Rotate: 90}

// jpegOf is a file that begins as a JPEG does; the store looks no further.
func jpegOf(n int, size int) []byte {
	return append([]byte("\xff\xd8\xff\xe0"), []byte(fmt.Sprintf("%0*d", size-4, n))...)
}

// filesOf are those of a version with these classes.
func filesOf(model string, classes ...string) Files {
	type class struct {
		Label string `json:"label"`
	}
	var r struct {
		Classes []class `json:"classes"`
	}
	for _, c := range classes {
		r.Classes = append(r.Classes, class{c})
	}
	report, err := json.Marshal(r)
	if err != nil {
		panic(err)
	}
	return Files{Model: []byte(model), Report: report, Embeddings: []byte("E " + model), Labels: []byte(strings.Join(classes, "\n") + "\n")}
}

// newName makes a store with a name in a new folder.
func newName(t testing.TB, l Limits) *Name {
	t.Helper()
	n, err := Open(filepath.Join(memorydir.New(t), "teach"), l).New("gate", someBase)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// again opens the name anew, as another process does.
func (n *Name) again(t testing.TB) *Name {
	t.Helper()
	m, err := Open(n.store.path, n.store.limits).Name(n.name)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func add(t testing.TB, n *Name, shelf Shelf, class string, number int, note Note) string {
	t.Helper()
	id, fresh, err := n.Add(shelf, class, jpegOf(number, 100), note)
	if err != nil || !fresh {
		t.Fatalf("picture %d: fresh %t, %v", number, fresh, err)
	}
	return id
}

func commit(t testing.TB, n *Name, model string, classes ...string) string {
	t.Helper()
	id, err := n.Commit(filesOf(model, classes...))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// copyIn puts a file into the name's folder, as a person does.
func copyIn(t testing.TB, n *Name, file string, data []byte) {
	t.Helper()
	path := filepath.Join(n.Path(), file)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, data, 0o644)); err != nil {
		t.Fatal(err)
	}
}

// listed lists a shelf, with a line for each picture and each file that was skipped.
func listed(t testing.TB, n *Name, shelf Shelf) string {
	t.Helper()
	list, skipped, err := n.List(shelf)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, p := range list {
		lines = append(lines, fmt.Sprintf("%s %s", p.Class, p.ID[:4]))
	}
	for _, s := range skipped {
		lines = append(lines, fmt.Sprintf("skipped %s: %s", s.File, s.Reason))
	}
	return strings.Join(lines, "\n")
}

// tree lists what is in a folder, but for what folders have: links with where they lead.
func tree(t testing.TB, dir string) (list []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		if to, err := os.Readlink(path); err == nil {
			name += " -> " + to
		}
		if !d.IsDir() {
			list = append(list, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// current is what the link to the version in use leads to: its model.
func current(t testing.TB, n *Name) string {
	t.Helper()
	model, err := os.ReadFile(filepath.Join(Path(n.store.path, n.name), ModelFile))
	if errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	v, ok := n.Current()
	read, err := v.Read(ModelFile)
	if !ok || err != nil || !bytes.Equal(read, model) {
		t.Fatalf("the link leads to %q, and Current says %q, %t, %v", model, read, ok, err)
	}
	return string(model)
}

func previous(t testing.TB, n *Name) string {
	t.Helper()
	v, ok := n.Previous()
	if !ok {
		return ""
	}
	model, err := v.Read(ModelFile)
	if err != nil {
		t.Fatal(err)
	}
	return string(model)
}

func models(t testing.TB, n *Name) string {
	t.Helper()
	list, err := n.Versions()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, v := range list {
		model, err := v.Read(ModelFile)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, string(model))
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// wantError wants an error that says this.
func wantError(t testing.TB, err error, text string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("got error %v, want one with %q", err, text)
	}
}

// age makes a file older, as no clock is to be waited for.
func age(t testing.TB, path string, by time.Duration) {
	t.Helper()
	info, err := os.Lstat(path)
	if err == nil {
		err = os.Chtimes(path, time.Time{}, info.ModTime().Add(-by))
	}
	if err != nil {
		t.Fatal(err)
	}
}
