// Package evaluate says how good a model is: given what it answers to pictures of which it is known what they show, figures with
// their 95 % intervals, and reports of them as text, JSON and one HTML file. What the figures are is the task's: how often a class is
// right, how well objects and postures are found (package coco), how well areas are covered, how well people are told apart.
// Several models or engines are compared, picture by picture; that also works where nobody knows what the pictures show.
//
// [Run] asks for the answers one picture at a time; [Tally] takes them from whoever has them. Nothing here knows a model,
// an engine or a file, and of the pictures it keeps a few numbers each.
package evaluate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/evaluate/truth"
	"github.com/inceptiond/inceptiond/infer/task"
)

// Subject is what is evaluated: a model, as an engine runs it.
type Subject struct {
	Name          string // for people; each subject of a report has another
	SHA256        string // of the model's file, in hexadecimal
	Engine        string
	Kernels       string
	Threads       int
	Kind          task.Kind    // what it is for, as all subjects of a report are; empty: task.Classify
	Labels        infer.Labels // nil: its classes have numbers only
	Classes       int          // 0: nobody knows
	Probabilities bool         // its scores are: else neither thresholds nor calibration mean anything
	Threshold     float64      // below it the best class is no answer, and an object or a posture is not there; 0: it always is one
	MaxDistance   float64      // of task.Embed: up to it two pictures are said to show the same person
}

// kind is Kind, also of those who do not say.
func (s *Subject) kind() task.Kind { return cmp.Or(s.Kind, task.Classify) }

// Picture is one of which it is known what it shows.
type Picture struct {
	Name   string                      // for people; no two have the same
	Class  string                      // of task.Classify and task.Embed, whose classes are people: one that the subjects have; empty: none of them
	Read   func() ([]byte, error)      // its bytes
	Shows  *truth.Picture              // of task.Detect and task.Pose
	Masked func() (*truth.Mask, error) // of task.Segment
}

// Answer is what a subject says of a picture.
type Answer struct {
	Scores   []float32 // of all classes; read before Add returns, and not kept
	Taught   bool      // the model was taught on this device; then these two are set
	Familiar float64   // how much the picture is like those that it was taught, 0 to 1
	Unknown  bool      // it says that the picture shows none of its classes
	Took     time.Duration

	Found         *task.Findings // of all tasks but classify: whatever the score; read before Add returns, and not kept
	Width, Height int            // of the upright picture, in pixels
}

// Options are about a report.
type Options struct {
	Program  string         // that made it, with its version
	Time     time.Time      // of the report; zero: not said
	Source   string         // where the pictures are from
	Settings []string       // for people: what differs from the usual on the way from picture to answer
	Shown    int            // most pictures in a list; 0: 60
	Tell     func(done int) // called after each picture; nil: nobody asks
	Unjudged bool           // nobody knows what the pictures show: only how the subjects agree is told
	Classes  []truth.Class  // that Picture.Shows speaks of; others are not looked at
}

// shown is Options.Shown of those who do not say.
const shown = 60

// PictureError is about one picture: it is skipped, and the others go on.
type PictureError struct{ Err error }

// Error is that of Err.
func (e *PictureError) Error() string { return e.Err.Error() }

// Unwrap is Err.
func (e *PictureError) Unwrap() error { return e.Err }

// ErrNoPicture is Run's error when there is no picture that can be read.
var ErrNoPicture = errors.New("no picture to evaluate with")

// Run evaluates subjects on pictures. answer gives what each subject says of the bytes of one, in their order; if its
// error is a *PictureError the picture is skipped, and so is one that cannot be read. Any other ends Run, as ctx does; a
// *ClassError names a class that a subject does not have.
func Run(ctx context.Context, subjects []Subject, pictures iter.Seq[Picture], answer func(ctx context.Context, data []byte) ([]Answer, error), o Options) (*Report, error) {
	t := NewTally(subjects, o)
	for p := range pictures {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := t.counts.check(p.Class); err != nil {
			return nil, err
		}
		err := t.answer(ctx, p, answer)
		if bad := new(PictureError); errors.As(err, &bad) {
			t.Skip(p, bad)
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", p.Name, err)
		}
		if o.Tell != nil {
			o.Tell(t.pictures + len(t.skipped))
		}
	}
	if t.pictures == 0 {
		if len(t.skipped) > 0 {
			return nil, fmt.Errorf("%w: none of %d could be read, %s first: %s", ErrNoPicture, len(t.skipped), t.skipped[0].Picture, t.skipped[0].Error)
		}
		return nil, ErrNoPicture
	}
	return t.Report(), nil
}

// answer has the subjects answer a picture, and counts what they say.
func (t *Tally) answer(ctx context.Context, p Picture, answer func(ctx context.Context, data []byte) ([]Answer, error)) error {
	data, err := p.Read()
	if err != nil {
		return &PictureError{err}
	}
	answers, err := answer(ctx, data)
	if err != nil {
		return err
	}
	return t.Add(p, answers)
}
