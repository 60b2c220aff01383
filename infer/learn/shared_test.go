package learn

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// baseOf reads a base from a file.
func baseOf(t testing.TB, file string) *Base {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.Parse(data, model.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := NewBase(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// sharedBase is one of the networks of the shared data.
func sharedBase(t testing.TB, name string) *Base {
	t.Helper()
	return baseOf(t, filepath.Join(shared.Dir(t), "models", name+".tflite"))
}

// runnerOf is an engine for a base.
func runnerOf(t testing.TB, b *Base, threads int) *cpu.Engine {
	t.Helper()
	m, err := b.Tapped()
	if err != nil {
		t.Fatal(err)
	}
	return engineOf(t, m, threads)
}

func engineOf(t testing.TB, m *model.Model, threads int) *cpu.Engine {
	t.Helper()
	e, err := cpu.New(m, cpu.Options{Threads: threads})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// folder is the first n pictures, by name, of each class of a folder; all if n is 0.
func folder(t testing.TB, name string, n int) (set []Picture) {
	t.Helper()
	classes, err := filepath.Glob(filepath.Join(shared.Dir(t), "teach", name, "*"))
	if err != nil || len(classes) == 0 {
		t.Fatalf("no classes in %s: %v", name, err)
	}
	for _, class := range classes {
		files, err := filepath.Glob(filepath.Join(class, "*.jpg"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no pictures in %s: %v", class, err)
		}
		slices.Sort(files)
		if n > 0 {
			files = files[:n]
		}
		for _, file := range files {
			set = append(set, fileOf(file, filepath.Base(class)))
		}
	}
	return set
}

// fileOf is a picture in a file.
func fileOf(file, class string) Picture {
	return Picture{Name: filepath.Base(file), Class: class, Read: func() ([]byte, error) { return os.ReadFile(file) }}
}
