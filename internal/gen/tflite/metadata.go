package tflite

import (
	"archive/zip"
	"bytes"

	flatbuffers "github.com/google/flatbuffers/go"

	"github.com/inceptiond/inceptiond/infer/model"
)

// WriteWithMetadata is Write of a file that holds metadata, such as Metadata.Bytes gives, as its TFLITE_METADATA.
func WriteWithMetadata(m *model.Model, metadata []byte) ([]byte, error) {
	w := writer{m: m, metadata: metadata, b: flatbuffers.NewBuilder(sizeHint(m))}
	return w.model()
}

// about writes the list of the schema's Metadata; 0 without any.
func (w *writer) about() flatbuffers.UOffsetT {
	if w.metadata == nil {
		return 0
	}
	index := len(w.buffers)
	w.buffers = append(w.buffers, w.table(3, offset(0, w.b.CreateByteVector(w.metadata))))
	return w.b.CreateVectorOfTables([]flatbuffers.UOffsetT{
		w.table(2, offset(0, w.b.CreateString("min_runtime_version")), int32s(1, 0)),
		w.table(2, offset(0, w.b.CreateString("TFLITE_METADATA")), int32s(1, index)),
	})
}

// Metadata is what a metadata flatbuffer shall say of a model with one input and one output; the schema is
// tensorflow_lite_support/metadata/metadata_schema.fbs.
type Metadata struct {
	Name, Description, Version, Author, License string

	Mean, Std  []float32 // of the input; both nil: nothing is said
	Threshold  float32   // of the output; 0: nothing is said
	Calibrated bool

	Files      []AssociatedFile // of the output
	GraphFiles []AssociatedFile
	ModelFiles []AssociatedFile
}

// AssociatedFile names a file behind the model.
type AssociatedFile struct {
	Name   string
	Type   uint8 // of AssociatedFileType: 2 labels of an axis, 3 labels of values
	Locale string
}

// Bytes is the flatbuffer.
func (d *Metadata) Bytes() []byte {
	w := writer{b: flatbuffers.NewBuilder(1024)}
	var inputUnits, outputUnits []flatbuffers.UOffsetT
	if d.Mean != nil || d.Std != nil {
		o := w.table(2, offset(0, w.floats(d.Mean)), offset(1, w.floats(d.Std)))
		inputUnits = append(inputUnits, w.table(2, uint8s(0, 1), offset(1, o)))
	}
	if d.Calibrated {
		outputUnits = append(outputUnits, w.table(2, uint8s(0, 2), offset(1, w.table(2))))
	}
	if d.Threshold != 0 {
		outputUnits = append(outputUnits, w.table(2, uint8s(0, 3), offset(1, w.table(1, float32s(0, d.Threshold)))))
	}
	tensor := func(units []flatbuffers.UOffsetT, files []AssociatedFile) flatbuffers.UOffsetT {
		return w.b.CreateVectorOfTables([]flatbuffers.UOffsetT{
			w.table(7, offset(4, w.b.CreateVectorOfTables(units)), offset(6, w.files(files))),
		})
	}
	input, output := tensor(inputUnits, nil), tensor(outputUnits, d.Files)
	graph := w.table(5, offset(2, input), offset(3, output), offset(4, w.files(d.GraphFiles)))
	root := w.table(8,
		offset(0, w.b.CreateString(d.Name)), offset(1, w.b.CreateString(d.Description)), offset(2, w.b.CreateString(d.Version)),
		offset(3, w.b.CreateVectorOfTables([]flatbuffers.UOffsetT{graph})),
		offset(4, w.b.CreateString(d.Author)), offset(5, w.b.CreateString(d.License)), offset(6, w.files(d.ModelFiles)))
	w.b.FinishWithFileIdentifier(root, []byte("M001"))
	return w.b.FinishedBytes()
}

func (w *writer) files(files []AssociatedFile) flatbuffers.UOffsetT {
	var list []flatbuffers.UOffsetT
	for _, f := range files {
		list = append(list, w.table(5, offset(0, w.b.CreateString(f.Name)), uint8s(2, f.Type), offset(3, w.b.CreateString(f.Locale))))
	}
	return w.b.CreateVectorOfTables(list)
}

func (w *writer) floats(values []float32) flatbuffers.UOffsetT {
	w.b.StartVector(4, len(values), 4)
	for i := len(values) - 1; i >= 0; i-- {
		w.b.PrependFloat32(values[i])
	}
	return w.b.EndVector(len(values))
}

// Zip is an archive of files, pairs of a name and a text, packed and stored by turns.
func Zip(files ...string) []byte {
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for i := 0; i+1 < len(files); i += 2 {
		f, err := w.CreateHeader(&zip.FileHeader{Name: files[i], Method: []uint16{zip.Deflate, zip.Store}[i/2%2]})
		if err == nil {
			_, err = f.Write([]byte(files[i+1]))
		}
		if err != nil {
			panic("tflite: zip: " + err.Error()) // a buffer takes all
		}
	}
	if err := w.Close(); err != nil {
		panic("tflite: zip: " + err.Error())
	}
	return buf.Bytes()
}
