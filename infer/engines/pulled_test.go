package engines

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/infer/catalogue"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// TestPulled loads a model of the catalogue with its labels, or those that are named, and sees when it is another.
func TestPulled(t *testing.T) {
	dir, state := shared.Dir(t), t.TempDir()
	t.Setenv("STATE_DIRECTORY", state)
	o := Options{File: "pull:mobilenet_v1_0.25_128_quant", Engine: CPU, Threads: 1}
	load := func(o Options) (*Model, error) {
		m, err := Load(t.Context(), "net", o, zap.NewNop())
		if err == nil {
			t.Cleanup(func() { m.Close() })
		}
		return m, err
	}
	if _, err := load(o); !errors.Is(err, fs.ErrNotExist) || !errors.As(err, new(*catalogue.MissingError)) {
		t.Errorf("nothing is there: %v", err)
	}
	models := filepath.Join(state, "models")
	if err := os.Mkdir(models, 0o755); err != nil {
		t.Fatal(err)
	}
	bring := func(from, name string) {
		t.Helper()
		data, err := os.ReadFile(filepath.Join(dir, "models", from))
		if err == nil {
			err = os.WriteFile(filepath.Join(models, name), data, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	bring("mobilenet_v1_0.25_128_quant.tflite", "mobilenet_v1_0.25_128_quant.tflite")
	if _, err := load(o); !errors.As(err, new(*catalogue.MissingError)) || !strings.Contains(err.Error(), "imagenet_labels.txt has not been fetched") {
		t.Errorf("its labels are not there: %v", err)
	}
	own := o
	own.Labels, own.Background = filepath.Join(dir, "models", "imagenet_1000_labels.txt"), true
	if m, err := load(own); err != nil || !strings.HasPrefix(m.Labels[282], "tabby") {
		t.Errorf("own labels: %v", err)
	}
	bring("imagenet_1001_labels.txt", "imagenet_labels.txt")
	m, err := load(o)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Labels) != 1001 || m.Labels[282] != "tabby, tabby cat" {
		t.Errorf("%d labels", len(m.Labels))
	}
	if !m.Current(o) {
		t.Error("it is no longer current, and nothing has changed")
	}
	bring("imagenet_1000_labels.txt", "imagenet_labels.txt")
	if m.Current(o) {
		t.Error("it is current, and its labels have changed")
	}
	if _, err := load(o); err == nil || !strings.Contains(err.Error(), "fetches it anew") {
		t.Errorf("other labels: %v", err)
	}
	bring("imagenet_1001_labels.txt", "imagenet_labels.txt")
	bring("mobilenet_v1_0.25_128_quant_edgetpu.tflite", "mobilenet_v1_0.25_128_quant.tflite")
	if m.Current(o) {
		t.Error("it is current, and its file has changed")
	}
	if _, err := load(o); err == nil || !strings.Contains(err.Error(), "is not what was fetched") {
		t.Errorf("another model: %v", err)
	}
	if err := os.WriteFile(filepath.Join(models, "mobilenet_v1_0.25_128_quant.tflite"), []byte("<html>"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := load(o); err == nil || !strings.Contains(err.Error(), "is not what was fetched") {
		t.Errorf("a web page: %v", err)
	}
}
