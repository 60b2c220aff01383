package model_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// refused are the shared models that are known to be refused, with a part of the reason. A file that is read by now, or
// is not there any more, is an error of this list.
var refused = map[string]string{
	"ops2/DEQUANTIZE/f16_weights.tflite":        "element type float16",
	"zoo/face_detection_short_range_f16.tflite": "element type float16",
}

func TestParseSharedModels(t *testing.T) {
	dir := filepath.Join(shared.Dir(t), "models")
	n, met := 0, 0
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
		if why, known := refused[name]; known {
			if met++; !errors.Is(err, model.ErrUnsupported) || !strings.Contains(err.Error(), why) {
				t.Errorf("%s: %v (known to be refused: %s)", name, err, why)
			}
			return nil
		}
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
	if met != len(refused) {
		t.Errorf("met %d of the %d models known to be refused", met, len(refused))
	}
}
