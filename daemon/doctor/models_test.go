package doctor

import (
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/learn/store"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
	"github.com/inceptiond/inceptiond/internal/testing/taught"
)

// modelFile writes a model of one operator over 64 values, from constant weights of a type to an output.
func modelFile(t *testing.T, weights model.Type, op model.Op) []byte {
	t.Helper()
	m := &model.Model{
		Inputs: []int{0}, Outputs: []int{2},
		Tensors: []model.Tensor{
			{Name: "in", Shape: []int{1, 64}, Type: model.Float32},
			{Name: "weights", Shape: []int{1, 64}, Type: weights, Data: make([]byte, max(weights.Size(), 2)*64)},
			{Name: "out", Shape: []int{1, 64}, Type: model.Float32},
		},
		Operators: []model.Operator{{Op: op, Version: 1, Inputs: []int{0, 1}, Outputs: []int{2}}},
	}
	data, err := write.Model(m)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// taughtOptions are those of what is called gate in a store.
func taughtOptions(folder string) engines.Options {
	o := engines.Options{Engine: engines.CPU, Threads: 1}
	o.SetTaught(store.Path(folder, "gate"))
	return o
}

// Of a model that was taught the doctor says as what, and on which network.
func TestTaughtModel(t *testing.T) {
	folder := t.TempDir()
	red, blue := taught.Class{Label: "open", Colour: color.RGBA{200, 0, 0, 255}}, taught.Class{Label: "shut", Colour: color.RGBA{0, 0, 200, 255}}
	taught.Version(t, folder, "gate", red, blue)
	m, err := engines.Load(t.Context(), "door", taughtOptions(folder), zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	e := examination{plan: &plan.Plan{Teach: plan.Teach{Folder: folder}}}
	if got := e.taughtOn(m); got != "; taught as gate, with 10 pictures, on base.tflite" {
		t.Error(got)
	}
}

// TestModelFix wants the advice that helps, for every way in which a model does not load.
func TestModelFix(t *testing.T) {
	const complex64, less = 8, 58 // of the schema: a type and an operator that the engine cpu has not
	file := func(data []byte) engines.Options {
		path := filepath.Join(t.TempDir(), "m.tflite")
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		return engines.Options{File: path, Engine: engines.CPU}
	}
	small := file(modelFile(t, model.Float32, model.OpMul))
	small.Memory = 100
	tight := small
	tight.Memory = 2 * 64 * 4 // what its tensors need, but not what the engine needs besides
	for name, c := range map[string]struct {
		options engines.Options
		says    string
	}{
		"no file":             {engines.Options{File: "/nowhere.tflite", Engine: engines.CPU}, "the files must be there"},
		"not taught":          {taughtOptions(t.TempDir()), "teach it: `inceptiond teach new gate --base MODEL`"},
		"damaged":             {file([]byte("<html>not found</html>")), "see models.m.file: take another file, or copy it anew"},
		"another type":        {file(modelFile(t, complex64, model.OpMul)), "another models.m.engine"},
		"another operator":    {file(modelFile(t, model.Float32, less)), "another models.m.engine"},
		"tensors too large":   {small, "a larger models.m.memory_limit"},
		"engine too large":    {tight, "a larger models.m.memory_limit"},
		"no such built-in":    {engines.Options{File: "builtin:other", Engine: engines.CPU}, "see models.m: another file"},
		"labels do not fit":   {engines.Options{File: engines.Demo, Labels: small.File, Engine: engines.CPU}, "other labels"},
		"no labels are there": {engines.Options{File: engines.Demo, Labels: "/nowhere.txt", Engine: engines.CPU}, "and labels: the files must be there"},
	} {
		m, err := engines.Load(t.Context(), "m", c.options, zap.NewNop())
		if err == nil {
			m.Close()
			t.Errorf("%s: it loads", name)
			continue
		}
		if fix := modelFix("m", err); !strings.Contains(fix, c.says) {
			t.Errorf("%s: %q (want %q) for %v", name, fix, c.says, err)
		}
	}
}
