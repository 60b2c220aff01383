// Package decide turns findings, frame after frame, into what a camera shows: a [Decision]. A decision has one owner, a
// [Decider] for each camera; states, events, pins and whatever else tells it are readers, and nobody else compares a frame
// with the one before.
//
// Each answer of the model votes for a candidate, a class or a group of classes, or for none. What is decided changes when
// enough of the last answers vote for something else. Scores and thresholds compare as whole millionths, so that the same
// answers decide the same on every machine.
//
// The package is pure: the time is an argument, and it neither waits nor writes.
package decide

import (
	"math"
	"slices"
	"time"

	"github.com/inceptiond/inceptiond/infer/task"
)

// Decision is what a camera shows, and how the last answer voted. It keeps nothing of the Decider.
type Decision struct {
	Label    string        // what is decided: a class or group; empty: none, or nothing yet
	Since    time.Duration // when it was decided, as Step was told
	Previous string        // what was decided before that; empty: none, or nothing
	First    bool          // nothing was decided before that

	Vote Vote // of the last answer; after Interrupt, of no answer
	Top  Top  // the top class of the last answer

	interrupt string // the reason, if no answer decided it
}

// Decider follows the frames of one camera. It is not for concurrent use. Make one by New, and another one when the
// classes change their meaning.
type Decider struct {
	table
	ballot
	options Options
	margin  Score
	top     follower
	scores  []Score // of the candidates in the answer at work
}

// none stands where a candidate could.
const none = -1

// New makes a Decider that has seen nothing. classes are the names of the model's classes in the order of its output; a
// name that is empty is the number of the class as text. An error about o joins an [OptionError] for each
// thing that is wrong with it.
func New(o Options, classes []string) (*Decider, error) {
	t, err := compile(&o, classes)
	if err != nil {
		return nil, err
	}
	return &Decider{
		table: t, ballot: newBallot(o.Window, len(t.candidates)), options: o, margin: toScore(o.Margin), top: follower{threshold: o.Threshold},
		scores: make([]Score, len(t.candidates)),
	}, nil
}

// Step takes what the frame of the moment now shows. It returns what is decided by now, and whether that has changed. The
// first decision, which may be none, is a change; before it nothing is decided. now is on any clock that never goes back.
// Step keeps nothing of f, and allocates nothing.
func (d *Decider) Step(now time.Duration, f *task.Findings) (Decision, bool) {
	d.sum(f)
	top := d.top.step(now, f)
	vote, v := d.elect(f)
	var changed bool
	vote.Need, vote.Window = d.rulesOf(v).need, d.options.Window
	vote.Count, vote.wait, changed = d.vote(now, v, d.rulesOf(v), d.rulesOf(d.current))
	vote.Pending = d.pending
	return d.decision(vote, top), changed
}

// Interrupt decides none at once, for a reason that is told to people, such as "paused". Votes so far are forgotten, and
// no cooldown starts. It returns what is decided by now, and whether that has changed: not if it was none, or nothing yet.
func (d *Decider) Interrupt(now time.Duration, reason string) (Decision, bool) {
	changed := d.end(now, reason)
	top := d.top.Top
	top.Changed = false
	return d.decision(Vote{Need: d.none.need, Window: d.options.Window}, top), changed
}

// Pending tells whether the last answer voted for something else than what is decided, so that more answers are wanted.
func (d *Decider) Pending() bool { return d.pending }

// SetEnter changes Options.Enter from the next answer on, for all candidates that have no value of their own; what is
// decided stays down to Options.Leave, or down to enter if that is lower.
func (d *Decider) SetEnter(enter float64) {
	d.options.Enter = enter
	d.setRules(&d.options)
}

// Enter is Options.Enter, or what SetEnter made of it.
func (d *Decider) Enter() float64 { return d.options.Enter }

// Labels are all labels that may be decided, each once, in the order of the model's classes.
func (d *Decider) Labels() []string { return d.labels() }

// Find are the labels that may be decided and that an entry names, as the keys of Options.Classes do, each once: for those
// who wait for some of them. classes are those of New. It may be called while another goroutine uses d. The error is an
// [OptionError] with the key classes.
func (d *Decider) Find(entry string, classes []string) ([]string, error) {
	c := compiler{classes: named(classes), table: table{candidates: d.candidates, of: d.of}} // and none of the rules, which may change
	found, err := c.find(entry)
	if err != nil {
		return nil, &OptionError{"classes", err}
	}
	var labels []string
	for _, i := range found {
		if at := &d.candidates[i]; !at.ignored && !slices.Contains(labels, at.name) {
			labels = append(labels, at.name)
		}
	}
	if labels == nil {
		return nil, wrong("classes", "%q is ignored, and never decided", entry)
	}
	return labels, nil
}

// decision tells how things are.
func (d *Decider) decision(v Vote, top Top) Decision {
	return Decision{
		Label: d.name(d.current), Since: d.since, Previous: d.name(d.previous), First: d.first,
		Vote: v, Top: top, interrupt: d.interrupt,
	}
}

// longAgo is before any moment that Step is told.
const longAgo = time.Duration(math.MinInt64 / 2)
