package cpu_test

import (
	"bytes"
	"testing"

	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/model"
)

// TestShuffle shuffles pixels by a TRANSPOSE of 6 dimensions, as networks that were made for another framework do: the answer is that of a
// DEPTH_TO_SPACE.
func TestShuffle(t *testing.T) {
	const h, w, c, side = 3, 4, 5, 2
	g := newGraph(1)
	in := g.tensor(model.Uint8, nil, 1, h, w, side*side*c)
	blocks, shuffled := g.tensor(model.Uint8, nil, 1, h, w, side, side, c), g.tensor(model.Uint8, nil, 1, h, side, w, side, c)
	outs := []int{g.tensor(model.Uint8, nil, 1, h*side, w*side, c), g.tensor(model.Uint8, nil, 1, h*side, w*side, c)}
	g.op(model.OpReshape, model.Reshape{NewShape: []int{1, h, w, side, side, c}}, blocks, in)
	g.op(model.OpTranspose, nil, shuffled, blocks, g.ints(0, 1, 3, 2, 4, 5))
	g.op(model.OpReshape, model.Reshape{NewShape: []int{1, h * side, w * side, c}}, outs[0], shuffled)
	g.op(model.OpDepthToSpace, model.DepthToSpace{Block: side}, outs[1], in)
	g.Inputs, g.Outputs = []int{in}, outs
	e := g.engine(t, cpu.Options{})
	data := make([]byte, e.Input().Bytes())
	g.fill(model.Uint8, data, 0)
	got := [][]byte{make([]byte, len(data)), make([]byte, len(data))}
	if _, err := e.Run(t.Context(), data, got); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got[0], got[1]) {
		t.Errorf("%x (want %x)", got[0], got[1])
	}
}
