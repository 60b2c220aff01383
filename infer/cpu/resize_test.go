package cpu_test

import (
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/model"
)

func TestResizeRefuses(t *testing.T) {
	for says, change := range map[string]func(g *graph){
		"both align_corners and half_pixel": func(g *graph) {
			g.Operators[0].Options = model.ResizeBilinear{AlignCorners: true, HalfPixelCenters: true}
		},
		"input is int32 (want float32, uint8, int8 or int16)": func(g *graph) {
			g.Tensors[0].Type, g.Tensors[1].Type = model.Int32, model.Int32
		},
		"float32 cannot become uint8": func(g *graph) { g.Tensors[1].Type, g.Tensors[1].Quant = model.Uint8, one(1, 0) },
		"the longest side is 65536":   func(g *graph) { g.Tensors[0].Shape = []int{1, 2, 1 << 17, 3} },
		"input [6 3] and size [4 4]":  func(g *graph) { g.Tensors[0].Shape = []int{6, 3} },
	} {
		g := newGraph(1)
		in, out := g.tensor(model.Float32, nil, 1, 2, 3, 3), g.tensor(model.Float32, nil, 1, 4, 4, 3)
		g.op(model.OpResizeBilinear, model.ResizeBilinear{}, out, in, g.ints(4, 4))
		g.Inputs, g.Outputs = []int{in}, []int{out}
		change(g)
		if _, err := cpu.New(&g.Model, cpu.Options{}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v (want %q)", err, says)
		}
	}
}
