package engines_test

import (
	"bytes"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

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

// TestTapsCostNothing: what an answer is explained and compared by adds at most a fiftieth to a run. The shortest of runs in turns
// count, as the machine may have other things to do; some more of them, if that was so for all until then.
func TestTapsCostNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("it needs many runs")
	}
	var best [2]time.Duration
	var run [2]func() time.Duration
	for i, tapped := range []bool{false, true} {
		m, err := engines.Load(t.Context(), "m", engines.Options{
			File: filepath.Join(shared.Dir(t), "models", "googlenet_224_uint8.tflite"), Engine: engines.CPU, Scene: tapped, Explain: tapped, Threads: 1,
		}, zap.NewNop())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { m.Close() })
		in, outs := make([]byte, m.Engine.Input().Bytes()), infer.Buffers(m.Engine.Outputs())
		run[i] = func() time.Duration {
			begin := time.Now()
			if _, err := m.Engine.Run(t.Context(), in, outs); err != nil {
				t.Fatal(err)
			}
			return time.Since(begin)
		}
		best[i] = run[i]()
	}
	const most, rounds, turns = 1.02, 20, 15
	for range rounds {
		for k := range 2 * turns {
			i := k % 2
			best[i] = min(best[i], run[i]())
		}
		if float64(best[1]) <= most*float64(best[0]) {
			t.Logf("%v plain, %v tapped", best[0], best[1])
			return
		}
	}
	t.Errorf("the shortest run takes %v, with taps %v", best[0], best[1])
}
