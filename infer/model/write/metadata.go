package write

import (
	"fmt"

	flatbuffers "github.com/google/flatbuffers/go"

	"github.com/inceptiond/inceptiond/infer/model"
)

// about writes the list of the schema's Metadata; 0 without any.
func (w *writer) about() flatbuffers.UOffsetT {
	if w.metadata == nil {
		return 0
	}
	index := len(w.buffers)
	w.b.Prep(16, len(w.metadata))
	w.buffers = append(w.buffers, w.table(3, offset(0, w.b.CreateByteVector(w.metadata))))
	return w.b.CreateVectorOfTables([]flatbuffers.UOffsetT{
		w.table(2, offset(0, w.b.CreateString("min_runtime_version")), w.int32s(1, 0)),
		w.table(2, offset(0, w.b.CreateString("TFLITE_METADATA")), w.int32s(1, index)),
	})
}

// Metadata is what the metadata of a model with one input says, for those who use the file; [model.ReadMetadata] reads it.
// The zero value says nothing.
type Metadata struct {
	Name, Description, Version, Author, License string

	Mean, Std []float32 // of the input: real = (byte - Mean) / Std; both nil: nothing is said

	Outputs []Output // in the order of the model's; nil: one, of which nothing is said

	// The rest is about the first output.
	Threshold  float32 // below which scores are to be left out; 0: nothing is said
	Calibrated bool    // scores are to be corrected by a table among Files
	Files      []AssociatedFile

	GraphFiles []AssociatedFile
	ModelFiles []AssociatedFile
}

// Output says what an output is.
type Output struct{ Name, Description string }

// AssociatedFile names a file in the archive behind the model: see [Append].
type AssociatedFile struct {
	Name   string
	Type   FileType
	Locale string // "en", "de-CH"; empty: any
}

// FileType says what an associated file is, numbered as AssociatedFileType in the schema.
type FileType uint8

// Those that have labels.
const (
	AxisLabels  FileType = 2 // a label for each index along an axis of a tensor
	ValueLabels FileType = 3 // a label for each value that a tensor may have
)

// Bytes is the flatbuffer. The error is about more than 1 MiB of text.
func (d *Metadata) Bytes() ([]byte, error) {
	const most = 1 << 20
	size := d.size()
	if size > most {
		return nil, fmt.Errorf("model: metadata of %d bytes (the most is %d): %w", size, most, model.ErrUnsupported)
	}
	w := writer{b: flatbuffers.NewBuilder(1024)}
	graph := w.table(5,
		offset(2, w.b.CreateVectorOfTables([]flatbuffers.UOffsetT{w.input(d)})),
		offset(3, w.outputs(d)),
		offset(4, w.files(d.GraphFiles)))
	root := w.table(8,
		offset(0, w.b.CreateString(d.Name)), offset(1, w.b.CreateString(d.Description)), offset(2, w.b.CreateString(d.Version)),
		offset(3, w.b.CreateVectorOfTables([]flatbuffers.UOffsetT{graph})),
		offset(4, w.b.CreateString(d.Author)), offset(5, w.b.CreateString(d.License)), offset(6, w.files(d.ModelFiles)))
	w.b.FinishWithFileIdentifier(root, []byte("M001"))
	return w.b.FinishedBytes(), nil
}

// size is about how many bytes the texts and lists of d have.
func (d *Metadata) size() int64 {
	const each = 64 // of a table
	n := int64(len(d.Name) + len(d.Description) + len(d.Version) + len(d.Author) + len(d.License) + 4*len(d.Mean) + 4*len(d.Std))
	for _, o := range d.Outputs {
		n += int64(each + len(o.Name) + len(o.Description))
	}
	for _, list := range [][]AssociatedFile{d.Files, d.GraphFiles, d.ModelFiles} {
		for _, f := range list {
			n += int64(each + len(f.Name) + len(f.Locale))
		}
	}
	return n
}

// input is the TensorMetadata of the input.
func (w *writer) input(d *Metadata) flatbuffers.UOffsetT {
	var units []flatbuffers.UOffsetT
	if d.Mean != nil || d.Std != nil {
		o := w.table(2, offset(0, w.floats(d.Mean)), offset(1, w.floats(d.Std)))
		units = append(units, w.table(2, uint8s(0, 1), offset(1, o)))
	}
	return w.table(7, offset(4, w.b.CreateVectorOfTables(units)))
}

// outputs is the list of TensorMetadata of the outputs.
func (w *writer) outputs(d *Metadata) flatbuffers.UOffsetT {
	outputs := d.Outputs
	if len(outputs) == 0 {
		outputs = []Output{{}}
	}
	var list []flatbuffers.UOffsetT
	for i, o := range outputs {
		var units, files flatbuffers.UOffsetT
		if i == 0 {
			units, files = w.outputUnits(d), w.files(d.Files)
		}
		list = append(list, w.table(7, offset(0, w.b.CreateString(o.Name)), offset(1, w.b.CreateString(o.Description)),
			offset(4, units), offset(6, files)))
	}
	return w.b.CreateVectorOfTables(list)
}

func (w *writer) outputUnits(d *Metadata) flatbuffers.UOffsetT {
	var units []flatbuffers.UOffsetT
	if d.Calibrated {
		units = append(units, w.table(2, uint8s(0, 2), offset(1, w.table(2))))
	}
	if d.Threshold != 0 {
		units = append(units, w.table(2, uint8s(0, 3), offset(1, w.table(1, float32s(0, d.Threshold)))))
	}
	return w.b.CreateVectorOfTables(units)
}

func (w *writer) files(files []AssociatedFile) flatbuffers.UOffsetT {
	var list []flatbuffers.UOffsetT
	for _, f := range files {
		list = append(list, w.table(5, offset(0, w.b.CreateString(f.Name)), uint8s(2, uint8(f.Type)), offset(3, w.b.CreateString(f.Locale))))
	}
	return w.b.CreateVectorOfTables(list)
}
