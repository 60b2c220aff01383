package cpu_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/demomodel"
	"github.com/inceptiond/inceptiond/infer/infertest"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// tappedModel reads a shared model or the one inside the program.
func tappedModel(t testing.TB, name string) *model.Model {
	t.Helper()
	if name != "demo" {
		return parse(t, filepath.Join(shared.Dir(t), "models", name+".tflite"))
	}
	m, err := model.Parse(demomodel.Model(), model.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// inner are the names of the tensors that operators of m compute.
func inner(m *model.Model) (names []string) {
	for i := range m.Operators {
		for _, out := range m.Operators[i].Outputs {
			names = append(names, m.Tensors[out].Name)
		}
	}
	return names
}

// withOutputs makes an engine of m and inner tensors.
func withOutputs(t testing.TB, m *model.Model, o cpu.Options, names ...string) *cpu.Engine {
	t.Helper()
	more, err := model.WithOutputs(m, names...)
	if err != nil {
		t.Fatal(err)
	}
	e, err := cpu.New(more, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// picture is an input for e: a photograph if there is one of its size.
func picture(t testing.TB, e infer.Engine) []byte {
	t.Helper()
	in := make([]byte, e.Input().Bytes())
	size := strconv.Itoa(e.Input().Shape[1])
	data, err := os.ReadFile(filepath.Join(shared.Dir(t), "golden", "input", "cat_"+size+".rgb"))
	if err != nil {
		fillLCG([][]byte{in})
		return in
	}
	if copy(in, data) != len(data) {
		t.Fatalf("the picture has %d bytes (want %d)", len(data), len(in))
	}
	return in
}

// TestInnerTensors looks at every tensor that is computed in a run, one at a time and all at once: the model's own outputs stay
// the same, and a tensor is the same whoever else is looked at.
func TestInnerTensors(t *testing.T) {
	for _, name := range []string{"demo", "googlenet_224_uint8", "mobilenet_v1_0.25_128_quant"} {
		t.Run(name, func(t *testing.T) { testInnerTensors(t, tappedModel(t, name)) })
	}
}

func testInnerTensors(t *testing.T, m *model.Model) {
	names := inner(m)
	all := withOutputs(t, m, cpu.Options{}, names...)
	in, own := picture(t, all), len(m.Outputs)
	outs := infer.Buffers(all.Outputs())
	if _, err := all.Run(t.Context(), in, outs); err != nil {
		t.Fatal(err)
	}
	plain := withOutputs(t, m, cpu.Options{})
	want := infer.Buffers(plain.Outputs())
	if _, err := plain.Run(t.Context(), in, want); err != nil {
		t.Fatal(err)
	}
	for i := range want {
		if !bytes.Equal(outs[i], want[i]) {
			t.Errorf("with all tensors, output %d is another", i)
		}
	}
	step := 1
	if testing.Short() || raceEnabled {
		step = 8
	}
	for k := 0; k < len(names); k += step {
		e := withOutputs(t, m, cpu.Options{Threads: 1 + k%3}, names[k])
		got := infer.Buffers(e.Outputs())
		if _, err := e.Run(t.Context(), in, got); err != nil {
			t.Fatal(err)
		}
		e.Close()
		for i := range want {
			if !bytes.Equal(got[i], want[i]) {
				t.Errorf("with %s, output %d is another", names[k], i)
			}
		}
		if !bytes.Equal(got[own], outs[own+k]) {
			t.Errorf("%s alone is another than with all", names[k])
		}
	}
	t.Logf("%d tensors", len(names))
}

// TestInnerTensorsConform holds an engine of several outputs to the conformance suite.
func TestInnerTensorsConform(t *testing.T) {
	m := tappedModel(t, "demo")
	names := inner(m)
	infertest.Engine(t, func(t *testing.T) infer.Engine {
		return withOutputs(t, m, cpu.Options{Threads: 2}, names[0], names[len(names)/2], names[len(names)-2])
	})
}

// An engine whose inner tensors nobody looks at is the same, step for step.
func TestNoTapCostsNothing(t *testing.T) {
	m := tappedModel(t, "googlenet_224_uint8")
	a, err := cpu.New(m, cpu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b := withOutputs(t, m, cpu.Options{})
	if x, y := a.Layers(), b.Layers(); len(x) != len(y) {
		t.Errorf("%d layers with an empty list of outputs (want %d)", len(y), len(x))
	}
}

// embedding is what the last fully connected layer or 1x1 convolution of m reads.
func embedding(m *model.Model) string {
	for i := len(m.Operators) - 1; i >= 0; i-- {
		if o := &m.Operators[i]; o.Op == model.OpFullyConnected || o.Op == model.OpConv2D {
			return m.Tensors[o.Inputs[0]].Name
		}
	}
	return ""
}

// BenchmarkEmbedding runs models without and with their embedding among the outputs, in turn; the figure is how much
// longer the second takes.
func BenchmarkEmbedding(b *testing.B) {
	for _, name := range []string{"demo", "googlenet_224_uint8", "mobilenet_v1_0.25_128_quant", "mobilenet_v2_1.0_224_quant"} {
		b.Run(name, func(b *testing.B) {
			m := tappedModel(b, name)
			without := withOutputs(b, m, cpu.Options{Threads: 1})
			with := withOutputs(b, m, cpu.Options{Threads: 1}, embedding(m))
			in := picture(b, without)
			outs := [2][][]byte{infer.Buffers(without.Outputs()), infer.Buffers(with.Outputs())}
			var took [2][]time.Duration
			for b.Loop() {
				for i, e := range []*cpu.Engine{without, with} {
					begin := time.Now()
					if _, err := e.Run(b.Context(), in, outs[i]); err != nil {
						b.Fatal(err)
					}
					took[i] = append(took[i], time.Since(begin))
				}
			}
			for i := range took {
				slices.Sort(took[i])
			}
			plain, tapped := took[0][len(took[0])/2], took[1][len(took[1])/2]
			b.ReportMetric(100*(float64(tapped)/float64(plain)-1), "%longer")
		})
	}
}
