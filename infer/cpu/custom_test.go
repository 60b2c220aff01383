package cpu_test

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/model"
)

// TestTransposeBias wants MediaPipe's operator to answer as a TRANSPOSE_CONV that makes an image of the same size.
func TestTransposeBias(t *testing.T) {
	for _, c := range []struct{ image, window, stride, padding, size int }{
		{8, 2, 2, 1, 16}, {9, 2, 2, 1, 17}, {8, 3, 2, 1, 16}, {9, 3, 2, 1, 17}, {5, 1, 3, 1, 13}, {4, 5, 2, 1, 8}, {4, 5, 2, 2, 11}, {4, 2, 3, 2, 11},
	} {
		g := newGraph(1)
		in, bias := g.tensor(model.Float32, nil, 1, c.image, c.image, 3), g.random(g.tensor(model.Float32, nil, 4), 0)
		w := g.random(g.tensor(model.Float32, nil, 4, c.window, c.window, 3), 0)
		padding := map[int]model.Padding{1: model.Same, 2: model.Valid}[c.padding]
		outs := []int{g.tensor(model.Float32, nil, 1, 1, 1, 4), g.tensor(model.Float32, nil, 1, c.size, c.size, 4)}
		var data []byte
		for _, x := range []int{c.padding, c.stride, c.stride, 0} {
			data = binary.LittleEndian.AppendUint32(data, uint32(x))
		}
		g.op(model.OpCustom, data, outs[0], in, w, bias)
		g.Operators[0].Custom = "Convolution2DTransposeBias"
		size := int32(c.size)
		opt := model.TransposeConv{Padding: padding, StrideH: c.stride, StrideW: c.stride}
		g.op(model.OpTransposeConv, opt, outs[1], g.ints(1, size, size, 4), w, in, bias)
		g.Inputs, g.Outputs = []int{in}, outs
		e := g.engine(t, cpu.Options{})
		ins, got := infer.Buffers(e.Inputs()), infer.Buffers(e.Outputs())
		g.fill(model.Float32, ins[0], 0)
		if _, err := e.RunAll(t.Context(), ins, got); err != nil {
			t.Fatal(err)
		}
		if want := []int{1, c.size, c.size, 4}; !slices.Equal(e.Outputs()[0].Shape, want) || !bytes.Equal(got[0], got[1]) {
			t.Errorf("%+v: %v %x (want %v %x)", c, e.Outputs()[0].Shape, got[0][:16], want, got[1][:16])
		}
	}
}

func TestTransposeBiasRefuses(t *testing.T) {
	for _, options := range [][]byte{nil, make([]byte, 11), make([]byte, 12), bytes.Repeat([]byte{255}, 12)} {
		g := newGraph(1)
		in, w, out := g.tensor(model.Float32, nil, 1, 2, 2, 3), g.random(g.tensor(model.Float32, nil, 4, 2, 2, 3), 0), g.tensor(model.Float32, nil, 1, 4, 4, 4)
		g.op(model.OpCustom, options, out, in, w, g.random(g.tensor(model.Float32, nil, 4), 0))
		g.Operators[0].Custom = "Convolution2DTransposeBias"
		g.Inputs, g.Outputs = []int{in}, []int{out}
		if _, err := cpu.New(&g.Model, cpu.Options{}); err == nil {
			t.Errorf("options %x are taken", options)
		}
	}
}
