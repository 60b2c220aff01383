package cpu_test

import (
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// load opens an engine for a model file; the test closes it.
func load(t testing.TB, path string, o cpu.Options) *cpu.Engine {
	t.Helper()
	e, err := cpu.New(parse(t, path), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

func parse(t testing.TB, path string) *model.Model {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.Parse(data, model.Limits{})
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return m
}

// TestGoldenOperators compares single operators with TensorFlow Lite's answers, byte for byte.
func TestGoldenOperators(t *testing.T) { forKernels(t, testGoldenOperators) }

func testGoldenOperators(t *testing.T) {
	dir := shared.Dir(t)
	f, err := os.Open(filepath.Join(dir, "golden", "ops.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatalf("%d rows: %v", len(rows), err)
	}
	for _, row := range rows[1:] {
		t.Run(strings.TrimSuffix(row[0], ".tflite"), func(t *testing.T) {
			e := load(t, filepath.Join(dir, "models", "ops", row[0]), cpu.Options{Threads: 2})
			if e.Input().Type == infer.Float32 {
				t.Skip("it is not known from which float32 numbers the golden answer was computed")
			}
			ins, outs := infer.Buffers(e.Inputs()), infer.Buffers(e.Outputs())
			fillLCG(ins)
			if _, err := e.RunAll(context.Background(), ins, outs); err != nil {
				t.Fatal(err)
			}
			sum := sha256.New()
			n := 0
			for _, out := range outs {
				sum.Write(out)
				n += len(out)
			}
			if strconv.Itoa(n) != row[2] {
				t.Fatalf("%d bytes (want %s)", n, row[2])
			}
			if got := hex.EncodeToString(sum.Sum(nil)); got != row[3] {
				t.Errorf("output differs: it begins with %x (want %s)", outs[0][:min(16, len(outs[0]))], row[4])
			}
		})
	}
}

// fillLCG writes the inputs that the answers in ops.csv belong to.
func fillLCG(ins [][]byte) {
	s := uint32(12345)
	for _, in := range ins {
		for i := range in {
			s = s*1664525 + 1013904223
			in[i] = byte(s >> 24)
		}
	}
}

// TestGoldenModels compares whole networks with TensorFlow Lite's answers, byte for byte.
func TestGoldenModels(t *testing.T) { forKernels(t, testGoldenModels) }

func testGoldenModels(t *testing.T) {
	outer := t
	dir := shared.Dir(t)
	outs, err := filepath.Glob(filepath.Join(dir, "golden", "*", "*.out"))
	if err != nil || len(outs) == 0 {
		t.Fatalf("no golden outputs in %s: %v", dir, err)
	}
	engines := map[string]*cpu.Engine{}
	for i, path := range outs {
		slow := raceEnabled || os.Getenv("INCEPTIOND_KERNELS") != kernel.Best().Name
		if (slow || testing.Short()) && i%8 != 0 {
			continue // one picture for each model, where a run is ten times slower
		}
		name, picture := filepath.Base(filepath.Dir(path)), strings.TrimSuffix(filepath.Base(path), ".out")
		t.Run(name+"/"+picture, func(t *testing.T) {
			e := engines[name]
			if e == nil {
				e = load(outer, filepath.Join(dir, "models", name+".tflite"), cpu.Options{})
				engines[name] = e
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			size := strconv.Itoa(e.Input().Shape[1])
			in, err := os.ReadFile(filepath.Join(dir, "golden", "input", picture+"_"+size+".rgb"))
			if err != nil {
				t.Fatal(err)
			}
			got := infer.Buffers(e.Outputs())
			if _, err := e.Run(context.Background(), in, got); err != nil {
				t.Fatal(err)
			}
			compare(t, got[0], want, 0)
		})
	}
}

// compare reports how many bytes differ by more than tolerance, and by how much at most.
func compare(t *testing.T, got, want []byte, tolerance int) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d bytes (want %d)", len(got), len(want))
	}
	n, most := 0, 0
	for i := range got {
		d := int(got[i]) - int(want[i])
		if d = max(d, -d); d > tolerance {
			n++
			most = max(most, d)
		}
	}
	if n != 0 {
		t.Errorf("%d of %d bytes differ, by %d at most", n, len(got), most)
	}
}
