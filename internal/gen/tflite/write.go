// Package tflite writes TensorFlow Lite files: the counterpart of model.Parse, for models that are generated.
package tflite

import (
	"cmp"
	"fmt"
	"math"

	flatbuffers "github.com/google/flatbuffers/go"

	"github.com/inceptiond/inceptiond/infer/model"
)

// Write returns m as a file that TensorFlow Lite loads. The same model gives the same bytes. It does not check m beyond
// what it needs: parse the result to see whether it is sound.
//
// An operator of version 0 gets the version that its types and options ask for. Constants lie at multiples of 16 bytes.
// m.Size and m.SHA256 are not used. The options of a custom operator, which model.Parse does not read, are a []byte here.
func Write(m *model.Model) ([]byte, error) {
	w := writer{m: m, b: flatbuffers.NewBuilder(sizeHint(m))}
	return w.model()
}

// sizeHint is enough for most files, so that the builder does not grow by copying.
func sizeHint(m *model.Model) int {
	n := 4096 + 128*len(m.Operators)
	for i := range m.Tensors {
		n += 256 + len(m.Tensors[i].Name) + len(m.Tensors[i].Data)
		if q := m.Tensors[i].Quant; q != nil {
			n += 12 * len(q.Scale)
		}
	}
	return n
}

// writer builds one file. A flatbuffer is written from its end to its start: what is referred to comes first.
type writer struct {
	m *model.Model
	b *flatbuffers.Builder

	metadata []byte // of TFLITE_METADATA; nil: there is none

	codes   []flatbuffers.UOffsetT
	codeOf  map[code]int // index in codes
	buffers []flatbuffers.UOffsetT
}

// code is the content of an OperatorCode.
type code struct {
	op      model.Op
	custom  string
	version int
}

func (w *writer) model() ([]byte, error) {
	w.codeOf = map[code]int{}
	w.buffers = []flatbuffers.UOffsetT{w.table(3)} // buffer 0 means "no constant"
	tensors := make([]flatbuffers.UOffsetT, len(w.m.Tensors))
	for i := range tensors {
		tensors[i] = w.tensor(&w.m.Tensors[i])
	}
	operators := make([]flatbuffers.UOffsetT, len(w.m.Operators))
	for i := range operators {
		var err error
		if operators[i], err = w.operator(&w.m.Operators[i]); err != nil {
			return nil, fmt.Errorf("tflite: operator %d: %w", i, err)
		}
	}
	about := w.about()
	graph := w.table(5,
		offset(0, w.b.CreateVectorOfTables(tensors)),
		offset(1, w.ints(w.m.Inputs)),
		offset(2, w.ints(w.m.Outputs)),
		offset(3, w.b.CreateVectorOfTables(operators)),
		offset(4, w.b.CreateString("main")))
	root := w.table(7,
		int32s(0, 3), // the schema's version
		offset(1, w.b.CreateVectorOfTables(w.codes)),
		offset(2, w.b.CreateVectorOfTables([]flatbuffers.UOffsetT{graph})),
		offset(3, w.b.CreateString(w.m.Description)),
		offset(4, w.b.CreateVectorOfTables(w.buffers)),
		offset(6, about))
	w.b.FinishWithFileIdentifier(root, []byte("TFL3"))
	return w.b.FinishedBytes(), nil
}

func (w *writer) tensor(t *model.Tensor) flatbuffers.UOffsetT {
	buffer := 0
	if t.Data != nil {
		buffer = len(w.buffers)
		w.b.Prep(16, len(t.Data)) // force_align: 16 in the schema
		w.buffers = append(w.buffers, w.table(3, offset(0, w.b.CreateByteVector(t.Data))))
	}
	return w.table(9,
		offset(0, w.ints(t.Shape)),
		uint8s(1, uint8(t.Type)),
		int32s(2, buffer),
		offset(3, w.b.CreateString(t.Name)),
		offset(4, w.quant(t.Quant)),
		bools(8, true)) // has_rank
}

func (w *writer) quant(q *model.Quant) flatbuffers.UOffsetT {
	if q == nil {
		return 0
	}
	n := len(q.ZeroPoint)
	w.b.StartVector(8, n, 8)
	for i := n - 1; i >= 0; i-- {
		w.b.PrependInt64(int64(q.ZeroPoint[i]))
	}
	zero := w.b.EndVector(n)
	n = len(q.Scale)
	w.b.StartVector(4, n, 4)
	for i := n - 1; i >= 0; i-- {
		w.b.PrependFloat32(q.Scale[i])
	}
	scale := w.b.EndVector(n)
	return w.table(7, offset(2, scale), offset(3, zero), int32s(6, q.Axis))
}

func (w *writer) operator(o *model.Operator) (flatbuffers.UOffsetT, error) {
	c := code{o.Op, o.Custom, cmp.Or(o.Version, version(w.m, o))}
	index, ok := w.codeOf[c]
	if !ok {
		index = len(w.codes)
		w.codeOf[c] = index
		w.codes = append(w.codes, w.code(c))
	}
	union, options, err := w.options(o)
	if err != nil {
		return 0, err
	}
	custom := w.customOptions(o)
	return w.table(6,
		int32s(0, index),
		offset(1, w.ints(o.Inputs)),
		offset(2, w.ints(o.Outputs)),
		uint8s(3, union),
		offset(4, options),
		offset(5, custom)), nil
}

func (w *writer) customOptions(o *model.Operator) flatbuffers.UOffsetT {
	data, ok := o.Options.([]byte)
	if !ok {
		return 0
	}
	return w.b.CreateByteVector(data)
}

func (w *writer) code(c code) flatbuffers.UOffsetT {
	var custom flatbuffers.UOffsetT
	if c.custom != "" {
		custom = w.b.CreateString(c.custom)
	}
	// Readers from before 2020 know only the first field, a byte; 127 there sends newer ones to the last.
	return w.table(4,
		uint8s(0, uint8(min(c.op, math.MaxInt8))),
		offset(1, custom),
		func(b *flatbuffers.Builder) { b.PrependInt32Slot(2, int32(c.version), 1) },
		int32s(3, int(c.op)))
}

func (w *writer) ints(v []int) flatbuffers.UOffsetT {
	w.b.StartVector(4, len(v), 4)
	for i := len(v) - 1; i >= 0; i-- {
		w.b.PrependInt32(int32(v[i]))
	}
	return w.b.EndVector(len(v))
}

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

func int32s(slot, v int) field {
	return func(b *flatbuffers.Builder) { b.PrependInt32Slot(slot, int32(v), 0) }
}

func uint8s(slot int, v uint8) field {
	return func(b *flatbuffers.Builder) { b.PrependUint8Slot(slot, v, 0) }
}

func bools(slot int, v bool) field {
	return func(b *flatbuffers.Builder) { b.PrependBoolSlot(slot, v, false) }
}

func float32s(slot int, v float32) field {
	return func(b *flatbuffers.Builder) { b.PrependFloat32Slot(slot, v, 0) }
}

// offset refers to something written before; 0 leaves the field out.
func offset(slot int, v flatbuffers.UOffsetT) field {
	return func(b *flatbuffers.Builder) { b.PrependUOffsetTSlot(slot, v, 0) }
}
