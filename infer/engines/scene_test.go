package engines_test

import (
	"bytes"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

func loadScene(t *testing.T, name, engine string, explain bool) *engines.Model {
	t.Helper()
	m, err := engines.Load(t.Context(), name, engines.Options{
		File: filepath.Join(shared.Dir(t), "models", name+".tflite"), Engine: engine, Scene: true, Explain: explain, Threads: 1,
	}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// The map at an eighth is one more output, the last, whatever else is tapped.
func TestScene(t *testing.T) {
	for _, explain := range []bool{false, true} {
		m := loadScene(t, "googlenet_224_uint8", engines.CPU, explain)
		outs := m.Engine.Outputs()
		if m.Scene.Map != len(outs)-1 || m.Scene.Map == 0 || !slices.Equal(outs[m.Scene.Map].Shape, []int{1, 28, 28, 480}) {
			t.Errorf("explained %v: output %d of %v", explain, m.Scene.Map, outs)
		}
	}
	if m := loadScene(t, "mobilenet_v1_0.25_128_quant", engines.CPU, true); m.Scene.Map != 0 || !errors.Is(m.Scene.None, model.ErrUnsupported) ||
		!strings.Contains(m.Scene.None.Error(), "joins features") || m.Why.Map == 0 {
		t.Errorf("a model without such a map: %+v, %+v", m.Scene, m.Why)
	}
}

// TestSceneByWorker holds TensorFlow Lite's map to that of the engine cpu.
func TestSceneByWorker(t *testing.T) {
	shared.WorkerInPath(t)
	var maps [2][]byte
	for i, engine := range []string{engines.CPU, engines.TFLite} {
		m := loadScene(t, "googlenet_224_uint8", engine, true)
		in, outs := make([]byte, m.Engine.Input().Bytes()), infer.Buffers(m.Engine.Outputs())
		for j := range in {
			in[j] = byte(j*j>>8 ^ j*7)
		}
		if by, err := m.Engine.Run(t.Context(), in, outs); err != nil || by.Engine != engine {
			t.Fatalf("%+v, %v", by, err)
		}
		maps[i] = outs[m.Scene.Map]
	}
	if len(maps[0]) != 28*28*480 || !bytes.Equal(maps[0], maps[1]) {
		t.Error("the two maps differ")
	}
}

// BenchmarkTapped shows what the map costs a run: compare the two.
func BenchmarkTapped(b *testing.B) {
	for _, scene := range []bool{false, true} {
		b.Run(map[bool]string{false: "plain", true: "tapped"}[scene], func(b *testing.B) {
			m, err := engines.Load(b.Context(), "m", engines.Options{
				File: filepath.Join(shared.Dir(b), "models", "googlenet_224_uint8.tflite"), Engine: engines.CPU, Scene: scene, Threads: 1,
			}, zap.NewNop())
			if err != nil {
				b.Fatal(err)
			}
			defer m.Close()
			in, outs := make([]byte, m.Engine.Input().Bytes()), infer.Buffers(m.Engine.Outputs())
			for b.Loop() {
				if _, err := m.Engine.Run(b.Context(), in, outs); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
