package engines

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// TestAutoTakesAll opens every shared model of one input that TensorFlow Lite can run, whatever operators, types and shapes
// it has: by auto, which says so where the engine cpu cannot, and by name, where that engine may stand by or not.
func TestAutoTakesAll(t *testing.T) {
	shared.WorkerInPath(t)
	dir := filepath.Join(shared.Dir(t), "models")
	n, byLite := 0, 0
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		refused := strings.HasSuffix(path, "_edgetpu.tflite") || strings.HasSuffix(path, "model_invoking_error.tflite")
		if err != nil || !strings.HasSuffix(path, ".tflite") || refused {
			return err
		}
		if n++; testing.Short() && n%8 != 0 {
			return nil
		}
		inputs := 0
		if err := Read(path, 0, func(f File) error { inputs = len(f.Parsed.Inputs); return nil }); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if inputs != 1 {
			return nil
		}
		name, _ := filepath.Rel(dir, path)
		t.Run(name, func(t *testing.T) {
			switch m := openBy(t, path, Auto); {
			case m.Wanted == TFLite:
				byLite++
				if why := m.Health.Status().Reason; !strings.HasPrefix(why, "auto: the engine cpu cannot run the model, so TensorFlow Lite shall (cpu: ") {
					t.Errorf("reason %q", why)
				}
				m := openBy(t, path, TFLite)
				if why := m.Health.Status().Reason; !strings.HasPrefix(why, "the engine cpu cannot stand by (cpu: ") {
					t.Errorf("tflite: reason %q", why)
				}
			case m.Wanted != CPU:
				t.Errorf("engine %q", m.Wanted)
			}
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if byLite == n {
		t.Errorf("all %d models are TensorFlow Lite's", n)
	}
	odd := filepath.Join(t.TempDir(), "odd.tflite")
	if err := os.WriteFile(odd, oddModel(t), 0o644); err != nil {
		t.Fatal(err)
	}
	if m := openBy(t, odd, Auto); m.Wanted != TFLite {
		t.Errorf("what only TensorFlow Lite has is run by %s", m.Wanted)
	}
}

// openBy opens a model as a config would that names no more than an engine, whatever its outputs mean; the test closes it.
func openBy(t *testing.T, path, engine string) *Model {
	t.Helper()
	m := &Model{Name: "net"}
	err := Read(path, 0, func(f File) error {
		m.SHA256 = f.Parsed.SHA256
		return m.open(t.Context(), Options{File: path, Engine: engine, Fallback: true, Threads: 1}, f, zap.NewNop())
	})
	if err != nil {
		t.Fatalf("engine %s: %v", engine, err)
	}
	t.Cleanup(func() { m.Close() })
	if s := m.Health.Status(); s.State != Running {
		t.Errorf("engine %s: %s: %s", engine, s.State, s.Reason)
	}
	return m
}

// TestAutoWithoutWorker wants the reason and the remedy where TensorFlow Lite could run a model and is not there.
func TestAutoWithoutWorker(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	path := filepath.Join(t.TempDir(), "odd.tflite")
	if err := os.WriteFile(path, oddModel(t), 0o644); err != nil {
		t.Fatal(err)
	}
	for engine, want := range map[string][]string{
		Auto:   {"operators that this engine does not have: MULTINOMIAL (1)", "TensorFlow Lite may run it, but", "inceptiond-tflite"},
		CPU:    {"operators that this engine does not have: MULTINOMIAL (1)"},
		TFLite: {"inceptiond-tflite"},
	} {
		_, err := Load(t.Context(), "net", Options{File: path, Engine: engine, Fallback: true}, zap.NewNop())
		for _, words := range want {
			if err == nil || !strings.Contains(err.Error(), words) {
				t.Errorf("engine %s: %v (want %q)", engine, err, words)
			}
		}
	}
}

// TestAutoKeepsMemory: a model that needs more memory than it may have is not TensorFlow Lite's to try.
func TestAutoKeepsMemory(t *testing.T) {
	_, err := Load(t.Context(), "net", Options{File: Demo, Engine: Auto, Memory: 1 << 19}, zap.NewNop())
	if err == nil || strings.Contains(err.Error(), "TensorFlow Lite") || !strings.Contains(err.Error(), "limit") {
		t.Errorf("error %v", err)
	}
}

// oddModel is a model of MULTINOMIAL, which only TensorFlow Lite has: it draws numbers at random.
func oddModel(t *testing.T) []byte {
	t.Helper()
	const multinomial = 149
	data, err := write.Model(&model.Model{
		Tensors: []model.Tensor{
			{Name: "x", Shape: []int{1, 4}, Type: model.Float32},
			{Name: "samples", Type: model.Int32, Data: []byte{5, 0, 0, 0}},
			{Name: "y", Shape: []int{1, 5}, Type: model.Int32},
		},
		Operators: []model.Operator{{Op: multinomial, Inputs: []int{0, 1}, Outputs: []int{2}}},
		Inputs:    []int{0}, Outputs: []int{2},
	})
	if err != nil {
		t.Fatal(err)
	}
	return data
}
