// Package write makes TensorFlow Lite files: the counterpart of [model.Parse].
//
// The formats are the flatbuffer schemas of tensorflow/lite/schema/schema.fbs, version 3, and of
// tensorflow_lite_support/metadata/metadata_schema.fbs. The same input gives the same bytes.
package write

import (
	"cmp"
	"fmt"
	"math"

	flatbuffers "github.com/google/flatbuffers/go"

	"github.com/inceptiond/inceptiond/infer/model"
)

// maxBytes bounds a file. A flatbuffer could have 2 GiB, but its builder needs twice that while it grows.
const maxBytes = 1 << 29

// Model is m as a file that TensorFlow Lite loads. An operator of version 0 gets the version that its types and options
// ask for. Tensors that share their Data share it in the file too; constants lie at multiples of 16 bytes. m.Size and
// m.SHA256 are not used.
//
// What [model.Parse] cannot tell of a file, this cannot write: a tensor or an operator that is Odd, and options that are
// [model.Unread], are errors that wrap [model.ErrUnsupported], as is a file of over 512 MiB. Beyond that it does not check m:
// parse the result to see whether it is sound.
func Model(m *model.Model) ([]byte, error) { return ModelWithMetadata(m, nil) }

// ModelWithMetadata is Model of a file that holds metadata, such as [Metadata.Bytes] gives, as its TFLITE_METADATA; nil: none.
func ModelWithMetadata(m *model.Model, metadata []byte) ([]byte, error) {
	size := estimate(m) + int64(len(metadata))
	if size > maxBytes {
		return nil, fmt.Errorf("model: a file of some %d MiB is too large to write (the most is %d): %w", size>>20, maxBytes>>20, model.ErrUnsupported)
	}
	w := writer{m: m, metadata: metadata, b: flatbuffers.NewBuilder(int(size))}
	file, err := w.model()
	if err != nil {
		return nil, fmt.Errorf("model: cannot write %w", err)
	}
	return file, nil
}

// estimate is at least as many bytes as the file of m has, so that the builder need not grow by copying.
func estimate(m *model.Model) int64 {
	const table = 256 // more than any table of fields
	n := int64(16*table + len(m.Description) + 4*len(m.Inputs) + 4*len(m.Outputs))
	constants := map[constant]bool{}
	for i := range m.Tensors {
		t := &m.Tensors[i]
		n += int64(table+len(t.Name)+4*len(t.Shape)) + sparsitySize(t.Sparse)
		if c := constantOf(t); !constants[c] {
			constants[c] = true
			n += int64(len(t.Data))
		}
		if t.Quant != nil {
			n += int64(4*len(t.Quant.Scale) + 8*len(t.Quant.ZeroPoint))
		}
	}
	for i := range m.Operators {
		o := &m.Operators[i]
		n += int64(2*table + len(o.Custom) + 4*len(o.Inputs) + 4*len(o.Outputs))
		switch options := o.Options.(type) {
		case []byte:
			n += int64(len(options))
		case model.Reshape:
			n += int64(4 * len(options.NewShape))
		case model.Squeeze:
			n += int64(4 * len(options.Axes))
		}
	}
	return n
}

// writer builds one file. A flatbuffer is written from its end to its start: what is referred to comes first.
type writer struct {
	m   *model.Model
	b   *flatbuffers.Builder
	err error // the first number that does not fit

	metadata []byte // of TFLITE_METADATA; nil: there is none

	codes    []flatbuffers.UOffsetT
	codeOf   map[code]int // index in codes
	buffers  []flatbuffers.UOffsetT
	bufferOf map[constant]int // index in buffers
}

// code is the content of an OperatorCode.
type code struct {
	op      model.Op
	custom  string
	version int
}

// constant tells which bytes a tensor holds.
type constant struct {
	first *byte
	n     int
}

func constantOf(t *model.Tensor) constant {
	if len(t.Data) == 0 {
		return constant{}
	}
	return constant{&t.Data[0], len(t.Data)}
}

func (w *writer) model() ([]byte, error) {
	w.codeOf, w.bufferOf = map[code]int{}, map[constant]int{}
	w.buffers = []flatbuffers.UOffsetT{w.table(3)} // buffer 0 means "no constant"
	tensors, err := w.tensors()
	if err != nil {
		return nil, err
	}
	operators, err := w.operators()
	if err != nil {
		return nil, err
	}
	about := w.about()
	graph := w.table(5,
		offset(0, w.b.CreateVectorOfTables(tensors)),
		offset(1, w.ints(w.m.Inputs)),
		offset(2, w.ints(w.m.Outputs)),
		offset(3, w.b.CreateVectorOfTables(operators)),
		offset(4, w.b.CreateString("main")))
	root := w.table(7,
		w.int32s(0, 3), // the schema's version
		offset(1, w.b.CreateVectorOfTables(w.codes)),
		offset(2, w.b.CreateVectorOfTables([]flatbuffers.UOffsetT{graph})),
		offset(3, w.b.CreateString(w.m.Description)),
		offset(4, w.b.CreateVectorOfTables(w.buffers)),
		offset(6, about))
	if w.err != nil {
		return nil, w.err
	}
	w.b.FinishWithFileIdentifier(root, []byte("TFL3"))
	return w.b.FinishedBytes(), nil
}

func (w *writer) tensors() ([]flatbuffers.UOffsetT, error) {
	list := make([]flatbuffers.UOffsetT, len(w.m.Tensors))
	for i := range list {
		t := &w.m.Tensors[i]
		if t.Odd != "" && t.Sparse == nil && !t.Variable {
			return nil, fmt.Errorf("tensor %d %.80q: %s: %w", i, t.Name, t.Odd, model.ErrUnsupported)
		}
		if list[i] = w.tensor(t); w.err != nil {
			return nil, fmt.Errorf("tensor %d %.80q: %w", i, t.Name, w.err)
		}
	}
	return list, nil
}

func (w *writer) tensor(t *model.Tensor) flatbuffers.UOffsetT {
	buffer := 0
	if t.Data != nil {
		buffer = w.buffer(t)
	}
	return w.table(9,
		offset(0, w.ints(t.Shape)),
		uint8s(1, uint8(t.Type)),
		w.int32s(2, buffer),
		offset(3, w.b.CreateString(t.Name)),
		offset(4, w.quant(t.Quant)),
		bools(5, t.Variable),
		offset(6, w.sparsity(t.Sparse)),
		bools(8, true)) // has_rank
}

// buffer is the index of the buffer with the constant of t.
func (w *writer) buffer(t *model.Tensor) int {
	c := constantOf(t)
	index, ok := w.bufferOf[c]
	if !ok {
		index = len(w.buffers)
		w.bufferOf[c] = index
		w.b.Prep(16, len(t.Data)) // force_align: 16 in the schema
		w.buffers = append(w.buffers, w.table(3, offset(0, w.b.CreateByteVector(t.Data))))
	}
	return index
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
	return w.table(7, offset(2, w.floats(q.Scale)), offset(3, zero), w.int32s(6, q.Axis))
}

// sparsity is how a tensor is stored that is so sparsely; nil: it is not.
func (w *writer) sparsity(s *model.Sparsity) flatbuffers.UOffsetT {
	if s == nil {
		return 0
	}
	const int32Vector = 1 // of the schema's SparseIndexVector
	var levels []flatbuffers.UOffsetT
	for _, l := range s.Levels {
		fields := []field{w.int32s(1, l.Size)}
		if l.Sparse {
			segments, indices := w.table(1, offset(0, w.ints(l.Segments))), w.table(1, offset(0, w.ints(l.Indices)))
			fields = []field{uint8s(0, 1), uint8s(2, int32Vector), offset(3, segments), uint8s(4, int32Vector), offset(5, indices)}
		}
		levels = append(levels, w.table(6, fields...))
	}
	order, blocks := w.ints(s.Order), w.ints(s.Blocks)
	return w.table(3, offset(0, order), offset(1, blocks), offset(2, w.b.CreateVectorOfTables(levels)))
}

// sparsitySize is about as many bytes as sparsity writes, or more.
func sparsitySize(s *model.Sparsity) (n int64) {
	if s == nil {
		return 0
	}
	const table = 128
	for _, l := range s.Levels {
		n += int64(table + 4*len(l.Segments) + 4*len(l.Indices))
	}
	return n + table
}

func (w *writer) operators() ([]flatbuffers.UOffsetT, error) {
	list := make([]flatbuffers.UOffsetT, len(w.m.Operators))
	for i := range list {
		o := &w.m.Operators[i]
		var err error
		if list[i], err = w.operator(o); err != nil {
			return nil, fmt.Errorf("operator %d %.80q: %w", i, o.Name(), err)
		}
	}
	return list, nil
}

func (w *writer) operator(o *model.Operator) (flatbuffers.UOffsetT, error) {
	if o.Odd != "" {
		return 0, fmt.Errorf("%s: %w", o.Odd, model.ErrUnsupported)
	}
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
	var intermediates flatbuffers.UOffsetT
	if len(o.Intermediates) > 0 {
		intermediates = w.ints(o.Intermediates)
	}
	table := w.table(9,
		w.int32s(0, index),
		offset(1, w.ints(o.Inputs)),
		offset(2, w.ints(o.Outputs)),
		uint8s(3, union),
		offset(4, options),
		offset(5, w.customOptions(o)),
		offset(8, intermediates))
	return table, w.err
}

func (w *writer) customOptions(o *model.Operator) flatbuffers.UOffsetT {
	data, ok := o.Options.([]byte)
	if !ok {
		return 0
	}
	w.b.Prep(16, len(data)) // as TensorFlow Lite's own writer has them
	return w.b.CreateByteVector(data)
}

func (w *writer) code(c code) flatbuffers.UOffsetT {
	var custom flatbuffers.UOffsetT
	if c.custom != "" {
		custom = w.b.CreateString(c.custom)
	}
	// Readers from before 2020 know only the first field, a byte; 127 there sends newer ones to the last.
	version := int32(w.fit(c.version))
	return w.table(4,
		uint8s(0, uint8(min(c.op, math.MaxInt8))),
		offset(1, custom),
		func(b *flatbuffers.Builder) { b.PrependInt32Slot(2, version, 1) },
		w.int32s(3, int(c.op)))
}
