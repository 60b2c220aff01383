package cpu_test

import (
	"testing"

	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/model"
)

// TestMixedTypes wants operators refused whose output has another type than their input, also if it would be written into another
// value's channels.
func TestMixedTypes(t *testing.T) {
	types := []model.Type{model.Float32, model.Uint8, model.Int8, model.Int16, model.Int32}
	quantized := func(typ model.Type) *model.Quant {
		if typ == model.Float32 {
			return nil
		}
		return one(0.1, 0)
	}
	for _, op := range []model.Op{model.OpConv2D, model.OpMaxPool2D, model.OpAveragePool2D, model.OpConcatenation} {
		for _, from := range types {
			for _, to := range types {
				if from == to {
					continue
				}
				g := newGraph(1)
				in, between, out := g.tensor(from, quantized(from), 1, 12, 12, 2), g.tensor(to, quantized(to), 1, 12, 12, 2), g.tensor(to, quantized(to), 1, 12, 12, 4)
				beside := g.tensor(to, quantized(to), 1, 12, 12, 2)
				switch op {
				case model.OpConv2D:
					w := from
					if from == model.Int16 {
						w = model.Int8
					}
					g.op(op, model.Conv2D{StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1}, between, in, g.random(g.tensor(w, quantized(w), 2, 1, 1, 2), 9))
				case model.OpConcatenation:
					g.op(op, model.Concat{Axis: 3}, between, in)
				default:
					g.op(op, model.Pool2D{StrideH: 1, StrideW: 1, Height: 1, Width: 1}, between, in)
				}
				g.op(model.OpConcatenation, model.Concat{Axis: 3}, out, beside, between)
				g.Inputs, g.Outputs = []int{in, beside}, []int{out}
				if _, err := cpu.New(&g.Model, cpu.Options{Threads: 1}); err == nil {
					t.Errorf("%v of %v to %v: no error", op, from, to)
				}
			}
		}
	}
}
