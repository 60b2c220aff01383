package cpu_test

import (
	"bytes"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/model"
)

// TestOutputsElsewhere: an output that is written to the caller's memory at once is the same in any memory, wanted or not, alone
// or read by others, and nothing writes there after the run.
func TestOutputsElsewhere(t *testing.T) {
	for name, change := range map[string]func(g *graph, large int){
		"the last":    func(*graph, int) {},
		"given twice": func(g *graph, large int) { g.Outputs = append(g.Outputs, large) },
		"read by others": func(g *graph, large int) {
			g.Outputs = append(g.Outputs, g.op(model.OpReLU, nil, g.tensor(model.Float32, nil, 1, 7, 7, 3), large))
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGraph(1)
			in, large := g.tensor(model.Float32, nil, 1, 2, 3, 3), g.tensor(model.Float32, nil, 1, 7, 7, 3)
			g.op(model.OpResizeBilinear, model.ResizeBilinear{}, large, in, g.ints(7, 7))
			g.Inputs, g.Outputs = []int{in}, []int{large}
			change(g, large)
			e := g.engine(t, cpu.Options{})
			run := func(outs [][]byte) {
				t.Helper()
				image := make([]byte, e.Input().Bytes())
				newGraph(2).fill(model.Float32, image, 0)
				if _, err := e.Run(t.Context(), image, outs); err != nil {
					t.Fatal(err)
				}
			}
			want := infer.Buffers(e.Outputs())
			run(want)
			for shift := range 4 {
				outs := make([][]byte, len(want))
				for i := range outs {
					outs[i] = make([]byte, len(want[i])+shift)[shift:]
				}
				run(outs)
				for i := range outs {
					if !bytes.Equal(outs[i], want[i]) {
						t.Errorf("output %d at %d is another one", i, shift)
					}
					clear(outs[i])
				}
				run(make([][]byte, len(want)))
				for i := range outs {
					if !bytes.Equal(outs[i], make([]byte, len(outs[i]))) {
						t.Errorf("output %d at %d was written to by a later run", i, shift)
					}
				}
			}
		})
	}
}
