package engines

import (
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/explain"
	"github.com/inceptiond/inceptiond/infer/learn/graft"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/internal/testing/edgetpu"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
	"github.com/inceptiond/inceptiond/internal/testing/taught"
)

// taughtFiles are a small taught model, and the same with its feature map computed by the stand-in of an Edge TPU.
func taughtFiles(t *testing.T) (file, compiled string, ins [][]byte) {
	t.Helper()
	base := taught.Base(model.Uint8)
	at, err := base.Head()
	if err != nil {
		t.Fatal(err)
	}
	ins = taught.Inputs(base, 1)
	head := taught.Head(t, base, 3, ins)
	save := func(name string, data []byte, err error) string {
		t.Helper()
		path := filepath.Join(t.TempDir(), name)
		if err == nil {
			err = os.WriteFile(path, data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	data, err := graft.Taught(base, at, head)
	file = save("taught.tflite", data, err)
	part, err := graft.Extractor(base, at)
	if err != nil {
		t.Fatal(err)
	}
	data, err = graft.OntoEdgeTPU(edgetpu.Compile(t, part), data)
	return file, save("taught_edgetpu.tflite", data, err), ins
}

// TestExplainTaught has taught models explain their answers by an output that they have, also on an Edge TPU.
func TestExplainTaught(t *testing.T) {
	file, compiled, ins := taughtFiles(t)
	t.Run("cpu", func(t *testing.T) { checkExplained(t, Options{File: file, Engine: CPU, Explain: true}, ins[0]) })
	t.Run("edgetpu", func(t *testing.T) {
		shared.WorkerInPath(t)
		edgetpu.New(t).Devices("usb=/sys/bus/usb/devices/2-1")
		checkExplained(t, Options{File: compiled, Engine: EdgeTPU, Explain: true}, ins[0])
		checkExplained(t, Options{File: file, Engine: TFLite, TPU: &TPU{Device: "any", File: compiled}, Fallback: true, Explain: true}, ins[0])
	})
}

// checkExplained loads a taught model, and reads the map of each class.
func checkExplained(t *testing.T, o Options, in []byte) {
	t.Helper()
	m, err := Load(t.Context(), "gate", o, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	outs := infer.Buffers(m.Engine.Outputs())
	if len(outs) != 3 || m.Why.Map != 1 || m.Why.NoMap != nil {
		t.Fatalf("%d outputs, why %+v", len(outs), m.Why)
	}
	a, err := m.Activation()
	if err != nil || a.Classes() != 3 {
		t.Fatalf("%+v: %v", a, err)
	}
	if _, err := m.Engine.Run(t.Context(), in, outs); err != nil {
		t.Fatal(err)
	}
	var sum [36]float64 // of the classes' maps, each less the mean of all
	for c := range a.Classes() {
		var why explain.Map
		if err := a.Explain(&why, outs[m.Why.Map], c); err != nil || len(why.Cells) != len(sum) {
			t.Fatalf("class %d: %+v: %v", c, why, err)
		}
		for p, v := range why.Cells {
			sum[p] += float64(v)
		}
	}
	for p, v := range sum {
		if v > 1e-4 || v < -1e-4 {
			t.Errorf("cell %d: the maps add up to %g", p, v)
		}
	}
}
