package cpu_test

import (
	"encoding/binary"
	"math"
	"slices"
	"testing"

	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/model"
)

// TestGroups multiplies by hand: two channels of the output see two channels of the input each. It wants each constant of the file
// released once.
func TestGroups(t *testing.T) { forKernels(t, testGroups) }

func testGroups(t *testing.T) {
	weights, want := []float32{1, 2, 3, -1}, floatBytes(1*1+2*2+10, 3*3-4+20)
	for _, half := range []bool{false, true} {
		g := newGraph(1)
		in, w, bias, out := g.tensor(model.Float32, nil, 1, 1, 1, 4), g.tensor(model.Float32, nil, 2, 1, 1, 2), g.tensor(model.Float32, nil, 2), g.tensor(model.Float32, nil, 1, 1, 1, 2)
		g.Tensors[bias].Data = floatBytes(10, 20)
		g.Tensors[w].Data = floatBytes(weights...)
		if half {
			stored := g.tensor(model.Float16, nil, 2, 1, 1, 2)
			g.Tensors[w].Data = nil
			for _, x := range weights { // numbers that both have
				bits := math.Float32bits(x)
				g.Tensors[stored].Data = binary.LittleEndian.AppendUint16(g.Tensors[stored].Data, uint16(bits>>16&0x8000|(bits>>23&0xff-112)<<10|bits>>13&0x3ff))
			}
			g.op(model.OpDequantize, nil, w, stored)
		}
		g.op(model.OpConv2D, model.Conv2D{StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1}, out, in, w, bias)
		g.Inputs, g.Outputs = []int{in}, []int{out}
		var released []int
		e := g.engine(t, cpu.Options{Release: func(data []byte) {
			released = append(released, len(data))
			clear(data)
		}})
		got := make([]byte, 8)
		if _, err := e.Run(t.Context(), floatBytes(1, 2, 3, 4), [][]byte{got}); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("float16 %v: got %x (want %x)", half, got, want)
		}
		slices.Sort(released)
		if list := map[bool][]int{false: {4, 8, 16}, true: {4, 8, 8}}[half]; !slices.Equal(released, list) {
			t.Errorf("released constants of %d bytes (want %d)", released, list)
		}
	}
}
