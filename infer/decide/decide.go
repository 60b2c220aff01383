// Package decide turns findings, frame after frame, into what a camera shows: a [Decision]. A decision has one owner, a
// [Decider] for each camera; states, events and whatever else tells it are readers, and nobody else compares a frame with
// the one before.
//
// The package is pure: the time is an argument, and it neither waits nor writes.
package decide

import (
	"time"

	"github.com/inceptiond/inceptiond/infer/task"
)

// Options say what is decided.
type Options struct {
	Threshold float32 // the lowest score of a class that is decided; not a number: none is
}

// Decision is what a camera shows.
type Decision struct {
	Found bool          // a class reached the threshold
	Class task.Class    // the best of those, with the score of the frame that decided it; zero unless Found
	Since time.Duration // when it was decided, as Step was told
}

// Decider follows the frames of one camera. It is not for concurrent use. Make one by New, and another one when the
// classes change their meaning.
type Decider struct {
	options Options
	current Decision
	known   bool          // there was a frame
	top     [1]task.Class // room for the best class of a frame
}

// New makes a Decider that has seen nothing.
func New(o Options) *Decider { return &Decider{options: o} }

// Step takes what the frame of the moment now shows. It returns what is decided by now, and whether that has changed: to
// another class, from a class to none, or back; for the first frame always. A class that only changes its score keeps the
// decision as it is. now is on any clock that never goes back. Of equal scores the class with the lower index counts.
// Step keeps nothing of f, and allocates nothing.
func (d *Decider) Step(now time.Duration, f *task.Findings) (Decision, bool) {
	next := Decision{Since: now}
	if best := task.TopK(d.top[:0], f, 1, d.options.Threshold); len(best) > 0 {
		next.Found, next.Class = true, best[0]
	}
	if d.known && next.Found == d.current.Found && next.Class.Index == d.current.Class.Index {
		return d.current, false
	}
	d.current, d.known = next, true
	return next, true
}
