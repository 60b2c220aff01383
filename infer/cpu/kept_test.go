package cpu

import (
	"bytes"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// fed is a network that adds up what it sees: its sum is an input of the next run.
func fed() *model.Model {
	sum := model.Tensor{Name: "in/sum", Shape: []int{3}, Type: model.Int32}
	picture, out := sum, sum
	picture.Name, out.Name = "picture", "out/sum"
	return seeding{model.Int32}.one(model.OpAdd, model.Add{}, picture, sum, out)
}

// TestKept has an engine of each set of kernels go on from what another one has kept: it answers as that one would have.
func TestKept(t *testing.T) {
	models := append(seeding{model.Int8}.recurrent(), fed())
	sizes := []int{2 * 3 * 4, 2 * 2 * 3 * 4, 2 * 2 * 3 * 4, 2*3 + 2*3*2, 3 * 4}
	for i, m := range models {
		for _, set := range kernel.Names() {
			open := func() *Engine {
				e, err := New(m, Options{Threads: 1, Kernels: set})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { e.Close() })
				return e
			}
			one, other, fresh := open(), open(), open()
			if one.KeptBytes() != sizes[i] {
				t.Errorf("model %d keeps %d bytes (want %d)", i, one.KeptBytes(), sizes[i])
			}
			in := make([]byte, one.Input().Bytes())
			for at := 0; at < len(in); at += 4 { // small numbers, also as float32
				copy(in[at:], []byte{byte(at), 1, 0x80 + byte(at%32), 0x3d})
			}
			answer := func(e *Engine) []byte {
				outs := infer.Buffers(e.Outputs())
				if _, err := e.Run(t.Context(), in, outs); err != nil {
					t.Fatal(err)
				}
				return outs[0]
			}
			answer(one)
			kept := one.AppendKept([]byte{42})
			if err := other.Keep(kept[1:]); err != nil || kept[0] != 42 || len(kept) != 1+one.KeptBytes() {
				t.Fatalf("%v: %v", kept, err)
			}
			if again := other.AppendKept(nil); !bytes.Equal(again, kept[1:]) {
				t.Errorf("model %d, %s: kept %x, and not %x", i, set, again, kept[1:])
			}
			want := answer(one)
			if got := answer(other); !bytes.Equal(got, want) {
				t.Errorf("model %d, %s: %x (want %x)", i, set, got, want)
			}
			if bytes.Equal(answer(fresh), want) {
				t.Errorf("model %d, %s: without what was kept it is the same, so nothing is tried here", i, set)
			}
			for _, wrong := range [][]byte{nil, kept, kept[2:]} {
				if other.Keep(wrong) == nil {
					t.Errorf("model %d: %d bytes are kept", i, len(wrong))
				}
			}
		}
	}
}
