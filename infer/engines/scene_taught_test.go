package engines

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/infer/learn/graft"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// A model that was taught here has its three outputs, and then the map at an eighth.
func TestSceneOfTaught(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(shared.Dir(t), "models", "googlenet_224_uint8.tflite"))
	if err != nil {
		t.Fatal(err)
	}
	base, err := model.Parse(data, model.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	at, err := base.Head()
	if err != nil {
		t.Fatal(err)
	}
	features := base.Tensors[at.Map].Shape[3]
	file, err := graft.Taught(base, at, graft.Head{
		Labels: []string{"open", "shut"}, Weights: [][]float64{make([]float64, features), slices.Repeat([]float64{0.01}, features)}, Bias: []float64{0, 0},
		LogitMin: -4, LogitMax: 4, CamMin: -8, CamMax: 8,
	})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "model.tflite")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := Load(t.Context(), "gate", Options{File: path, Engine: CPU, Threads: 1, Scene: true}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if outs := m.Engine.Outputs(); m.Scene.Map != 3 || len(outs) != 4 || !slices.Equal(outs[3].Shape, []int{1, 28, 28, 480}) {
		t.Errorf("%+v, %v", m.Scene, outs)
	}
}
