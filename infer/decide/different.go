package decide

import (
	"time"

	"github.com/inceptiond/inceptiond/infer/task"
)

// Different is the label of what looks different from normal.
const Different = "different"

// Watch decides whether a camera's scene looks different from normal ones: frame after frame, by the votes of a [Decider] of
// its own, in which each frame votes for different or not. It is not for concurrent use.
type Watch struct {
	d        *Decider
	findings task.Findings // with the one class there is
}

// NewWatch makes a Watch that has seen nothing. Of o it takes Need, Window, Dwell and Cooldown; their errors are New's.
func NewWatch(o Options) (*Watch, error) {
	d, err := New(Options{Enter: 1, Leave: 1, Need: o.Need, Window: o.Window, Dwell: o.Dwell, Cooldown: o.Cooldown}, []string{Different})
	if err != nil {
		return nil, err
	}
	return &Watch{d: d, findings: task.Findings{Classes: make([]float32, 1)}}, nil
}

// Step takes what the frame of the moment now shows: how different it is (1 and more: different), and where, for people. It
// returns what is decided by now, Different or none, and whether that has changed, as [Decider.Step] does. It allocates nothing.
func (w *Watch) Step(now time.Duration, distance float64, where string) (Decision, bool) {
	w.findings.Classes[0] = 0
	if distance >= 1 {
		w.findings.Classes[0] = 1
	}
	is, changed := w.d.Step(now, &w.findings)
	is.Vote.scene, is.Vote.distance, is.Vote.where = true, distance, where
	return is, changed
}

// Interrupt decides none at once; see [Decider.Interrupt].
func (w *Watch) Interrupt(now time.Duration, reason string) (Decision, bool) {
	return w.d.Interrupt(now, reason)
}

// Pending tells whether the last frame voted for something else than what is decided.
func (w *Watch) Pending() bool { return w.d.Pending() }

// appendDistance appends how different a scene is, its decimals cut, and where.
func (v *Vote) appendDistance(dst []byte) []byte {
	const most = 1000 // beyond it nobody wants to know
	dst = appendCents(append(dst, ", score "...), int64(min(v.distance, most)*100))
	if v.Label == "" {
		return append(dst, " below 1.00"...)
	}
	return append(append(dst, ", "...), v.where...)
}
