// Package task says what the outputs of a model mean: a [Task] turns their bytes into [Findings].
//
// [Find] finds the task, or refuses the outputs, when a model is loaded. Whoever looks at frames has a Task of its
// own, since a Task may keep what it needs from one frame for the next; the engine behind it may be shared.
package task

import (
	"fmt"
	"slices"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/model"
)

// Kind names what a model is for.
type Kind string

// Classify is for a model whose first output has a score for every class.
const Classify Kind = "classify"

// Task turns the outputs of one run into findings. It is not for concurrent use.
type Task interface {
	// Kind is what the model is for. It does not change.
	Kind() Kind

	// Decode reads outs, the outputs that New was told of, and replaces what dst holds. All belong to the caller; dst
	// keeps nothing of outs. An output that the task does not read may be nil; the error is about one that it reads and
	// that has not the bytes that New was told. Decode allocates only when dst has too little room, as at first.
	Decode(dst *Findings, outs [][]byte) error
}

// Findings are what one frame shows. The zero value is good, and is best used again for the next frame.
type Findings struct {
	// Classes has the score of every class, by its index in the model's output: a probability, 0 to 1, unless the
	// options say Raw or the model's number is none; then it is what the model gives.
	Classes []float32

	// Taught tells whether the options say which pictures the model was taught with; then these are set too.
	Taught   bool
	Familiar float64 // how familiar the frame is: see [Taught]; above 0 and at most 1
	Nearest  int     // which of the taught pictures is most like it; -1 if not Taught
	Unknown  bool    // it is so unfamiliar that it shows none of the classes

	// What a [Scene] finds, if HasDifferent: how different the most unusual place is, where 1 and more is different from what
	// is normal; where that is, in fractions of the model's input; and the same for all cells of that.
	HasDifferent bool
	Different    float64
	Where        Box
	Distances    Cells
}

// Options adjust a task; the zero value is good.
type Options struct {
	Kind   Kind   // empty: what the outputs look like
	Scores Scores // Softmax, Sigmoid or Raw; empty: Raw

	Taught    *Taught // the pictures that the model was taught with; nil: unknown
	Embedding int     // the output that has what the model says of a frame; only with Taught
	Unknown   float64 // share of the frames with known things that may be called unknown; 0: none is
}

// New makes the task of a model with those outputs. An error about outputs that no task fits wraps
// model.ErrUnsupported.
func New(outputs []infer.TensorSpec, o Options) (Task, error) {
	switch o.Scores {
	case "", Softmax, Sigmoid, Raw:
	default:
		return nil, fmt.Errorf("task: scores %q are not possible (want %q, %q or %q)", o.Scores, Softmax, Sigmoid, Raw)
	}
	switch o.Kind {
	case "", Classify:
		c, err := newClassify(outputs, o.Scores)
		if err != nil || o.Taught == nil {
			return c, err
		}
		return newFamiliar(c, outputs, o)
	}
	return nil, fmt.Errorf("task: there is no task %q (want %q)", o.Kind, Classify)
}

// classify reads the first output.
type classify struct {
	scores infer.TensorSpec
	become Scores
}

func newClassify(outputs []infer.TensorSpec, become Scores) (*classify, error) {
	if len(outputs) == 0 || outputs[0].Bytes() == 0 {
		return nil, fmt.Errorf("task: the model has no output with scores: %w", model.ErrUnsupported)
	}
	if !outputs[0].Type.Usual() {
		return nil, fmt.Errorf("task: the model's first output is %v: numbers of classes, perhaps, but no scores (want uint8, int8 or float32): %w",
			outputs[0], model.ErrUnsupported)
	}
	if len(outputs) > 1 && !isList(outputs[0]) { // boxes, say: their numbers are no scores
		return nil, fmt.Errorf("task: the model has %d outputs, and the first, %v, is no list of scores (a classifier's is): %w",
			len(outputs), outputs[0], model.ErrUnsupported)
	}
	return &classify{outputs[0], become}, nil
}

// isList tells whether a tensor has one dimension at most that is more than 1.
func isList(s infer.TensorSpec) bool {
	long := 0
	for _, n := range s.Shape {
		if n > 1 {
			long++
		}
	}
	return long <= 1
}

// Kind is Classify.
func (*classify) Kind() Kind { return Classify }

// Decode is [Task]'s.
func (c *classify) Decode(dst *Findings, outs [][]byte) error {
	if len(outs) == 0 {
		return fmt.Errorf("task: no output (want %v)", c.scores)
	}
	dst.Taught, dst.Familiar, dst.Nearest, dst.Unknown = false, 0, -1, false
	n := c.scores.Elements()
	dst.Classes = slices.Grow(dst.Classes[:0], n)[:n]
	if err := c.scores.Values(dst.Classes, outs[0]); err != nil {
		return err
	}
	c.become.apply(dst.Classes)
	return nil
}
