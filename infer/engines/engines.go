// Package engines loads a model: it reads the file, opens the engine that shall run it, by name, and tells how that
// engine is.
//
// [Load] does all of it. What it gives is an [infer.Engine] like any other: that TensorFlow Lite may be lost and the
// engine cpu may stand in for it shows in [Model.Health], and in what Run says of who answered.
package engines

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/explain"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/text"
)

// Options say which model to load and what shall run it. They hold data only: equal options ask for the same.
type Options struct {
	File       string        // a path, Demo, catalogue.Prefix and a name, or catalogue.HashPrefix and a hash
	SHA256     string        // that File must have, in hexadecimal; empty: any
	Labels     string        // a path, Demo, or empty: those of the catalogue, or of the file's metadata
	LabelsFrom string        // what people call Labels; empty: that
	Background bool          // the model's class 0 is a background that Labels leaves out
	Engine     string        // Auto, CPU, TFLite, EdgeTPU or XNNPACK
	Fallback   bool          // the engine cpu answers while TensorFlow Lite cannot
	Deadline   time.Duration // for one run by TensorFlow Lite; 0: ten times the usual, at least a second
	XNNPACK    bool          // TensorFlow Lite uses XNNPACK's kernels
	TPU        *TPU          // nil: there is none for the model
	Threads    int           // 0: one per CPU
	Memory     int           // bytes of tensors, weights and working memory; 0: 1 GiB
	Mean, Std  []float32     // of preprocess.Options; empty: those inside the model, if its input is float and there are any
	Scores     task.Scores   // empty: task.Auto
	Task       string        // what the model is for: a task.Kind; empty: task.AutoKind; task.Unread: nobody asks
	Decoder    string        // of a detector without post-processing in its graph: a name of task.Decoders; empty: none
	Anchors    [][]float64   // for the decoder
	Explain    bool          // answers shall be explained: Model.Why
	Taught     string        // folder of the version, if the model was taught here: SetTaught; empty: it was not
	Unknown    float64       // of a taught model, the share of known pictures that may be called unknown; 0: none is
	Kernels    string        // of the engine cpu; empty: the fastest, or those that the environment names
	Scene      bool          // scenes shall be compared with normal ones: Model.Scene

	People      string  // folder of the version of the people that embeddings may show, which may be a link; empty: nobody is asked for
	MaxDistance float64 // up to which one of them is recognized
}

// TPU is about a Coral Edge TPU that runs a model.
type TPU struct {
	Device string // "any", "usb", "pci", one of several by number ("usb:1", from 0), or a path
	File   string // the model that was compiled for it; empty: Options.File is
}

// The engines, as the config and the messages name them.
const (
	Auto    = "auto" // EdgeTPU if the model is for one and there is one, else CPU
	CPU     = infer.EngineCPU
	TFLite  = infer.EngineTFLite  // with TensorFlow Lite's own kernels
	EdgeTPU = infer.EngineEdgeTPU // TensorFlow Lite with an Edge TPU
	XNNPACK = "tflite-xnnpack"    // TensorFlow Lite with XNNPACK's kernels; of bench and classify only
)

// builtin starts the names of files that are inside the program.
const builtin = "builtin:"

// Demo names the model, and the labels, that are inside the program.
const Demo = builtin + "demo"

// defaultMemory is what a model may use, in bytes, when nobody says otherwise.
const defaultMemory = 1 << 30

// Model is a model that has been loaded, and the engine that runs it. Its fields do not change.
type Model struct {
	Name     string // what messages call it
	SHA256   string // of the file, in hexadecimal
	MACs     int64  // products of one run
	Memory   int64  // bytes that the engine cpu has for it, also if that only stands by; 0: it does not run it
	Stateful bool   // it keeps something from one run to the next: see infer.Keeper
	Meaning
	Engine  infer.Engine  // the Model owns it: see Close
	Wanted  string        // the name of the engine that shall run it
	Kernels string        // the wanted engine's inner loops: "go", "avx2", "XNNPACK", …
	Threads int           // that compute
	Limit   time.Duration // for one run, if the options have one
	Health  *Health

	// Why explains answers; zero unless the options ask for it, or the model was taught here.
	Why Why

	// Scene is what scenes are known by; zero unless the options ask for it.
	Scene Scene

	// Taught is what a model was taught with here; nil: it was not. Embedding is the output that is compared with it, and
	// Unknown the share of known pictures that may be called unknown.
	Taught    *task.Taught
	Embedding int
	Unknown   float64

	// People are those whom the model's embeddings may show; nil: nobody is asked for.
	People *task.People

	own     int // outputs that the file has
	options Options
	file    string    // that was read, where options name a link to one version of several
	people  string    // folder of the version that was read, likewise
	marks   fileMarks // of what was read
}

// Why is what explains a model's answers: inner tensors, which are outputs of Engine after those that the model has.
type Why struct {
	Map    int // output with the feature map; 0: there is none, and NoMap says why
	NoMap  error
	Logits int // output with the logits; -1: the model gives them, or nobody knows them
}

// Scene is what a task.Scene reads: an inner tensor, which is an output of Engine after those that the model has.
type Scene struct {
	Map  int   // output with the map at an eighth of the input; 0: there is none, and None says why
	None error // wraps model.ErrUnsupported if the model has none
}

// Activation reads the model's file again for what explains answers by the feature map, which is output Why.Map of Engine.
// It takes as much memory as the last layer's weights. The error says why there is none.
func (m *Model) Activation() (a *explain.Activation, err error) {
	if m.Why.Map == 0 {
		return nil, cmp.Or(m.Why.NoMap, errors.New("nobody asked for it when the model was loaded"))
	}
	err = Read(m.file, m.options.Memory, func(f File) error {
		if f.Parsed.SHA256 != m.SHA256 {
			return fmt.Errorf("%s is another file by now", m.file)
		}
		a, err = explain.NewActivation(f.Parsed)
		return err
	})
	return a, err
}

// purpose is what m finds, for people: "12 classes".
func (m *Model) purpose() string {
	r := &m.Reading
	switch {
	case m.People != nil:
		return fmt.Sprintf("%s, %s", r.Kind, people(len(m.People.Names())))
	case r.Kind == task.Classify:
		return fmt.Sprintf("%d classes", r.Classes)
	case r.Classes > 0:
		return fmt.Sprintf("%s, %d classes", r.Kind, r.Classes)
	}
	return string(r.Kind)
}

// Load reads, checks and prepares a model; name is what messages call it. It blocks as long as that takes: a second or
// more for a large network on a small machine. The error names the model; it wraps model.ErrUnsupported if the file is
// well formed but no engine asked for can run it. Health logs to log.
func Load(ctx context.Context, name string, o Options, log *zap.Logger) (*Model, error) {
	m := &Model{Name: name, Limit: o.Deadline, options: o, marks: o.marks()}
	o, err := o.fixed()
	if untaught := new(UntaughtError); o.People != "" && errors.As(err, &untaught) {
		untaught.Base = name // whose embeddings shall show them
	}
	if err == nil {
		m.file, m.people = o.File, o.People
		err = m.load(ctx, o, log)
	}
	if err != nil {
		return nil, fmt.Errorf("model %q: %w", name, err)
	}
	return m, nil
}

func (m *Model) load(ctx context.Context, o Options, log *zap.Logger) (err error) {
	return readAs(o.File, o.SHA256, o.Memory, func(f File) error {
		m.SHA256, m.MACs = f.Parsed.SHA256, f.Parsed.Stats().MACs
		variable := slices.ContainsFunc(f.Parsed.Tensors, func(t model.Tensor) bool { return t.Variable })
		m.Stateful = variable || len(f.Parsed.Inputs) > 1
		if err := m.open(ctx, o, f, log); err != nil {
			return fmt.Errorf("%s: %w", o.File, err)
		}
		if m.Meaning, err = f.Meaning(o, m.Engine.Input(), m.Engine.Outputs()[:m.own]); err != nil {
			return errors.Join(err, m.Engine.Close())
		}
		if err := errors.Join(m.readTaught(o), m.readPeople(o)); err != nil {
			return errors.Join(err, m.Engine.Close())
		}
		m.Meaning.log(m.Health.log)
		return nil
	})
}

// Try says why an engine cannot run the model in f as o, but for its file and engine, has it, or why its user, who looks at it before it is
// closed again, cannot make anything of it; nil: all can. It blocks as long as that takes.
func Try(ctx context.Context, f File, o Options, engine string, look func(*Model) error) (err error) {
	m := &Model{Name: f.Path, SHA256: f.Parsed.SHA256}
	o.File, o.Engine, o.Threads = f.Path, engine, 1
	if err := m.open(ctx, o, f, zap.NewNop()); err != nil {
		return err
	}
	if m.Meaning, err = f.Meaning(o, m.Engine.Input(), m.Engine.Outputs()[:m.own]); err == nil {
		err = look(m)
	}
	return errors.Join(err, m.Close())
}

// Current tells whether loading o would give the same again: the options are those of m, and no file has changed since.
func (m *Model) Current(o Options) bool {
	if o.SHA256 == "" || o.SHA256 == m.SHA256 {
		o.SHA256 = m.options.SHA256 // which of them asked for it makes no other model
	}
	return reflect.DeepEqual(m.options, o) && m.marks == o.marks()
}

// Close closes the engine. No run may be under way, and none is answered after it.
func (m *Model) Close() error { return m.Engine.Close() }

// String is "demo (12 classes, uint8 [1 224 224 3], engine cpu with avx2 kernels, 2 threads)".
func (m *Model) String() string {
	return fmt.Sprintf("%s (%s, %v %v, engine %s with %s kernels, %s)", m.Name, m.purpose(),
		m.Engine.Input().Type, m.Engine.Input().Shape, m.Wanted, m.Kernels, text.Plural(m.Threads, "thread"))
}
