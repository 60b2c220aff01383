package model

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode"
)

// Metadata is what rides in a model file for those who use it. The zero value says nothing.
//
// It comes from two places: the flatbuffer TFLITE_METADATA among the model's buffers, whose schema is
// tensorflow_lite_support/metadata/metadata_schema.fbs, and a zip archive behind the model, as AutoML, Model Maker,
// TensorFlow Hub and Coral append it. Texts have no control characters and at most 1000 characters.
type Metadata struct {
	Name, Description, Version, Author, License string

	// Mean and Std are those of the first input: real = (byte - Mean) / Std. They hold one number for all channels or
	// one for each, and are finite, Std above 0; both are nil if nothing is said.
	Mean, Std []float32

	// Threshold is below which the author would have a score of the first output left out; 0: nothing is said.
	Threshold float32
	// Calibrated says that scores are to be corrected class by class, by a table that Files holds.
	Calibrated bool

	// Labels is the label file of the first output as it is, and LabelFile its name; nil and empty if there is none.
	Labels    []byte
	LabelFile string

	// Files are the names in the archive, in its order. They come from the file: they are for showing only.
	Files []string
}

// ReadMetadata reads what rides in data, the bytes of a .tflite file. What is damaged is left out, and the error,
// which may come with a Metadata that holds the rest, says all of it; a file without any metadata is no error. Work
// and memory are bounded: at most 4 MiB are unpacked. Nothing of data is kept.
func ReadMetadata(data []byte) (Metadata, error) {
	var m Metadata
	files, err := m.readTables(data)
	return m, errors.Join(err, m.readArchive(data, files))
}

// Empty tells whether m says nothing.
func (m *Metadata) Empty() bool {
	return m.Name == "" && m.Description == "" && m.Version == "" && m.Author == "" && m.License == "" &&
		m.Mean == nil && m.Threshold == 0 && !m.Calibrated && m.Labels == nil && len(m.Files) == 0
}

// The slots of the tables of metadata_schema.fbs, and of the schema's Model and Metadata.
const (
	modelMetadata = 6

	metadataName, metadataBuffer = 0, 1

	aboutName, aboutDescription, aboutVersion, aboutGraphs, aboutAuthor, aboutLicense, aboutFiles = 0, 1, 2, 3, 4, 5, 6

	aboutInputs, aboutOutputs, aboutGraphFiles = 2, 3, 4

	aboutUnits, aboutTensorFiles = 4, 6

	unitType, unitOptions = 0, 1

	normalizationMean, normalizationStd = 0, 1

	thresholdGlobal = 0

	fileName, fileType, fileLocale = 0, 2, 3
)

// The numbers of ProcessUnitOptions and AssociatedFileType that are read.
const (
	unitNormalization, unitCalibration, unitThreshold = 1, 2, 3

	filesOfAxis, filesOfValues = 2, 3
)

// maxListed is how many tables of a list are looked at: a model has one image and a handful of files.
const maxListed = 64

// labelFile is a label file that the metadata names.
type labelFile struct {
	name   string
	kind   uint8  // of AssociatedFileType
	locale string // "en", "de-CH"; empty: any
}

// readTables reads the flatbuffer, and returns the label files that it names.
func (m *Metadata) readTables(data []byte) ([]labelFile, error) {
	buffer, err := metadataOf(data)
	if err != nil || buffer == nil {
		return nil, err
	}
	if len(buffer) < 8 || string(buffer[4:8]) != "M001" {
		return nil, fmt.Errorf("its metadata is of a format that this does not read (want M001)")
	}
	f := newFlat(buffer)
	files, err := m.readAbout(f.table(f.follow(0)))
	if f.err != nil {
		err = fmt.Errorf("its metadata is damaged: %s", f.err.text)
	}
	return files, err
}

// metadataOf finds the bytes of the flatbuffer in those of the model; nil: there are none.
func metadataOf(data []byte) ([]byte, error) {
	if len(data) < 8 {
		return nil, nil
	}
	f := newFlat(data)
	root := f.table(f.follow(0))
	list := root.tables(modelMetadata)
	p := parser{flat: f, buffers: root.tables(modelBuffers)}
	for i := range min(list.n, maxListed) {
		t := list.at(i)
		if t.string(metadataName) != "TFLITE_METADATA" {
			continue
		}
		index := t.uint32(metadataBuffer)
		if f.err == nil && int64(index) >= int64(p.buffers.n) {
			return nil, fmt.Errorf("its metadata is in buffer %d of %d", index, p.buffers.n)
		}
		buffer, err := p.bufferBytes(p.buffers.at(int(index)))
		if err != nil {
			return nil, fmt.Errorf("its metadata is damaged: %s", err.text)
		}
		if f.err == nil {
			return buffer, nil
		}
	}
	if f.err != nil {
		return nil, fmt.Errorf("its metadata is damaged: %s", f.err.text)
	}
	return nil, nil
}

// readAbout reads ModelMetadata.
func (m *Metadata) readAbout(t table) ([]labelFile, error) {
	m.Name, m.Description, m.Version = clean(t.string(aboutName)), clean(t.string(aboutDescription)), clean(t.string(aboutVersion))
	m.Author, m.License = clean(t.string(aboutAuthor)), clean(t.string(aboutLicense))
	var files []labelFile
	var err error
	if graphs := t.tables(aboutGraphs); graphs.n > 0 {
		graph := graphs.at(0)
		if inputs := graph.tables(aboutInputs); inputs.n > 0 {
			err = m.readInput(inputs.at(0))
		}
		if outputs := graph.tables(aboutOutputs); outputs.n > 0 {
			files = m.readOutput(outputs.at(0))
		}
		files = append(files, labelFiles(graph.tables(aboutGraphFiles))...)
	}
	return append(files, labelFiles(t.tables(aboutFiles))...), err
}

// readInput takes the normalization of the first input.
func (m *Metadata) readInput(t table) error {
	units := t.tables(aboutUnits)
	for i := range min(units.n, maxListed) {
		if u := units.at(i); u.uint8(unitType) == unitNormalization {
			o := u.child(unitOptions)
			mean, std := o.float32s(normalizationMean), o.float32s(normalizationStd)
			if t.flat.err != nil {
				return nil // it is told
			}
			if !soundNormalization(mean, std) {
				return fmt.Errorf("the normalization in its metadata cannot be used: mean %v, std %v "+
					"(want finite numbers for one channel or three, std above 0)",
					mean[:min(4, len(mean))], std[:min(4, len(std))])
			}
			m.Mean, m.Std = mean, std
			return nil
		}
	}
	return nil
}

func soundNormalization(mean, std []float32) bool {
	for _, v := range [][]float32{mean, std} {
		if len(v) != 1 && len(v) != 3 || !finite(v...) {
			return false
		}
	}
	return !slices.ContainsFunc(std, func(s float32) bool { return s <= 0 })
}

// readOutput takes what is said of the scores of the first output, and returns its label files.
func (m *Metadata) readOutput(t table) []labelFile {
	units := t.tables(aboutUnits)
	for i := range min(units.n, maxListed) {
		switch u := units.at(i); u.uint8(unitType) {
		case unitCalibration:
			m.Calibrated = true
		case unitThreshold:
			if v := u.child(unitOptions).float32(thresholdGlobal); finite(v) && v > 0 {
				m.Threshold = v
			}
		}
	}
	return labelFiles(t.tables(aboutTensorFiles))
}

// labelFiles lists those of a list of AssociatedFile that hold labels.
func labelFiles(list tables) []labelFile {
	var files []labelFile
	for i := range min(list.n, maxListed) {
		t := list.at(i)
		f := labelFile{name: t.string(fileName), kind: t.uint8(fileType), locale: t.string(fileLocale)}
		if f.name != "" && (f.kind == filesOfAxis || f.kind == filesOfValues) {
			files = append(files, f)
		}
	}
	return files
}

// bestLabels is the name of the label file to take of those that the metadata names: of an axis before those of values,
// without a locale or in English before others, the first of equal ones; empty if there is none.
func bestLabels(files []labelFile) string {
	rank := func(f labelFile) int {
		r := 0
		if f.kind != filesOfAxis {
			r += 2
		}
		switch language, _, _ := strings.Cut(strings.ReplaceAll(strings.ToLower(f.locale), "_", "-"), "-"); language {
		case "", "en":
		default:
			r++
		}
		return r
	}
	if len(files) == 0 {
		return ""
	}
	return slices.MinFunc(files, func(a, b labelFile) int { return rank(a) - rank(b) }).name
}

// clean makes text of a file fit to be shown.
func clean(s string) string {
	const most = 1000 // characters
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, " "))
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most]) + "…"
	}
	return strings.TrimSpace(s)
}

// guessLabels is the name of the label file among the files of an archive, by what it is called: one of the usual
// names, else the only text file that is no README or licence, else the only one of these with "label" in its name;
// empty if none is.
func guessLabels(names []string) string {
	var texts, labels []string
	for _, usual := range []string{"labels.txt", "labelmap.txt", "label_map.txt", "label.txt", "dict.txt", "classes.txt"} {
		for _, n := range names {
			if strings.EqualFold(path.Base(n), usual) {
				return n
			}
		}
	}
	for _, n := range names {
		base := strings.ToLower(path.Base(n))
		other := func(start string) bool { return strings.HasPrefix(base, start) }
		if !strings.HasSuffix(base, ".txt") || slices.ContainsFunc([]string{"readme", "license", "licence", "notice", "vocab"}, other) {
			continue
		}
		texts = append(texts, n)
		if strings.Contains(base, "label") {
			labels = append(labels, n)
		}
	}
	switch {
	case len(texts) == 1:
		return texts[0]
	case len(labels) == 1:
		return labels[0]
	}
	return ""
}
