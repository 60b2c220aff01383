// Package evaluate says how good a classifier is: given what it answers to pictures whose classes are known, figures with
// their 95 % intervals, and reports of them as text, JSON and one HTML file.
//
// [Run] asks for the answers one picture at a time; [Tally] takes them from whoever has them. Nothing here knows a model,
// an engine or a file, and of the pictures it keeps a few numbers each.
package evaluate

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/inceptiond/inceptiond/infer"
)

// Subject is what is evaluated: a model, as an engine runs it.
type Subject struct {
	Name          string // for people; each subject of a report has another
	SHA256        string // of the model's file, in hexadecimal
	Engine        string
	Kernels       string
	Threads       int
	Labels        infer.Labels // nil: its classes have numbers only
	Classes       int
	Probabilities bool    // its scores are: else neither thresholds nor calibration mean anything
	Threshold     float64 // below it the best class is no answer; 0: it always is one
}

// Picture is one whose class is known.
type Picture struct {
	Name  string // for people; no two have the same
	Class string // a class as [Subject.Find] knows it; empty: it shows none of them
	Read  func() ([]byte, error)
}

// Answer is what a subject says of a picture.
type Answer struct {
	Scores   []float32 // of all classes; read before Add returns, and not kept
	Taught   bool      // the model was taught on this device; then these two are set
	Familiar float64   // how much the picture is like those that it was taught, 0 to 1
	Unknown  bool      // it says that the picture shows none of its classes
	Took     time.Duration
}

// Options are about a report.
type Options struct {
	Program  string         // that made it, with its version
	Time     time.Time      // of the report; zero: not said
	Source   string         // where the pictures are from
	Settings []string       // for people: what differs from the usual on the way from picture to answer
	Shown    int            // most pictures in a list; 0: 60
	Tell     func(done int) // called after each picture; nil: nobody asks
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
		if err := t.check(p.Class); err != nil {
			return nil, err
		}
		data, err := p.Read()
		var answers []Answer
		if err != nil {
			err = &PictureError{err}
		} else {
			answers, err = answer(ctx, data)
		}
		var bad *PictureError
		switch {
		case errors.As(err, &bad):
			t.Skip(p, bad)
		case err != nil:
			return nil, fmt.Errorf("%s: %w", p.Name, err)
		default:
			if err := t.Add(p, answers); err != nil {
				return nil, err
			}
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
