package failover

import (
	"context"
	"encoding/binary"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/infertest"
)

func floats(values ...float32) (b []byte) {
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

func TestCheck(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct {
		name      string
		dtype     infer.DType
		want, got []byte
		levels    int
		good      bool
	}{
		{"equal", infer.Uint8, []byte{0, 255}, []byte{0, 255}, 0, true},
		{"one level", infer.Uint8, []byte{0, 255}, []byte{1, 255}, 0, false},
		{"one level allowed", infer.Uint8, []byte{0, 255}, []byte{1, 254}, 1, true},
		{"two levels", infer.Uint8, []byte{0, 255}, []byte{0, 253}, 1, false},
		{"around zero", infer.Int8, []byte{0xff, 0}, []byte{0, 0xff}, 1, true},
		{"signed range", infer.Int8, []byte{0x80}, []byte{0x7f}, 254, false},
		{"float", infer.Float32, floats(0.5, -1), floats(0.5, -1), 0, true},
		{"float in a level", infer.Float32, floats(0.5, -1), floats(0.503, -1), 1, true},
		{"float beyond", infer.Float32, floats(0.5, -1), floats(0.505, -1), 1, false},
		{"small floats", infer.Float32, floats(0.0005, 0.001), floats(0.0006, 0.001), 1, false},
		{"not a number", infer.Float32, floats(0.5, -1), floats(nan, -1), 255, false},
		{"zeros", infer.Float32, floats(0, 0), floats(0, 1e-9), 255, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			spec := infer.TensorSpec{Shape: []int{len(c.want) / c.dtype.Size()}, Type: c.dtype, Scale: 0.25, ZeroPoint: 7}
			k := known{outputs: []infer.TensorSpec{spec}, want: [][]byte{c.want}}
			if err := k.check([][]byte{c.got}, c.levels, 0); (err == nil) != c.good {
				t.Errorf("error %v", err)
			}
		})
	}
}

// The known input is the one with the widest answer.
func TestAsk(t *testing.T) {
	f := infertest.NewFake(80, 90, 2, 1)
	var ins [][]byte
	f.Answer = func(_ context.Context, in []byte, outs [][]byte) error {
		ins = append(ins, slices.Clone(in))
		outs[0][0], outs[0][1] = 100, []byte{101, 130, 60, 90}[len(ins)-1]
		return nil
	}
	var k known
	if err := k.ask(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	if len(ins) != patterns || !slices.Equal(k.in, ins[2]) || !slices.Equal(k.want[0], []byte{100, 60}) {
		t.Errorf("%d inputs, answer %v", len(ins), k.want)
	}
	for i, in := range ins {
		if i > 0 && slices.Equal(in, ins[i-1]) {
			t.Errorf("inputs %d and %d are equal", i-1, i)
		}
	}
}

// Inputs fit every tensor, and those of float32 are small numbers.
func TestDraw(t *testing.T) {
	for _, s := range []infer.TensorSpec{
		{Shape: []int{1, 7, 5, 3}, Type: infer.Uint8}, {Shape: []int{1, 7, 5, 1}, Type: infer.Int8},
		{Shape: []int{3, 4}, Type: infer.Int8}, {Type: infer.Uint8}, {Shape: []int{1, 4, 4, 3}, Type: infer.Float32},
	} {
		for p := range patterns {
			b := draw(s, p)
			if len(b) != s.Bytes() {
				t.Errorf("%v: %d bytes (want %d)", s, len(b), s.Bytes())
			}
			for i := 0; s.Type == infer.Float32 && i < len(b); i += 4 {
				if f := math.Float32frombits(binary.LittleEndian.Uint32(b[i:])); !(f >= -1 && f <= 1) {
					t.Fatalf("%v: %v", s, f)
				}
			}
		}
	}
}

func TestMedian(t *testing.T) {
	var m times
	if m.median() != 0 {
		t.Error("a median of nothing")
	}
	for i, want := range []time.Duration{1, 9, 5, 9, 9} { // of 1, then 1 9, then 1 9 5, …
		m.add([]time.Duration{1, 9, 5, 20, 30}[i])
		if got := m.median(); got != want {
			t.Errorf("after %d: %d (want %d)", i+1, got, want)
		}
	}
	for range 31 {
		m.add(2)
	}
	if m.median() != 2 {
		t.Error("the oldest are not forgotten")
	}
	if n := testing.AllocsPerRun(10, func() { m.median() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
