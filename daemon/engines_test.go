package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/daemon/demomodel"
	"github.com/inceptiond/inceptiond/infer/tflite"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
	"github.com/inceptiond/inceptiond/publish"
)

// TestSelfTest has TensorFlow Lite, with its own kernels and with XNNPACK, pass the test that it must pass before it gets
// frames: on every real model, within the levels allowed.
func TestSelfTest(t *testing.T) {
	workerInPath(t)
	paths := []string{builtinDemo}
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
		for _, engine := range []string{engineTFLite, engineXNNPACK} {
			t.Run(filepath.Base(path)+"_"+engine, func(t *testing.T) {
				c := config.Model{File: path, Engine: engine, Fallback: fallbackCPU, Threads: 1, MemoryLimit: defaultMemory}
				m, err := loadModel(t.Context(), "net", c, zap.NewNop())
				if err != nil {
					t.Fatal(err)
				}
				defer m.close()
				if s := m.health.status(); s.State != publish.EngineRunning {
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
	_, err := reopenTFLite(t.Context(), path, strings.Repeat("0", 64), tflite.Options{})
	if err == nil || !strings.Contains(err.Error(), "another file by now") {
		t.Errorf("error %v", err)
	}
}
