package engines

import (
	"fmt"
	"strings"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/task"
)

// Meaning is what a model's numbers mean: what the options say, and where they say nothing, what the file does.
type Meaning struct {
	Labels     infer.Labels // by output; nil: classes have numbers only
	LabelsFrom string       // for people: "labels.txt inside the model"; empty: there are none

	Mean, Std []float32 // of preprocess.Options, for a float input; empty: the usual, -1 to 1 for a float input
	RangeFrom Origin    // of Mean and Std

	Reading task.Reading // how the outputs are read
	Notes   []Note       // what a user may want to know of all this
}

// Origin says who said what pictures become.
type Origin string

// Who may have said it.
const (
	Assumed      Origin = ""             // nobody: the input is float, and the usual range is assumed
	FromOptions  Origin = "options"      // the options
	FromMetadata Origin = "metadata"     // the file's metadata
	FromType     Origin = "quantization" // nobody needs to: the input is quantized
)

// Note is a sentence about a model, for people.
type Note struct {
	About   string // AboutLabels, AboutInput, AboutScores, AboutMetadata or AboutPeople
	Text    string
	Warning bool // something is wrong; else it is good to know
}

// What a Note may be about.
const (
	AboutLabels   = "labels"
	AboutInput    = "input"
	AboutScores   = "scores"
	AboutMetadata = "metadata"
	AboutPeople   = "people"
)

func (m *Meaning) note(about, format string, args ...any) {
	m.Notes = append(m.Notes, Note{About: about, Text: fmt.Sprintf(format, args...)})
}

func (m *Meaning) warn(about, format string, args ...any) {
	m.Notes = append(m.Notes, Note{about, fmt.Sprintf(format, args...), true})
}

// log tells the notes.
func (m *Meaning) log(log *zap.Logger) {
	for _, n := range m.Notes {
		if n.Warning {
			log.Warn(n.Text)
			continue
		}
		log.Info(n.Text)
	}
}

// Meaning finds what the numbers of a model with such an input and such outputs mean. Its errors are about labels
// that o names and that do not fit, and about outputs that fit no task: these wrap model.ErrUnsupported. What is
// wrong inside the file is no error: a note says so, and the model runs without it.
func (f *File) Meaning(o Options, input infer.TensorSpec, outputs []infer.TensorSpec) (Meaning, error) {
	var m Meaning
	if f.Damage != nil {
		for _, line := range strings.Split(f.Damage.Error(), "\n") {
			m.warn(AboutMetadata, "%s: it runs without that", line)
		}
	}
	if o.Task == string(task.Unread) {
		m.Reading.Kind = task.Unread
		m.findRange(f, o, input)
		return m, nil
	}
	kind, err := task.ParseKind(o.Task)
	if err != nil {
		return m, err
	}
	labels, err := m.readLabels(f, o)
	if err != nil {
		return m, err
	}
	want := task.Want{Kind: kind, Scores: o.Scores, Decoder: o.Decoder, Anchors: o.Anchors, Labels: len(labels.names), Background: o.Background}
	if m.Reading, err = task.Find(f.Parsed, outputs, want); err != nil {
		return m, err
	}
	if err := m.takeLabels(labels, o.Background); err != nil {
		return m, err
	}
	m.findRange(f, o, input)
	m.noteScores(o)
	if m.Reading.Kind == task.Embed && o.People == "" {
		m.note(AboutPeople, "it gives embeddings, and is to recognize nobody: results say who it is once the model has people, and what it says of a frame with publish_embedding alone")
	}
	return m, nil
}

// Alone is Meaning with what o says of labels and outputs, for a file that no engine has opened.
func (f *File) Alone(o Options) (Meaning, error) {
	o.File = f.Path
	if f.Path == Demo && o.Labels == "" {
		o.Labels = Demo
	}
	_, m, err := f.unopened(o)
	return m, err
}

// Description is what can be told of a model that no engine has opened.
type Description struct {
	SHA256 string // of the file, in hexadecimal
	Input  infer.TensorSpec
	Meaning
}

// Describe reads the file of a model, and opens no engine. It blocks as long as that takes. The error is about the file.
func Describe(o Options) (d Description, err error) {
	if o, err = o.fixed(); err != nil {
		return d, err
	}
	err = Read(o.File, o.Memory, func(f File) error {
		d.SHA256 = f.Parsed.SHA256
		d.Input, d.Meaning, err = f.unopened(o)
		return err
	})
	return d, err
}

// unopened is the input and the meaning of a model that no engine has opened.
func (f *File) unopened(o Options) (input infer.TensorSpec, m Meaning, err error) {
	specs := func(indices []int) (list []infer.TensorSpec) {
		for _, i := range indices {
			list = append(list, specOf(&f.Parsed.Tensors[i]))
		}
		return list
	}
	inputs := specs(f.Parsed.Inputs)
	if len(inputs) == 0 {
		return input, m, fmt.Errorf("the model has no input: %w", model.ErrUnsupported)
	}
	m, err = f.Meaning(o, inputs[0], specs(f.Parsed.Outputs))
	return inputs[0], m, err
}

// specOf is t as an engine describes it; of a type that no engine gives, it has none.
func specOf(t *model.Tensor) infer.TensorSpec {
	types := map[model.Type]infer.DType{model.Uint8: infer.Uint8, model.Int8: infer.Int8, model.Float32: infer.Float32, model.Bool: infer.Bool,
		model.Int16: infer.Int16, model.Int32: infer.Int32, model.Int64: infer.Int64, model.Float64: infer.Float64}
	s := infer.TensorSpec{Name: t.Name, Shape: t.Shape, Type: types[t.Type]}
	if t.Quant != nil && len(t.Quant.Scale) == 1 {
		s.Scale, s.ZeroPoint = t.Quant.Scale[0], int(t.Quant.ZeroPoint[0])
	}
	return s
}

// findRange takes mean and std that o names, else, for a float input, those inside the file.
func (m *Meaning) findRange(f *File, o Options, input infer.TensorSpec) {
	inside, float := &f.Metadata, input.Type == infer.Float32
	switch {
	case len(o.Mean) > 0 || len(o.Std) > 0:
		m.Mean, m.Std, m.RangeFrom = o.Mean, o.Std, FromOptions
		if float && inside.Mean != nil && fmt.Sprint(inside.Mean, inside.Std) != fmt.Sprint(o.Mean, o.Std) {
			m.note(AboutInput, "mean %v and std %v are used, not those of the model's metadata, mean %v and std %v",
				o.Mean, o.Std, inside.Mean, inside.Std)
		}
	case !float:
		m.RangeFrom = FromType
	case inside.Mean != nil && fits(inside.Mean, input) && fits(inside.Std, input):
		m.Mean, m.Std, m.RangeFrom = inside.Mean, inside.Std, FromMetadata
		m.note(AboutInput, "pictures become (pixel - mean) / std, with mean %v and std %v of the model's metadata", m.Mean, m.Std)
	default:
		if inside.Mean != nil {
			m.warn(AboutInput, "the model's metadata has %d mean and %d std for an input of %v: it runs without them",
				len(inside.Mean), len(inside.Std), input.Shape)
		}
		m.note(AboutInput, "float input, and no mean and std, neither set nor in its metadata: -1 to 1 is assumed "+
			"(set them as in its training: mean 0 and std 255 for 0 to 1, mean 0 and std 1 for 0 to 255)")
	}
}

// fits tells whether there is one number for all channels of an input, or one for each.
func fits(values []float32, input infer.TensorSpec) bool {
	_, _, channels, err := input.Image()
	return err == nil && (len(values) == 1 || len(values) == channels)
}

// noteScores tells what becomes of the model's numbers, where that may surprise.
func (m *Meaning) noteScores(o Options) {
	r := m.Reading
	if r.Kind != task.Classify {
		return
	}
	switch {
	case r.Scores == task.Softmax && r.Why != "":
		m.note(AboutScores, "%s: its numbers become probabilities by a softmax "+
			"(scores: sigmoid if several classes may hold at once, raw for the numbers as they are)", r.Why)
	case r.Scores == task.Sigmoid && r.Why != "":
		m.note(AboutScores, "%s: its number becomes a probability by a sigmoid (scores: raw for the number as it is)", r.Why)
	case r.Scores == task.Raw && o.Scores == task.Raw && !r.Probabilities:
		m.note(AboutScores, "scores: raw: its numbers are no probabilities, and are listed whatever their range")
	case (r.Scores == task.Softmax || r.Scores == task.Sigmoid) && r.Probabilities:
		m.warn(AboutScores, "scores: %s is asked for, but the model gives probabilities already (say scores: auto)", r.Scores)
	}
	if !r.Probabilities && o.Scores != task.Raw && m.Labels == nil && r.Classes > 1 && (o.Task == "" || o.Task == string(task.AutoKind)) {
		m.note(AboutScores, "it has no labels either: if it was made to give features, its %d numbers are no classes: "+
			"say task: embed (or task: classify, and this is not asked again)", r.Classes)
	}
}
