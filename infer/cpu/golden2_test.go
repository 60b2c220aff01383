package cpu_test

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// TestGoldenStored compares operators whose weights are stored as int8 or float16 and whose numbers are float32 with
// TensorFlow Lite's answers: of int8 weights bit for bit.
func TestGoldenStored(t *testing.T) { forKernels(t, testGoldenStored) }

func testGoldenStored(t *testing.T) {
	dir := shared.Dir(t)
	for _, pattern := range []string{"HYBRID/*", "DEQUANTIZE/*"} {
		paths, err := filepath.Glob(filepath.Join(dir, "models", "ops2", pattern+".tflite"))
		if err != nil || len(paths) == 0 {
			t.Fatalf("no models %s: %v", pattern, err)
		}
		for _, path := range paths {
			name := filepath.Base(filepath.Dir(path)) + "/" + strings.TrimSuffix(filepath.Base(path), ".tflite")
			t.Run(name, func(t *testing.T) {
				e := load(t, path, cpu.Options{Threads: 2})
				ins, outs := infer.Buffers(e.Inputs()), infer.Buffers(e.Outputs())
				fillLCG(ins)
				for i, s := range e.Inputs() {
					if s.Type == infer.Float32 {
						integersToFloats(ins[i])
					}
				}
				if _, err := e.RunAll(t.Context(), ins, outs); err != nil {
					t.Fatal(err)
				}
				want, err := os.ReadFile(filepath.Join(dir, "golden", "ops2", name+".out"))
				if err != nil {
					t.Fatal(err)
				}
				got := slices.Concat(outs...)
				if len(got) != len(want) {
					t.Fatalf("%d bytes (want %d)", len(got), len(want))
				}
				exact := !strings.HasSuffix(name, "f16_weights") // sums of float32 have no order of their own
				for i := 0; i < len(want); i += 4 {
					g, w := float32At(got, i), float32At(want, i)
					if exact && g != w || math.Abs(float64(g-w)) > 1e-5 {
						t.Fatalf("number %d is %v (want %v)", i/4, g, w)
					}
				}
			})
		}
	}
}

// integersToFloats makes float32 between -2 and 2 of int32, as the goldens' inputs are made.
func integersToFloats(b []byte) {
	for i := 0; i < len(b); i += 4 {
		x := float32(int32(binary.LittleEndian.Uint32(b[i:]))) / (1 << 30)
		binary.LittleEndian.PutUint32(b[i:], math.Float32bits(x))
	}
}

func float32At(b []byte, i int) float32 {
	return math.Float32frombits(binary.LittleEndian.Uint32(b[i:]))
}
