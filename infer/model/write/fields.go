package write

import (
	"fmt"
	"math"

	flatbuffers "github.com/google/flatbuffers/go"

	"github.com/inceptiond/inceptiond/infer/model"
)

// field writes one field of a table.
type field func(*flatbuffers.Builder)

// table writes a table that has slots fields in the schema.
func (w *writer) table(slots int, fields ...field) flatbuffers.UOffsetT {
	w.b.StartObject(slots)
	for _, f := range fields {
		f(w.b)
	}
	return w.b.EndObject()
}

// fit is v, or 0 and an error if v is no int32.
func (w *writer) fit(v int) int {
	if v < math.MinInt32 || v > math.MaxInt32 {
		if w.err == nil {
			w.err = fmt.Errorf("the number %d does not fit in 32 bits: %w", v, model.ErrUnsupported)
		}
		return 0
	}
	return v
}

func (w *writer) ints(values []int) flatbuffers.UOffsetT {
	w.b.StartVector(4, len(values), 4)
	for i := len(values) - 1; i >= 0; i-- {
		w.b.PrependInt32(int32(w.fit(values[i])))
	}
	return w.b.EndVector(len(values))
}

func (w *writer) floats(values []float32) flatbuffers.UOffsetT {
	w.b.StartVector(4, len(values), 4)
	for i := len(values) - 1; i >= 0; i-- {
		w.b.PrependFloat32(values[i])
	}
	return w.b.EndVector(len(values))
}

func (w *writer) int32s(slot, v int) field {
	n := int32(w.fit(v))
	return func(b *flatbuffers.Builder) { b.PrependInt32Slot(slot, n, 0) }
}

// dilation has 1 as its default in the schema.
func (w *writer) dilation(slot, v int) field {
	n := int32(w.fit(v))
	return func(b *flatbuffers.Builder) { b.PrependInt32Slot(slot, n, 1) }
}

func uint8s(slot int, v uint8) field {
	return func(b *flatbuffers.Builder) { b.PrependUint8Slot(slot, v, 0) }
}

func bools(slot int, v bool) field {
	return func(b *flatbuffers.Builder) { b.PrependBoolSlot(slot, v, false) }
}

// anyScale is pot_scale_int16, which has true as its default in the schema, from its contrary.
func anyScale(slot int, v bool) field {
	return func(b *flatbuffers.Builder) { b.PrependBoolSlot(slot, !v, true) }
}

func float32s(slot int, v float32) field {
	return func(b *flatbuffers.Builder) { b.PrependFloat32Slot(slot, v, 0) }
}

// offset refers to something written before; 0 leaves the field out.
func offset(slot int, v flatbuffers.UOffsetT) field {
	return func(b *flatbuffers.Builder) { b.PrependUOffsetTSlot(slot, v, 0) }
}
