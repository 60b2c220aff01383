package cpu_test

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/model"
)

// transposeConv is a TRANSPOSE_CONV of a picture of 1 × 2 pixels, whose window is one row, to one of 1 × width.
func transposeConv(opt model.TransposeConv, window []float32, width int) *graph {
	g := newGraph(1)
	in, out := g.tensor(model.Float32, nil, 1, 1, 2, 1), g.tensor(model.Float32, nil, 1, 1, width, 1)
	w := g.tensor(model.Float32, nil, 1, 1, len(window), 1)
	g.Tensors[w].Data = floatBytes(window...)
	g.op(model.OpTransposeConv, opt, out, g.ints(1, 1, int32(width), 1), w, in)
	g.Inputs, g.Outputs = []int{in}, []int{out}
	return g
}

// TestTransposeConv adds windows by hand, some with gaps between them and some behind the last, with all kernels.
func TestTransposeConv(t *testing.T) { forKernels(t, testTransposeConv) }

func testTransposeConv(t *testing.T) {
	for _, c := range []struct {
		name   string
		opt    model.TransposeConv
		window []float32
		want   []float32 // of 1 and 10
	}{
		{"side by side", model.TransposeConv{StrideH: 1, StrideW: 2}, []float32{1, 2}, []float32{1, 2, 10, 20}},
		{"overlap", model.TransposeConv{StrideH: 1, StrideW: 2, Padding: model.Valid}, []float32{1, 2, 3}, []float32{1, 2, 13, 20, 30}},
		{"cut off", model.TransposeConv{StrideH: 1, StrideW: 1}, []float32{1, 2, 3}, []float32{12, 23}},
		{"cut off before", model.TransposeConv{StrideH: 1, StrideW: 2}, []float32{1, 2, 3, 4}, []float32{2, 13, 24, 30}},
		{"gaps", model.TransposeConv{StrideH: 1, StrideW: 3}, []float32{5}, []float32{5, 0, 0, 50, 0}},
		{"rest", model.TransposeConv{StrideH: 1, StrideW: 3, Padding: model.Valid}, []float32{5}, []float32{5, 0, 0, 50, 0, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := transposeConv(c.opt, c.window, len(c.want))
			out := make([]byte, 4*len(c.want))
			if _, err := g.engine(t, cpu.Options{}).RunAll(t.Context(), [][]byte{floatBytes(1, 10)}, [][]byte{out}); err != nil {
				t.Fatal(err)
			}
			if want := floatBytes(c.want...); !slices.Equal(out, want) {
				t.Errorf("got %v (want %v)", out, want)
			}
		})
	}
}

func TestTransposeConvRefuses(t *testing.T) {
	for says, change := range map[string]func(g *graph){
		"fused activation 1":            func(g *graph) { g.Operators[0].Options = model.TransposeConv{StrideH: 1, StrideW: 2, Activation: 1} },
		"does not make output [1 1 4 2": func(g *graph) { shapeTo(g, 1, 1, 4, 2) },
		"does not make output [1 1 9 1": func(g *graph) { shapeTo(g, 1, 1, 9, 1) },
		"bias [1000] for weights": func(g *graph) {
			g.Operators[0].Inputs = append(g.Operators[0].Inputs, g.bias(model.Float32, 1000))
		},
		"need 167772160 bytes of": func(g *graph) {
			g.Operators[0].Options = model.TransposeConv{StrideH: 1 << 12, StrideW: 1 << 11}
			shapeTo(g, 1, 1, 1<<12, 1)
		},
	} {
		g := transposeConv(model.TransposeConv{StrideH: 1, StrideW: 2}, []float32{1, 2}, 4)
		change(g)
		if _, err := cpu.New(&g.Model, cpu.Options{Memory: 1 << 20}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v (want %q)", err, says)
		}
	}
}

// shapeTo changes the shape that is asked for.
func shapeTo(g *graph, shape ...int) {
	data := g.Tensors[g.Operators[0].Inputs[0]].Data
	for i, d := range shape {
		binary.LittleEndian.PutUint32(data[4*i:], uint32(d))
	}
}
