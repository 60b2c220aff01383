package cpu

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/internal/gen/inception"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// calls times calls of assembly, in the order of a run: the least of each in all runs, since anything may interrupt one.
type calls struct {
	next int
	took []time.Duration
}

func (c *calls) time(f func()) {
	begin := time.Now()
	f()
	d := time.Since(begin)
	if c.next == len(c.took) {
		c.took = append(c.took, d)
	}
	c.took[c.next] = min(c.took[c.next], d)
	c.next++
}

// timed is a set that times its calls.
func (c *calls) timed(s kernel.Set) *kernel.Set {
	if s.Tiling != nil {
		t := *s.Tiling
		run, sums := t.Run, t.SumPixels
		t.Run = func(x *kernel.Tiles) { c.time(func() { run(x) }) }
		t.SumPixels = func(dst []int32, src []uint8, n int) { c.time(func() { sums(dst, src, n) }) }
		s.Tiling = &t
	}
	if f := s.Depth; f != nil {
		s.Depth = func(x *kernel.DepthTiles) { c.time(func() { f(x) }) }
	}
	if s.Depthwise != nil {
		d := *s.Depthwise
		run := d.Run
		d.Run = func(x *kernel.DepthBytes) { c.time(func() { run(x) }) }
		s.Depthwise = &d
	}
	if f := s.Adder; f != nil {
		s.Adder = func(a *kernel.Adder) (func(dst, a, b []uint8), int64) {
			add, bytes := f(a)
			if add == nil {
				return nil, 0
			}
			return func(dst, a, b []uint8) { c.time(func() { add(dst, a, b) }) }, bytes
		}
	}
	if tile := s.Tile32; tile != nil {
		s.Tile32 = func(acc *kernel.Tile32, rows *[kernel.TileRows32][]float32, panel []float32) {
			c.time(func() { tile(acc, rows, panel) })
		}
	}
	if s.Tiling32 != nil {
		t := *s.Tiling32
		run := t.Run
		t.Run = func(x *kernel.Tiles32) { c.time(func() { run(x) }) }
		s.Tiling32 = &t
	}
	for _, f := range []*func(*kernel.Row32){&s.Depth32, &s.Max32, &s.Average32} {
		if run := *f; run != nil {
			*f = func(x *kernel.Row32) { c.time(func() { run(x) }) }
		}
	}
	maxRow, sumWindow, quantize, power := s.MaxRow, s.SumWindow, s.Quantize, s.ScalePower
	s.MaxRow = func(dst, src []uint8, n int, r kernel.Row, w kernel.Window, lo uint8) {
		c.time(func() { maxRow(dst, src, n, r, w, lo) })
	}
	s.SumWindow = func(acc []int32, src []uint8, w kernel.Window) { c.time(func() { sumWindow(acc, src, w) }) }
	s.Quantize = func(dst []uint8, src []float32, scale float32, zero int32) {
		c.time(func() { quantize(dst, src, scale, zero) })
	}
	s.ScalePower = func(dst, src []float32, bias, exponent float32) { c.time(func() { power(dst, src, bias, exponent) }) }
	return &s
}

// TestCallsAreShort bounds calls of assembly by 200 µs: the garbage collector has to wait for each.
func TestCallsAreShort(t *testing.T) {
	const limit = 200 * time.Microsecond
	models := callModels(t)
	for _, kernels := range kernel.Names() {
		if kernels == "go" {
			continue // can be interrupted
		}
		for name, m := range models {
			t.Run(kernels+"/"+name, func(t *testing.T) {
				set, err := kernel.ByName(kernels)
				if err != nil {
					t.Fatal(err)
				}
				c := new(calls)
				e, err := newEngine(m, Options{Threads: 1}, c.timed(*set))
				if err != nil {
					t.Fatal(err)
				}
				defer e.Close()
				in, outs := make([]byte, e.Input().Bytes()), infer.Buffers(e.Outputs())
				longest := time.Duration(0)
				for run := 0; run < 8 || run < 100 && longest > limit; run++ { // many on a busy machine
					c.next = 0
					if _, err := e.Run(t.Context(), in, outs); err != nil {
						t.Fatal(err)
					}
					longest = slices.Max(c.took)
				}
				t.Logf("%d calls, the longest takes %v", len(c.took), longest)
				if longest > limit && !testing.Short() { // short under the race detector
					t.Errorf("a call takes %v (want at most %v)", longest, limit)
				}
			})
		}
	}
}

// callModels is networks of all kinds of layers, by name.
func callModels(t *testing.T) map[string]*model.Model {
	t.Helper()
	models := map[string]*model.Model{"mobilenet_v2_float32": inception.MobileNet(224)}
	for _, name := range []string{"googlenet_224_uint8", "mobilenet_v2_1.0_224_quant"} {
		data, err := os.ReadFile(filepath.Join(shared.Dir(t), "models", name+".tflite"))
		if err != nil {
			t.Fatal(err)
		}
		if models[name], err = model.Parse(data, model.Limits{}); err != nil {
			t.Fatal(err)
		}
	}
	return models
}

// TestRunAllocatesNothing runs whole networks with all kernels.
func TestRunAllocatesNothing(t *testing.T) {
	for name, m := range callModels(t) {
		for _, kernels := range kernel.Names()[:len(kernel.Names())-1] { // plain Go is slow, and the same around the kernels
			t.Setenv("INCEPTIOND_KERNELS", kernels)
			e, err := New(m, Options{Threads: 2})
			if err != nil {
				t.Fatal(err)
			}
			in, outs := make([]byte, e.Input().Bytes()), infer.Buffers(e.Outputs())
			if n := testing.AllocsPerRun(10, func() {
				if _, err := e.Run(t.Context(), in, outs); err != nil {
					t.Error(err)
				}
			}); n > 0 {
				t.Errorf("%s with %s: %v allocations in a run", name, kernels, n)
			}
			if err := e.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}
