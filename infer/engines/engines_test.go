package engines

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/infer/demomodel"
	"github.com/inceptiond/inceptiond/infer/tflite"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// TestSelfTest has TensorFlow Lite, with its own kernels and with XNNPACK, pass the test that it must pass before it gets
// frames: on every real model, within the levels allowed.
func TestSelfTest(t *testing.T) {
	shared.WorkerInPath(t)
	paths := []string{Demo}
	if !testing.Short() {
		more, err := filepath.Glob(filepath.Join(shared.Dir(t), "models", "*.tflite"))
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, slices.DeleteFunc(more, func(p string) bool {
			return strings.HasSuffix(p, "_edgetpu.tflite") || strings.HasSuffix(p, "model_invoking_error.tflite")
		})...)
	}
	for _, path := range paths {
		for _, engine := range []string{TFLite, XNNPACK} {
			t.Run(filepath.Base(path)+"_"+engine, func(t *testing.T) {
				o := Options{File: path, Engine: engine, Fallback: true, Threads: 1}
				m, err := Load(t.Context(), "net", o, zap.NewNop())
				if err != nil {
					t.Fatal(err)
				}
				defer m.Close()
				if s := m.Health.Status(); s.State != Running {
					t.Errorf("%s: %s", s.State, s.Reason)
				}
			})
		}
	}
}

// A model file that was replaced since it was loaded is not what a new worker gets.
func TestReopenOtherFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model.tflite")
	if err := os.WriteFile(path, demomodel.Model(), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := reopenTFLite(t.Context(), path, strings.Repeat("0", 64), nil, tflite.Options{})
	if err == nil || !strings.Contains(err.Error(), "another file by now") {
		t.Errorf("error %v", err)
	}
}
