package cpu_test

import (
	"bytes"
	"testing"

	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/model"
)

// TestRecurrent adds up, by hand: each step keeps half of what came of the one before, which a run leaves to the next.
func TestRecurrent(t *testing.T) { forKernels(t, testRecurrent) }

func testRecurrent(t *testing.T) {
	g := newGraph(1)
	constant := func(x float32, shape ...int) int {
		i := g.tensor(model.Float32, nil, shape...)
		g.Tensors[i].Data = floatBytes(x)
		return i
	}
	in, out, state := g.tensor(model.Float32, nil, 1, 3, 1), g.tensor(model.Float32, nil, 1, 3, 1), g.tensor(model.Float32, nil, 1, 1)
	g.Tensors[state].Variable, g.Tensors[state].Odd = true, "a variable"
	g.op(model.OpSequenceRNN, model.Recurrent{}, out, in, constant(2, 1, 1), constant(0.5, 1, 1), constant(1, 1), state)
	g.Inputs, g.Outputs = []int{in}, []int{out}
	e := g.engine(t, cpu.Options{Threads: 2})
	got := make([]byte, 12)
	for _, want := range [][]float32{{3, 6.5, 10.25}, {8.125, 9.0625, 11.53125}} {
		if _, err := e.Run(t.Context(), floatBytes(1, 2, 3), [][]byte{got}); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, floatBytes(want...)) {
			t.Errorf("got %x (want %v)", got, want)
		}
	}
	if n := testing.AllocsPerRun(10, func() { _, _ = e.Run(t.Context(), floatBytes(1, 2, 3), [][]byte{got}) }); n > 3 { // the test's own
		t.Errorf("a run allocates %v times", n)
	}
}
