package engines

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/testing/colours"
)

// save writes a model with metadata, and with whatever comes behind it.
func save(t *testing.T, m *model.Model, about *write.Metadata, behind []byte) string {
	t.Helper()
	var buffer []byte
	if about != nil {
		var err error
		if buffer, err = about.Bytes(); err != nil {
			t.Fatal(err)
		}
	}
	data, err := write.ModelWithMetadata(m, buffer)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "model.tflite")
	if err := os.WriteFile(path, append(data, behind...), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// zipped is an archive with a label file.
func zipped(t *testing.T, labels string) []byte {
	t.Helper()
	archive, err := write.Append(nil, write.File{Name: "labels.txt", Data: []byte(labels)})
	if err != nil {
		t.Fatal(err)
	}
	return archive
}

// load loads a model, and returns what it logs, a line each.
func load(t *testing.T, o Options) (*Model, []string) {
	t.Helper()
	core, logs := observer.New(zap.InfoLevel)
	o.Engine = CPU
	m, err := Load(t.Context(), "m", o, zap.New(core))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	var lines []string
	for _, e := range logs.All() {
		lines = append(lines, e.Level.String()+" "+e.Message)
	}
	return m, lines
}

// said tells whether one of the lines, and only that one, holds text; an empty text is in none.
func said(lines []string, text string) bool {
	n := 0
	for _, l := range lines {
		if text != "" && strings.Contains(l, text) {
			n++
		}
	}
	return n == min(1, len(text))
}

func TestLabelsInside(t *testing.T) {
	own := filepath.Join(t.TempDir(), "own.txt")
	if err := os.WriteFile(own, []byte("x\ny\nz\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	three := infer.Labels{"red", "green", "blue"}
	for _, c := range []struct {
		name, text string
		options    Options
		want       infer.Labels
		says       string
	}{
		{"as many as classes", "red\ngreen\nblue\n", Options{}, three, "info 3 labels from labels.txt inside the model"},
		{"from Windows", "\ufeffred\r\ngreen\r\nblue\r\n\r\n", Options{}, three, "info 3 labels"},
		{"numbered, as Teachable Machine does", "0 red\n1 green\n2 blue", Options{}, three, "info 3 labels"},
		{"numbered with colons", "0:red\n1:green\n2:blue", Options{}, three, "info 3 labels"},
		{"without the background", "green\nblue\n", Options{Background: true}, infer.Labels{"background", "green", "blue"}, "info 3 labels"},
		{"one too few", "green\nblue\n", Options{}, nil, "warn the labels inside the model (labels.txt) cannot be used, so its classes have numbers only: 2 labels, but the model has 3 outputs: if its output 0 is a background"},
		{"one too many", "none\nred\ngreen\nblue\n", Options{}, nil, "warn the labels inside the model (labels.txt) cannot be used, so its classes have numbers only: 4 labels"},
		{"of another model", strings.Repeat("bird\n", 900), Options{}, nil, "900 labels, but the model has 3 outputs: use the label file that belongs to the model"},
		{"no text", "\x00\x01\x02", Options{}, nil, "control character"},
		{"empty", "\n", Options{}, nil, "no label"},
		{"others win", "red\ngreen\nblue\n", Options{Labels: own}, infer.Labels{"x", "y", "z"}, ""},
		{"others win over damaged ones", "\x00", Options{Labels: own}, infer.Labels{"x", "y", "z"}, ""},
	} {
		c.options.File = save(t, colours.Float(colours.Options{Ends: model.OpSoftmax}), nil, zipped(t, c.text))
		c.options.Mean, c.options.Std = []float32{0}, []float32{1}
		m, lines := load(t, c.options)
		if !slices.Equal(m.Labels, c.want) || !said(lines, c.says) || c.says == "" && len(lines) > 0 {
			t.Errorf("%s: %q, log %q", c.name, m.Labels, lines)
		}
	}
}

func TestRangeInside(t *testing.T) {
	normal := func(mean, std []float32) *write.Metadata { return &write.Metadata{Mean: mean, Std: std} }
	one, three := []float32{0}, []float32{1, 2, 3}
	for _, c := range []struct {
		name      string
		about     *write.Metadata
		options   Options
		mean, std []float32
		from      Origin
		says      string
	}{
		{"nobody says", nil, Options{}, nil, nil, Assumed, "info float input, and no mean and std"},
		{"metadata", normal(one, three), Options{}, one, three, FromMetadata, "info pictures become (pixel - mean) / std, with mean [0] and std [1 2 3]"},
		{"options", nil, Options{Mean: three, Std: one}, three, one, FromOptions, ""},
		{"options win", normal(one, three), Options{Mean: three, Std: one}, three, one, FromOptions, "info mean [1 2 3] and std [0] are used, not those"},
		{"options say the same", normal(one, three), Options{Mean: one, Std: three}, one, three, FromOptions, ""},
		{"damaged", normal([]float32{1, 2}, one), Options{}, nil, nil, Assumed, "warn the normalization in its metadata cannot be used"},
	} {
		c.options.File = save(t, colours.Float(colours.Options{Ends: model.OpSoftmax}), c.about, nil)
		m, lines := load(t, c.options)
		if !slices.Equal(m.Mean, c.mean) || !slices.Equal(m.Std, c.std) || m.RangeFrom != c.from || !said(lines, c.says) || c.says == "" && len(lines) > 0 {
			t.Errorf("%s: %v, %v from %q, log %q", c.name, m.Mean, m.Std, m.RangeFrom, lines)
		}
	}
}

// A quantized input takes the bytes as they are, whatever the metadata says of the float model behind it.
func TestRangeOfQuantizedInput(t *testing.T) {
	f := &File{Metadata: model.Metadata{Mean: []float32{1}, Std: []float32{2}}}
	for typ, want := range map[infer.DType]Origin{infer.Uint8: FromType, infer.Int8: FromType, infer.Float32: FromMetadata} {
		var m Meaning
		m.findRange(f, Options{}, infer.TensorSpec{Shape: []int{1, 8, 8, 3}, Type: typ})
		if m.RangeFrom != want || (m.Mean == nil) != (want == FromType) {
			t.Errorf("%v: %+v", typ, m)
		}
	}
	var m Meaning // three channels for a grey input
	f.Metadata.Mean = []float32{1, 2, 3}
	m.findRange(f, Options{}, infer.TensorSpec{Shape: []int{1, 8, 8, 1}, Type: infer.Float32})
	if m.RangeFrom != Assumed || m.Mean != nil || !m.Notes[0].Warning {
		t.Errorf("three channels for one: %+v", m)
	}
}

func TestScoresOfModels(t *testing.T) {
	for _, c := range []struct {
		name string
		ends model.Op
		want task.Scores
		got  task.Scores
		says string
	}{
		{"softmax", model.OpSoftmax, "", task.Raw, ""},
		{"logistic", model.OpLogistic, task.Auto, task.Raw, ""},
		{"logits", 0, task.Auto, task.Softmax, "info the model ends in FULLY_CONNECTED, not in SOFTMAX or LOGISTIC: its numbers become probabilities by a softmax"},
		{"logits, by wish", 0, task.Sigmoid, task.Sigmoid, ""},
		{"logits, raw", 0, task.Raw, task.Raw, "info scores: raw: its numbers are no probabilities"},
		{"probabilities, raw", model.OpSoftmax, task.Raw, task.Raw, ""},
		{"twice", model.OpSoftmax, task.Softmax, task.Softmax, "warn scores: softmax is asked for, but"},
	} {
		file := save(t, colours.Float(colours.Options{Ends: c.ends}), nil, zipped(t, "r\ng\nb"))
		m, lines := load(t, Options{File: file, Scores: c.want, Mean: []float32{0}, Std: []float32{1}})
		lines = slices.DeleteFunc(lines, func(l string) bool { return strings.Contains(l, "3 labels from") })
		if m.Reading.Scores != c.got || !said(lines, c.says) || c.says == "" && len(lines) > 0 {
			t.Errorf("%s: %+v, log %q", c.name, m.Reading, lines)
		}
	}
	// Without labels there is a word about features.
	_, lines := load(t, Options{File: save(t, colours.Float(colours.Options{}), nil, nil)})
	if !said(lines, "its 3 numbers are no classes") {
		t.Errorf("log %q", lines)
	}
}

// A model with damaged metadata runs, with a word; one that is no classifier does not.
func TestDamagedMetadataRuns(t *testing.T) {
	archive := zipped(t, "r\ng\nb")
	file := save(t, colours.Float(colours.Options{Ends: model.OpSoftmax}), &write.Metadata{Mean: []float32{1}}, archive[:len(archive)-20])
	m, lines := load(t, Options{File: file})
	if m.Labels != nil || !said(lines, "warn the archive behind it is damaged: its end is missing") || !said(lines, "warn the normalization in its metadata") {
		t.Errorf("labels %q, log %q", m.Labels, lines)
	}
	embedding := colours.Float(colours.Options{Ends: model.OpL2Normalization})
	embedding.Operators[3].Options = model.L2Norm{}
	_, err := Load(t.Context(), "m", Options{Engine: CPU, File: save(t, embedding, nil, nil)}, zap.NewNop())
	if !errors.Is(err, model.ErrUnsupported) || !strings.Contains(fmt.Sprint(err), "features") {
		t.Errorf("an embedding: %v", err)
	}
}
