// Package shared finds the test data that is not part of the project: real models, what TensorFlow Lite answers to them,
// and photographs, each with a licence of its own.
package shared

import (
	"os"
	"path/filepath"
	"testing"
)

// Dir is the folder of that data: $INCEPTIOND_SHARED, or else the folder "shared" beside the project's own. Without it
// the test is skipped; where CI=true it fails instead.
func Dir(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("INCEPTIOND_SHARED")
	if dir == "" {
		dir = filepath.Join(Root(t), "..", "shared")
	}
	if _, err := os.Stat(filepath.Join(dir, "models")); err == nil {
		return dir
	}
	Missing(t, "no models and pictures in "+dir+" (set INCEPTIOND_SHARED)")
	return ""
}

// Missing skips the test for want of what is named; where CI=true it fails instead.
func Missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what + ", and CI must not skip")
	}
	t.Skip(what)
}

// Root is the project's own folder: the one above the test that has a go.mod.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			break
		}
		dir = filepath.Dir(dir)
	}
	t.Fatalf("no go.mod above the working folder %s: %v", dir, err)
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
