// Package shared finds the test data that is not part of the project: real models, what TensorFlow Lite answers to them,
// and photographs, each with a licence of its own.
package shared

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// Find is the folder of that data, and whether it is there: $INCEPTIOND_SHARED, or else the folder "shared" beside the
// project's own.
func Find(t testing.TB) (dir string, there bool) {
	t.Helper()
	if dir = os.Getenv("INCEPTIOND_SHARED"); dir == "" {
		dir = filepath.Join(Root(t), "..", "shared")
	}
	_, err := os.Stat(filepath.Join(dir, "models"))
	return dir, err == nil
}

// Dir is the folder that Find finds. Without it the test is skipped; where CI=true it fails instead.
func Dir(t testing.TB) string {
	t.Helper()
	dir, there := Find(t)
	if !there {
		Missing(t, "no models and pictures in "+dir+" (set INCEPTIOND_SHARED)")
	}
	return dir
}

// Missing skips the test for want of what is named; where CI=true it fails instead.
func Missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what + ", and CI must not skip")
	}
	t.Skip(what)
}

// Root is the project's own folder: the one above the test whose go.mod is the program's. A test may be in a module of its own
// within it.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	for err == nil {
		text, missing := os.ReadFile(filepath.Join(dir, "go.mod"))
		if missing == nil && bytes.HasPrefix(text, []byte("module github.com/inceptiond/inceptiond\n")) {
			return dir
		}
		if dir == filepath.Dir(dir) {
			break
		}
		dir = filepath.Dir(dir)
	}
	t.Fatalf("the program's go.mod is not above the working folder %s: %v", dir, err)
	return ""
}

// WorkerInPath puts the TensorFlow Lite worker that `make tflite` has built in PATH, as long as the test runs.
func WorkerInPath(t *testing.T) {
	t.Helper()
	bin := filepath.Join(Root(t), "bin")
	if _, err := os.Stat(filepath.Join(bin, "inceptiond-tflite")); err != nil {
		Missing(t, "no bin/inceptiond-tflite (make tflite builds it)")
	}
	t.Setenv("PATH", bin+string(filepath.ListSeparator)+os.Getenv("PATH"))
}
