package cpu_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/infertest"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// TestMain also finds engines whose goroutines did not end.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// small is a network of all that threads share: convolutions, a pool, branches, a sum, a fully connected layer.
func small(v variant) *graph {
	g := newGraph(21)
	q := v.out
	in := g.tensor(v.typ, v.in, 1, 13, 11, 3)
	conv := func(in, n, size, stride int) int {
		i := &g.Tensors[in]
		w := g.random(g.tensor(v.typ, v.weights(n, 0), n, size, size, i.Shape[3]), 0)
		out := g.tensor(v.typ, q, 1, (i.Shape[1]+stride-1)/stride, (i.Shape[2]+stride-1)/stride, n)
		c := model.Conv2D{StrideH: stride, StrideW: stride, DilationH: 1, DilationW: 1, Activation: v.activation}
		return g.op(model.OpConv2D, c, out, in, w, g.bias(v.typ, n))
	}
	x := conv(in, 16, 3, 2)
	a, b := conv(x, 8, 1, 1), conv(x, 8, 3, 1)
	dims := g.Tensors[a].Shape
	pool := g.op(model.OpMaxPool2D, model.Pool2D{StrideH: 1, StrideW: 1, Height: 3, Width: 3}, g.tensor(v.typ, q, g.Tensors[x].Shape...), x)
	sum := g.op(model.OpAdd, model.Add{}, g.tensor(v.typ, q, dims...), a, b)
	joined := g.op(model.OpConcatenation, model.Concat{Axis: 3}, g.tensor(v.typ, q, 1, dims[1], dims[2], 24), sum, pool)
	mean := g.op(model.OpMean, model.Reducer{}, g.tensor(v.typ, q, 1, 24), joined, g.ints(1, 2))
	w := g.tensor(v.typ, v.weights(130, 0), 130, 24)
	if q := g.Tensors[w].Quant; q != nil && len(q.Scale) > 1 {
		g.Tensors[w].Quant = one(0.02, 0)
	}
	out := g.op(model.OpFullyConnected, model.FullyConnected{}, g.tensor(v.typ, q, 1, 130), mean, g.random(w, 0))
	g.Inputs, g.Outputs = []int{in}, []int{out}
	return g
}

func TestConformance(t *testing.T) {
	for _, v := range variants {
		for _, threads := range []int{1, 3} {
			t.Run(v.name, func(t *testing.T) {
				infertest.Engine(t, func(t *testing.T) infer.Engine {
					return small(v).engine(t, cpu.Options{Threads: threads})
				})
			})
		}
	}
}

// TestThreads wants the same bytes from every number of threads and all kernels of a kind.
func TestThreads(t *testing.T) {
	for _, v := range variants {
		want := answers{}
		forKernels(t, func(t *testing.T) { testThreads(t, v, want) })
	}
}

// forKernels runs f with every set of kernels.
func forKernels(t *testing.T, f func(t *testing.T)) {
	for _, name := range kernel.Names() {
		t.Run(name, func(t *testing.T) {
			t.Setenv("INCEPTIOND_KERNELS", name)
			f(t)
		})
	}
}

func testThreads(t *testing.T, v variant, want answers) {
	for _, threads := range []int{1, 2, 3, 8} {
		e := small(v).engine(t, cpu.Options{Threads: threads})
		in, outs := make([]byte, e.Input().Bytes()), infer.Buffers(e.Outputs())
		newGraph(1).fill(v.typ, in, 0)
		for range 5 {
			if _, err := e.Run(t.Context(), in, outs); err != nil {
				t.Fatal(err)
			}
			want.check(t, v.typ, e.Kernels(), [][]byte{bytes.Clone(outs[0])})
		}
	}
}

func TestKernels(t *testing.T) {
	g := small(variants[0])
	if e := g.engine(t, cpu.Options{}); e.Kernels() != kernel.Best().Name {
		t.Errorf("kernels are %q (want %q)", e.Kernels(), kernel.Best().Name)
	}
	for _, name := range kernel.Names() {
		t.Setenv("INCEPTIOND_KERNELS", name)
		if e := g.engine(t, cpu.Options{}); e.Kernels() != name {
			t.Errorf("kernels are %q (want %q)", e.Kernels(), name)
		}
	}
	t.Setenv("INCEPTIOND_KERNELS", "abacus")
	_, err := cpu.New(&g.Model, cpu.Options{})
	if err == nil || !strings.Contains(err.Error(), `INCEPTIOND_KERNELS: no kernels "abacus"`) {
		t.Errorf("unknown kernels: %v", err)
	}
	for _, name := range kernel.Names() { // which an engine's own options have before the environment
		if e := g.engine(t, cpu.Options{Kernels: name}); e.Kernels() != name {
			t.Errorf("kernels are %q (want %q)", e.Kernels(), name)
		}
	}
	if _, err := cpu.New(&g.Model, cpu.Options{Kernels: "slide rule"}); err == nil || !strings.Contains(err.Error(), `no kernels "slide rule"`) {
		t.Errorf("unknown kernels: %v", err)
	}
}

// The fastest set of a kind is of that kind, and there is none that is faster.
func TestAlike(t *testing.T) {
	if got := cpu.Alike(kernel.Best().Fused); got != kernel.Best().Name {
		t.Errorf("like the best is %q", got)
	}
	for _, fused := range []bool{false, true} {
		name := cpu.Alike(fused)
		if set, err := kernel.ByName(name); name != "" && (err != nil || set.Fused != fused) {
			t.Errorf("fused %t: %q", fused, name)
		}
	}
	if cpu.Alike(false) == "" {
		t.Error("plain Go is on every processor, and not fused")
	}
}

func TestOptions(t *testing.T) {
	m := &small(variants[0]).Model
	for _, n := range []int{-1, 65} {
		if _, err := cpu.New(m, cpu.Options{Threads: n}); err == nil {
			t.Errorf("%d threads: no error", n)
		}
	}
	_, err := cpu.New(m, cpu.Options{Memory: 1000})
	if !errors.Is(err, model.ErrMemory) || !strings.Contains(err.Error(), "memory") {
		t.Errorf("1000 bytes of memory: %v", err)
	}
}

// TestRelease spoils each constant when it is released. It wants the same answers, and each constant released once.
func TestRelease(t *testing.T) {
	for name, build := range map[string]func(variant) *graph{"module": module, "bordered": bordered, "small": small} {
		for _, v := range variants {
			forKernels(t, func(t *testing.T) {
				want := build(v).bytes(t, v, cpu.Options{})
				g, constants := build(v), 0
				for _, tensor := range g.Tensors {
					if tensor.Data != nil {
						constants++
					}
				}
				got := g.bytes(t, v, cpu.Options{Release: func(data []byte) {
					constants--
					for i := range data {
						data[i] ^= 0x55
					}
				}})
				if constants != 0 {
					t.Errorf("%s, %s: %d constants were not released, or twice", name, v.name, constants)
				}
				if !slices.EqualFunc(got, want, bytes.Equal) {
					t.Errorf("%s, %s: a constant is read after its release", name, v.name)
				}
			})
		}
	}
}

func TestProfile(t *testing.T) {
	e := small(variants[0]).engine(t, cpu.Options{Threads: 2})
	layers := e.Layers()
	if len(layers) != 8 || layers[0].Op != "CONV_2D" || layers[0].MACs != 7*6*16*27 || layers[0].OutShape[3] != 16 {
		t.Errorf("layers: %+v", layers)
	}
	in := make([]byte, e.Input().Bytes())
	durations := make([]time.Duration, len(layers))
	if err := e.Profile(t.Context(), in, durations); err != nil {
		t.Fatal(err)
	}
	for i, d := range durations {
		if d <= 0 {
			t.Errorf("layer %d took %v", i, d)
		}
	}
	if err := e.Profile(t.Context(), in, durations[1:]); err == nil {
		t.Error("too few durations: no error")
	}
}

// errAfter is a context that ends when it has been asked n times.
type errAfter struct {
	context.Context
	n int
}

func (c *errAfter) Err() error {
	if c.n--; c.n < 0 {
		return context.DeadlineExceeded
	}
	return nil
}

func TestCancelBetweenLayers(t *testing.T) {
	e := small(variants[0]).engine(t, cpu.Options{})
	in, outs := make([]byte, e.Input().Bytes()), infer.Buffers(e.Outputs())
	if _, err := e.Run(&errAfter{t.Context(), 4}, in, outs); err != context.DeadlineExceeded {
		t.Errorf("cancelled after some layers: %v", err)
	}
}

// Wrong numbers of inputs; infertest has those of outputs.
func TestRunAllCounts(t *testing.T) {
	e := small(variants[0]).engine(t, cpu.Options{})
	in, outs := infer.Buffers(e.Inputs()), infer.Buffers(e.Outputs())
	for _, ins := range [][][]byte{nil, append(in, in...), {nil}} {
		if _, err := e.RunAll(t.Context(), ins, outs); err == nil {
			t.Errorf("%d inputs: no error", len(ins))
		}
	}
}

// TestUnsupported wants every operator that the engine lacks to be named.
func TestUnsupported(t *testing.T) {
	g := newGraph(0)
	in := g.tensor(model.Uint8, one(1, 0), 1, 4)
	x := g.op(model.Op(109), nil, g.tensor(model.Uint8, one(1, 0), 1, 4), in)
	x = g.op(model.Op(109), nil, g.tensor(model.Uint8, one(1, 0), 1, 4), x)
	out := g.op(model.OpCustom, nil, g.tensor(model.Uint8, one(1, 0), 1, 4), x)
	g.Operators[2].Custom = "edgetpu-custom-op"
	g.Inputs, g.Outputs = []int{in}, []int{out}
	_, err := cpu.New(&g.Model, cpu.Options{})
	if !errors.Is(err, model.ErrUnsupported) {
		t.Fatalf("%v (want model.ErrUnsupported)", err)
	}
	for _, s := range []string{"WHERE (2)", "edgetpu-custom-op (1)", "compiled for an Edge TPU"} {
		if !strings.Contains(err.Error(), s) {
			t.Errorf("error %q does not say %q", err, s)
		}
	}
}

func TestUnsupportedFiles(t *testing.T) {
	dir := filepath.Join(shared.Dir(t), "models")
	for name, says := range map[string]string{
		"mobilenet_v1_0.25_128_quant_edgetpu.tflite": "edgetpu-custom-op",
		"model_invoking_error.tflite":                "fake-op-double",
	} {
		_, err := cpu.New(parse(t, filepath.Join(dir, name)), cpu.Options{})
		if !errors.Is(err, model.ErrUnsupported) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestBadShapes changes one thing at a time in a good model; the engine must refuse, not crash.
func TestBadShapes(t *testing.T) {
	good := small(variants[0])
	for name, spoil := range map[string]func(g *graph){
		"channels":       func(g *graph) { g.Tensors[0].Shape = []int{1, 13, 11, 4} },
		"rank":           func(g *graph) { g.Tensors[0].Shape = []int{13, 11, 3} },
		"no scale":       func(g *graph) { g.Tensors[0].Quant = nil },
		"type":           func(g *graph) { g.Tensors[0].Type = model.Float32 },
		"int32":          func(g *graph) { g.Tensors[0].Type = model.Int32 },
		"window":         func(g *graph) { g.Operators[0].Options = model.Conv2D{} },
		"no options":     func(g *graph) { g.Operators[0].Options = nil },
		"activation":     func(g *graph) { g.Operators[5].Options = model.Concat{Axis: 3, Activation: model.ReLU} },
		"axis":           func(g *graph) { g.Operators[5].Options = model.Concat{Axis: 4} },
		"weights":        func(g *graph) { g.Tensors[1].Data = nil },
		"missing input":  func(g *graph) { g.Operators[4].Inputs = []int{g.Operators[4].Inputs[0], -1} },
		"twice computed": func(g *graph) { g.Operators[1].Outputs = g.Operators[0].Outputs },
		"no outputs":     func(g *graph) { g.Outputs = nil },
		"shuffled":       func(g *graph) { g.Operators[7].Options = model.FullyConnected{ShuffledWeights: true} },
	} {
		g := small(variants[0])
		spoil(g)
		if _, err := cpu.New(&g.Model, cpu.Options{Threads: 1}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	good.engine(t, cpu.Options{})
}
