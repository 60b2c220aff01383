package model_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

func TestParseSharedModels(t *testing.T) {
	dir := filepath.Join(shared.Dir(t), "models")
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
		name, _ := filepath.Rel(dir, path)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return nil
		}
		if want := strings.HasSuffix(path, "_edgetpu.tflite"); m.ForEdgeTPU() != want {
			t.Errorf("%s: for an Edge TPU: %v (want %v)", path, m.ForEdgeTPU(), want)
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
