package tflite_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/capture/picture/still"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/infertest"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	"github.com/inceptiond/inceptiond/infer/tflite"
	"github.com/inceptiond/inceptiond/internal/gen/inception"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// workerProgram is the path of the real worker, which make tflite builds.
func workerProgram(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "bin", "inceptiond-tflite"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		shared.Missing(t, "no bin/inceptiond-tflite (make tflite builds it)")
	}
	return path
}

// pair is one model in both engines.
type pair struct {
	cpu    *cpu.Engine
	tflite *tflite.Engine
}

// patience is the deadline of workers that are well: the largest networks may take long where much else runs.
const patience = 5 * time.Minute

// openPair opens data in both, with the library's own kernels or XNNPACK; the test closes them.
func openPair(t *testing.T, data []byte, xnnpack bool) pair {
	t.Helper()
	return openPairWith(t, tflite.Options{Worker: workerProgram(t), Model: data, Threads: 2, XNNPACK: xnnpack, Deadline: patience})
}

// openPairWith opens o's model in both.
func openPairWith(t *testing.T, o tflite.Options) pair {
	t.Helper()
	m, err := model.Parse(o.Model, model.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := cpu.New(m, cpu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	l, err := tflite.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	if got, want := c.Outputs()[0], l.Outputs()[0]; got.Type != want.Type || !slices.Equal(got.Shape, want.Shape) || got.Scale != want.Scale || got.ZeroPoint != want.ZeroPoint {
		t.Fatalf("output %v (want %v)", got, want)
	}
	return pair{c, l}
}

// run answers ins with both engines: the bytes of all outputs.
func (p pair) run(t *testing.T, ins ...[]byte) (ours, theirs []byte) {
	t.Helper()
	a, b := p.runAll(t, ins...)
	return slices.Concat(a...), slices.Concat(b...)
}

// runAll answers ins with both engines.
func (p pair) runAll(t *testing.T, ins ...[]byte) (ours, theirs [][]byte) {
	t.Helper()
	ours, theirs = infer.Buffers(p.cpu.Outputs()), infer.Buffers(p.tflite.Outputs())
	if _, err := p.cpu.RunAll(t.Context(), ins, ours); err != nil {
		t.Fatal(err)
	}
	if _, err := p.tflite.RunAll(t.Context(), ins, theirs); err != nil {
		t.Fatal(err)
	}
	return ours, theirs
}

// differences counts the values that differ, and by how many levels at most.
func differences(a, b []byte, dtype infer.DType) (n, maxApart int) {
	flip := byte(0)
	if dtype == infer.Int8 {
		flip = 0x80
	}
	for i := range a {
		if d := int(a[i]^flip) - int(b[i]^flip); d != 0 {
			n, maxApart = n+1, max(maxApart, d, -d)
		}
	}
	return n, maxApart
}

func noise(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// TestSuiteLibrary holds the real worker to the conformance suite.
func TestSuiteLibrary(t *testing.T) {
	program := workerProgram(t)
	m, err := inception.Build(1, inception.Uint8, inception.Options{Size: 96, Width: 0.25})
	if err != nil {
		t.Fatal(err)
	}
	data, err := write.Model(m)
	if err != nil {
		t.Fatal(err)
	}
	infertest.Engine(t, func(t *testing.T) infer.Engine {
		e, err := tflite.Open(t.Context(), tflite.Options{Worker: program, Model: data, Deadline: patience})
		if err != nil {
			t.Fatal(err)
		}
		return e
	})
}

// TestParityModels compares the engines on the real models and the inputs of the golden answers.
func TestParityModels(t *testing.T) {
	dir := shared.Dir(t)
	eachModel(t, dir, func(t *testing.T, _ string, data []byte, inputs []string) {
		p := openPair(t, data, false)
		for _, path := range inputs {
			ours, theirs := p.run(t, readFile(t, path))
			if n, maxApart := differences(ours, theirs, p.cpu.Outputs()[0].Type); n != 0 {
				t.Errorf("%s: %d of %d values differ, by %d at most", filepath.Base(path), n, len(ours), maxApart)
			}
		}
	})
}

// TestXNNPACK reports how far XNNPACK's rounding leads from ours, and demands the same top class of every photograph.
func TestXNNPACK(t *testing.T) {
	dir := shared.Dir(t)
	eachModel(t, dir, func(t *testing.T, name string, data []byte, inputs []string) {
		p := openPair(t, data, true)
		spec := p.cpu.Outputs()[0]
		worst, where := 0, ""
		compare := func(picture string, in []byte) (ours, theirs []byte) {
			ours, theirs = p.run(t, in)
			if _, maxApart := differences(ours, theirs, spec.Type); maxApart > worst {
				worst, where = maxApart, picture
			}
			return ours, theirs
		}
		for _, path := range inputs {
			compare(filepath.Base(path), readFile(t, path))
		}
		photographs := eachPhotograph(t, dir, p.cpu.Input(), func(picture string, in []byte) {
			ours, theirs := compare(picture, in)
			if embeds := spec.Elements() > 1001; !embeds && !sameTop(t, spec, ours, theirs) {
				t.Errorf("%s: another top class", picture)
			}
		})
		t.Logf("%d levels apart at most, on %s; %d photographs", worst, where, photographs)
	})
}

// eachPhotograph calls f with every photograph as an input of a model, or with one in short tests, and counts them.
func eachPhotograph(t *testing.T, dir string, s infer.TensorSpec, f func(picture string, in []byte)) (n int) {
	t.Helper()
	pre, err := preprocess.New(s, preprocess.Options{})
	if err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(filepath.Join(dir, "pictures", "*.[jb][pm][gp]"))
	if err != nil || len(paths) < 15 {
		t.Fatalf("%d photographs in %s: %v", len(paths), dir, err)
	}
	if testing.Short() {
		paths = paths[:1]
	}
	in := make([]byte, s.Bytes())
	for _, path := range paths {
		var frame capture.Frame
		if err := still.DecodeBytes(readFile(t, path), &frame); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if err := pre.Run(picture.Of(&frame), in, nil); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		f(filepath.Base(path), in)
	}
	return len(paths)
}

// sameTop says whether the best class of a is the best of b, or shares that place.
func sameTop(t *testing.T, s infer.TensorSpec, a, b []byte) bool {
	t.Helper()
	x, y := make([]float32, s.Elements()), make([]float32, s.Elements())
	if err := s.Values(x, a); err != nil {
		t.Fatal(err)
	}
	if err := s.Values(y, b); err != nil {
		t.Fatal(err)
	}
	return y[slices.Index(x, slices.Max(x))] == slices.Max(y)
}

// eachModel calls f for every model that a CPU can run, with the paths of its inputs: all, or one in short tests.
func eachModel(t *testing.T, dir string, f func(t *testing.T, name string, data []byte, inputs []string)) {
	paths, err := filepath.Glob(filepath.Join(dir, "models", "*.tflite"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no models in %s: %v", dir, err)
	}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".tflite")
		if strings.HasSuffix(name, "_edgetpu") || name == "model_invoking_error" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			data := readFile(t, path)
			m, err := model.Parse(data, model.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			inputs, err := filepath.Glob(filepath.Join(dir, "golden", "input", "*_"+size(m)+".rgb"))
			if err != nil || len(inputs) == 0 {
				t.Fatalf("no inputs of size %s: %v", size(m), err)
			}
			if testing.Short() {
				inputs = inputs[:1]
			}
			f(t, name, data, inputs)
		})
	}
}

// size is the height of m's input.
func size(m *model.Model) string { return strconv.Itoa(m.Tensors[m.Inputs[0]].Shape[1]) }

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestParityInception compares the engines on the seeded networks; short tests take them small.
func TestParityInception(t *testing.T) {
	workerProgram(t)
	for version := 1; version <= 4; version++ {
		o := inception.Options{}
		if testing.Short() {
			o = inception.Options{Size: 107, Width: 0.25}
		}
		network, err := inception.New(version, o)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range []inception.Flavour{inception.Uint8, inception.Int8} {
			t.Run("v"+strconv.Itoa(version)+"_"+f.String(), func(t *testing.T) {
				data, err := write.Model(network.Build(f))
				if err != nil {
					t.Fatal(err)
				}
				p := openPair(t, data, false)
				r := rand.New(rand.NewPCG(uint64(version), 1))
				for i := range 3 {
					ours, theirs := p.run(t, noise(r, p.cpu.Input().Bytes()))
					if n, maxApart := differences(ours, theirs, p.cpu.Outputs()[0].Type); n != 0 {
						t.Errorf("input %d: %d of %d values differ, by %d at most", i, n, len(ours), maxApart)
					}
				}
			})
		}
	}
}
