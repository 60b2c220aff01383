package model_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer/model"
)

// shared is the folder of models that are not part of the project: $INCEPTIOND_SHARED, else ../shared beside the
// module. A test without it is skipped, except in CI.
func shared(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("INCEPTIOND_SHARED")
	if dir == "" {
		dir = filepath.Join(moduleRoot(t), "..", "shared")
	}
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no shared models (set INCEPTIOND_SHARED): %v", err)
		}
		t.Skipf("no shared models (set INCEPTIOND_SHARED): %v", err)
	}
	return dir
}

func moduleRoot(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the working directory")
		}
		dir = filepath.Dir(dir)
	}
}

func TestParseSharedModels(t *testing.T) {
	dir := filepath.Join(shared(t), "models")
	n := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".tflite") {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		n++
		m, err := model.Parse(data, model.Limits{})
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(path), err)
			return nil
		}
		if len(m.Inputs) == 0 || len(m.Outputs) == 0 || len(m.Operators) == 0 || m.Size != len(data) {
			t.Errorf("%s: %d inputs, %d outputs, %d operators, size %d", path, len(m.Inputs), len(m.Outputs), len(m.Operators), m.Size)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n == 0 {
		t.Fatalf("no models in %s", dir)
	}
}
