// Package task says what the outputs of a model mean: a [Task] turns their bytes into [Findings].
//
// [Find] finds the task, or refuses the outputs, when a model is loaded. Whoever looks at frames has a Task of its
// own, since a Task may keep what it needs from one frame for the next; the engine behind it may be shared.
package task

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/model"
)

// Kind names what a model is for.
type Kind string

// The kinds.
const (
	Classify Kind = "classify" // a score for every class
	Detect   Kind = "detect"   // boxes, each with a class and a score
	Segment  Kind = "segment"  // a class for every pixel
	Pose     Kind = "pose"     // the keypoints of people
	Embed    Kind = "embed"    // numbers that are near each other for what looks alike

	AutoKind Kind = "auto" // found out from the model: see Find
)

// Kinds lists them all, AutoKind first.
func Kinds() []Kind { return []Kind{AutoKind, Classify, Detect, Segment, Pose, Embed} }

// ParseKind reads the name of a kind; empty is AutoKind.
func ParseKind(s string) (Kind, error) {
	k := cmp.Or(Kind(s), AutoKind)
	if !slices.Contains(Kinds(), k) {
		return "", fmt.Errorf("there is no task %q (want one of %v)", s, Kinds())
	}
	return k, nil
}

// Task turns the outputs of one run into findings. It is not for concurrent use.
type Task interface {
	// Kind is what the model is for. It does not change.
	Kind() Kind

	// Reads lists the outputs that Decode reads, by number. It does not change.
	Reads() []int

	// Decode reads outs, the outputs that New was told of, and replaces what dst holds. All belong to the caller; dst
	// keeps nothing of outs. An output that the task does not read may be nil; the error is about one that it reads and
	// that has not the bytes that New was told. Decode allocates only when dst has too little room, as at first.
	Decode(dst *Findings, outs [][]byte) error
}

// Findings are what one frame shows. The zero value is good, and is best used again for the next frame.
type Findings struct {
	// Classes has the score of every class, by its index in the model's output: a probability, 0 to 1, unless the
	// options say Raw or the model's number is none; then it is what the model gives. With People it has the score of each of them.
	Classes []float32

	// Taught tells whether the options say which pictures the model was taught with; then these are set too.
	Taught   bool
	Familiar float64 // how familiar the frame is: see [Taught]; above 0 and at most 1
	Nearest  int     // which of the taught pictures is most like it; -1 if not Taught
	Unknown  bool    // it is so unfamiliar that it shows none of the classes

	// What a model of another kind finds, the best or the largest first; empty for all others. At most Options.MaxResults of each.
	Objects   []Object
	Areas     []Area
	Postures  []Posture
	Embedding []float32 // as the model gives it
	Who       Who       // whom that shows; nobody if the options have no People
	Map       Map       // of Segment
	Shown     Box       // the part of Map that is picture
	ShownIn   Box       // the part of the upright frame that it shows

	// What a [Scene] finds, if HasDifferent: how different the most unusual place is, where 1 and more is different from what
	// is normal; where that is, in fractions of the model's input; and the same for all cells of that.
	HasDifferent bool
	Different    float64
	Where        Box
	Distances    Cells
}

// begin empties what a task sets, so that nothing of the frame before is left.
func (f *Findings) begin() {
	f.Classes, f.Embedding = f.Classes[:0], f.Embedding[:0]
	f.Objects, f.Areas, f.Postures = f.Objects[:0], f.Areas[:0], f.Postures[:0]
	f.Taught, f.Familiar, f.Nearest, f.Unknown = false, 0, -1, false
	f.Who = Who{Person: -1}
	f.Map.resize(0, 0)
	f.Shown, f.ShownIn = Box{}, Box{}
}

// Options adjust a task; the zero value reads the first output as the scores of classes.
type Options struct {
	Reading // as Find gives it; Kind empty: Classify; Scores empty: Raw

	// Frame is how pictures lie in the model's input; nil: they fill it.
	Frame Frame
	// Threshold is below which score objects and postures are left out, MaxResults the most that each list of findings holds (0:
	// 100), and Only the classes of objects and areas that are listed; nil: all.
	Threshold  float32
	MaxResults int
	Only       []int

	People *People // of Embed: whom its embeddings may show; nil: nobody is asked for

	Taught    *Taught // the pictures that the model was taught with; nil: unknown
	Embedding int     // the output that has what the model says of a frame; only with Taught
	Unknown   float64 // share of the frames with known things that may be called unknown; 0: none is
}

// New makes the task of a model with those outputs. An error about outputs that the task does not fit wraps
// model.ErrUnsupported.
func New(outputs []infer.TensorSpec, o Options) (Task, error) {
	switch o.Scores {
	case "", Softmax, Sigmoid, Raw:
	default:
		return nil, fmt.Errorf("task: scores %q are not possible (want %q, %q or %q)", o.Scores, Softmax, Sigmoid, Raw)
	}
	if o.People != nil && o.Kind != Embed {
		return nil, fmt.Errorf("task: people are for models of the task %s, not %s", Embed, cmp.Or(o.Kind, Classify))
	}
	if o.Kind == "" || o.Kind == Classify {
		c, err := newClassify(outputs, o.Scores)
		if err != nil || o.Taught == nil {
			return c, err
		}
		return newFamiliar(c, outputs, o)
	}
	l, err := newLister(o)
	if err != nil {
		return nil, err
	}
	t, err := newOther(outputs, l, &o)
	if err != nil {
		return nil, fmt.Errorf("task: %w: the model's outputs: %s: %w", err, describe(outputs), model.ErrUnsupported)
	}
	return t, nil
}

// newOther makes a task of a kind but Classify. The error says what does not fit.
func newOther(outputs []infer.TensorSpec, l lister, o *Options) (Task, error) {
	r := &o.Reading
	switch r.Kind {
	case Detect:
		return newDetector(outputs, l, r)
	case Segment:
		return newSegment(outputs, l, r)
	case Pose:
		return newPose(outputs, l, r)
	case Embed:
		return newEmbed(outputs, o)
	case Unread:
		return newUnread(outputs), nil
	}
	return nil, fmt.Errorf("there is no task %q (want one of %v)", r.Kind, Kinds()[1:])
}
