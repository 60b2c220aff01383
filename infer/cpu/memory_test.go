package cpu

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// TestMemory wants each type of numbers that the engine holds to come and go unchanged, and their views to show them.
func TestMemory(t *testing.T) {
	little := []byte{0xfe, 0xff, 0, 0, 0, 0, 0, 0x40, 1, 0, 0, 0, 0, 0, 0, 0}
	for _, c := range []struct {
		typ  model.Type
		spec infer.DType
		is   func(l *lowering, v *value) bool // whether the views show little
	}{
		{model.Uint8, infer.Uint8, shows((*lowering).bytes, 0xfe, 0xff)},
		{model.Int8, infer.Int8, shows((*lowering).bytes, 0x7e, 0x7f)},
		{model.Bool, infer.Bool, shows((*lowering).bools, 1, 1, 0)},
		{model.Int16, infer.Int16, shows((*lowering).int16s, -2, 0)},
		{model.Int32, infer.Int32, shows((*lowering).int32s, 0xfffe, 0x40000000, 1)},
		{model.Int64, infer.Int64, shows((*lowering).int64s, 0x400000000000fffe, 1)},
		{model.Float32, infer.Float32, shows((*lowering).floats, 0x1.fffcp-134, 2, 0x1p-149)},
	} {
		for _, data := range [][]byte{nil, little} { // computed, constant
			v := &value{Tensor: &model.Tensor{Name: "v", Type: c.typ, Shape: []int{len(little) / c.typ.Size()}, Data: data}}
			l := &lowering{budget: budget{limit: 1 << 10}, set: kernel.Best()}
			if data == nil {
				v.last = 1
				allocate(&graph{values: []*value{v}}, int64(v.Bytes()))
				p := newPort(v)
				if p.spec.Type != c.spec || p.spec.Bytes() != len(little) {
					t.Errorf("%v is %v outside", c.typ, p.spec)
				}
				p.load(little)
			}
			if !c.is(l, v) {
				t.Errorf("%v: other numbers inside: %x", c.typ, v.memory)
			}
			back := make([]byte, len(little))
			v.store(back, v.memory)
			if !bytes.Equal(back, little) && c.typ != model.Bool {
				t.Errorf("%v comes back as %x", c.typ, back)
			}
			if _, err := l.floats(v); (err == nil) != (c.typ == model.Float32) || err != nil && !strings.Contains(err.Error(), "want float32") {
				t.Errorf("%v as float32: %v", c.typ, err)
			}
		}
	}
}

// shows tells whether a view begins with some numbers.
func shows[T element](view func(*lowering, *value) ([]T, error), want ...T) func(*lowering, *value) bool {
	return func(l *lowering, v *value) bool {
		got, err := view(l, v)
		return err == nil && len(got) >= len(want) && slices.Equal(got[:len(want)], want)
	}
}
