package cpu_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/internal/gen/inception"
	"github.com/inceptiond/inceptiond/internal/gen/stored"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// TestDynamicRange runs the case of the reports: int8 weights between float32 activations.
func TestDynamicRange(t *testing.T) { forKernels(t, testDynamicRange) }

func testDynamicRange(t *testing.T) {
	dir := filepath.Join(shared.Dir(t), "cases", "models")
	e := load(t, filepath.Join(dir, "dynamic-range.tflite"), cpu.Options{})
	for name, want := range map[string][]float32{
		"red": {0, 0.0015, 0.9985}, "green": {0.00116, 0.07261, 0.92623}, "grey": {0.27427, 0.32553, 0.40019},
	} {
		in, outs := pixels(t, filepath.Join(dir, name+".png")), infer.Buffers(e.Outputs())
		if _, err := e.Run(t.Context(), in, outs); err != nil {
			t.Fatal(err)
		}
		for i, w := range want {
			if got := float32At(outs[0], 4*i); math.Abs(float64(got-w)) > 1e-4 {
				t.Errorf("%s: class %d has %v (want %v)", name, i, got, w)
			}
		}
	}
}

// pixels is a picture as numbers from -1 to 1.
func pixels(t *testing.T, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	var b []byte
	for y := range p.Bounds().Dy() {
		for x := range p.Bounds().Dx() {
			red, green, blue, _ := p.At(x, y).RGBA()
			for _, v := range []uint32{red, green, blue} {
				b = binary.LittleEndian.AppendUint32(b, math.Float32bits((float32(v>>8)-127.5)/127.5))
			}
		}
	}
	return b
}

// TestStoredAgree wants the same numbers from all kernels and numbers of threads, of networks stored in every way, and
// next to nothing between ways to store the same numbers.
func TestStoredAgree(t *testing.T) {
	m, err := inception.Build(1, inception.Int8, inception.Options{Size: 96, Width: 0.25})
	if err != nil {
		t.Fatal(err)
	}
	first := map[stored.How][]byte{}
	for how := range stored.Dequantized + 1 {
		made, err := stored.Convert(m, how)
		if err != nil {
			t.Fatal(err)
		}
		want := answers{}
		for _, name := range kernel.Names() {
			t.Setenv("INCEPTIOND_KERNELS", name)
			for threads := range 3 {
				g := graph{Model: *made, r: newGraph(3).r}
				e := g.engine(t, cpu.Options{Threads: threads + 1})
				in, outs := make([]byte, e.Input().Bytes()), infer.Buffers(e.Outputs())
				g.fill(model.Float32, in, 0)
				if _, err := e.Run(t.Context(), in, outs); err != nil {
					t.Fatal(err)
				}
				if first[how] == nil {
					first[how] = outs[0]
				}
				want.check(t, model.Float32, name, outs)
			}
		}
	}
	for _, same := range [][2]stored.How{{stored.Float16, stored.Bare16}, {stored.Tensor, stored.Legacy}} {
		if !slices.Equal(first[same[0]], first[same[1]]) {
			t.Errorf("%v and %v differ", same[0], same[1])
		}
	}
	for how, got := range first {
		for i := 0; i < len(got); i += 4 {
			if d := float32At(got, i) - float32At(first[stored.Float32], i); math.Abs(float64(d)) > 0.05 {
				t.Fatalf("%v: class %d is %v away from float32", how, i/4, d)
			}
		}
	}
}

// TestStoredMemory: what constants take when they are dequantized counts, and int8 weights stay as small as they are.
func TestStoredMemory(t *testing.T) {
	const n, k = 512, 2048
	for _, test := range []struct {
		name        string
		least, most int // bytes
		make        func(g *graph) (weights int)
	}{
		{"float16", 4 * n * k, 5 * n * k, func(g *graph) int { return g.zeros(model.Float16, nil, n, k) }},
		{"float16 before a DEQUANTIZE", 4 * n * k, 5 * n * k, func(g *graph) int {
			return g.op(model.OpDequantize, nil, g.tensor(model.Float32, nil, n, k), g.zeros(model.Float16, nil, n, k))
		}},
		{"int8 before a DEQUANTIZE", 4 * n * k, 5 * n * k, func(g *graph) int {
			return g.op(model.OpDequantize, nil, g.tensor(model.Float32, nil, n, k), g.zeros(model.Int8, one(0.5, 3), n, k))
		}},
		{"int8", n * k, 2 * n * k, func(g *graph) int { return g.zeros(model.Int8, one(0.5, 0), n, k) }},
		{"int8 with a zero point", 4 * n * k, 5 * n * k, func(g *graph) int { return g.zeros(model.Int8, one(0.5, 3), n, k) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			g := newGraph(1)
			in := g.tensor(model.Float32, nil, 1, k)
			out := g.op(model.OpFullyConnected, model.FullyConnected{}, g.tensor(model.Float32, nil, 1, n), in, test.make(g))
			g.Inputs, g.Outputs = []int{in}, []int{out}
			if _, err := cpu.New(&g.Model, cpu.Options{Threads: 1, Memory: test.least}); !errors.Is(err, model.ErrMemory) {
				t.Errorf("%d bytes are enough: %v", test.least, err)
			}
			if e, err := cpu.New(&g.Model, cpu.Options{Threads: 1, Memory: test.most}); err != nil {
				t.Error(err)
			} else {
				e.Close()
			}
		})
	}
}

// zeros adds a constant.
func (g *graph) zeros(typ model.Type, q *model.Quant, shape ...int) int {
	i := g.tensor(typ, q, shape...)
	g.Tensors[i].Data = make([]byte, g.Tensors[i].Bytes())
	return i
}

// TestStoredRefused wants a reason and both ways out for weights that nothing here can multiply.
func TestStoredRefused(t *testing.T) {
	for name, change := range map[string]func(w *model.Tensor){
		"without a scale": func(w *model.Tensor) { w.Quant = nil },
		"int16":           func(w *model.Tensor) { w.Type, w.Data = model.Int16, make([]byte, 24) },
	} {
		g := newGraph(1)
		in := g.tensor(model.Float32, nil, 1, 4)
		w := g.zeros(model.Int8, one(0.5, 0), 3, 4)
		change(&g.Tensors[w])
		out := g.op(model.OpFullyConnected, model.FullyConnected{}, g.tensor(model.Float32, nil, 1, 3), in, w)
		g.Inputs, g.Outputs = []int{in}, []int{out}
		_, err := cpu.New(&g.Model, cpu.Options{})
		if !errors.Is(err, model.ErrUnsupported) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, words := range []string{"FULLY_CONNECTED", "(dynamic range)", "export the model with full integer quantization, or install inceptiond-tflite"} {
			if !strings.Contains(err.Error(), words) {
				t.Errorf("%s: %v (want %q)", name, err, words)
			}
		}
	}
}

// TestHalf compares all numbers of 16 bits with their definition.
func TestHalf(t *testing.T) {
	g := newGraph(1)
	x := g.tensor(model.Float16, nil, 1<<16)
	for i := range 1 << 16 {
		g.Tensors[x].Data = binary.LittleEndian.AppendUint16(g.Tensors[x].Data, uint16(i))
	}
	g.Inputs = []int{g.tensor(model.Float32, nil, 1)}
	g.Outputs = []int{g.op(model.OpDequantize, nil, g.tensor(model.Float32, nil, 1<<16), x)}
	e := g.engine(t, cpu.Options{})
	outs := infer.Buffers(e.Outputs())
	if _, err := e.Run(t.Context(), make([]byte, 4), outs); err != nil {
		t.Fatal(err)
	}
	for i := range 1 << 16 {
		sign, exponent, fraction := 1-2*float64(i>>15), i>>10&31, float64(i&1023)
		want := sign * math.Ldexp(1+fraction/1024, exponent-15)
		switch {
		case exponent == 0:
			want = sign * math.Ldexp(fraction, -24)
		case exponent == 31 && fraction == 0:
			want = math.Inf(int(sign))
		case exponent == 31:
			want = math.NaN()
		}
		got := float64(float32At(outs[0], 4*i))
		if got != want && !(math.IsNaN(got) && math.IsNaN(want)) || math.Signbit(got) != math.Signbit(want) && !math.IsNaN(want) {
			t.Fatalf("%04x is %v (want %v)", i, got, want)
		}
	}
}

// BenchmarkStored runs MobileNet v1 (0.25, 128 pixels) stored in all ways.
func BenchmarkStored(b *testing.B) {
	m := parse(b, filepath.Join(shared.Dir(b), "models", "mobilenet_v1_0.25_128_quant.tflite"))
	for how := range stored.Dequantized + 1 {
		made, err := stored.Convert(m, how)
		if err != nil {
			b.Fatal(err)
		}
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprintf("%v/threads=%d", how, threads), func(b *testing.B) {
				e, err := cpu.New(made, cpu.Options{Threads: threads})
				if err != nil {
					b.Fatal(err)
				}
				defer e.Close()
				in, outs := make([]byte, e.Input().Bytes()), infer.Buffers(e.Outputs())
				b.ReportAllocs()
				for b.Loop() {
					if _, err := e.Run(b.Context(), in, outs); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
