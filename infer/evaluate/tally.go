package evaluate

import (
	"fmt"
	"slices"

	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/text"
)

// Tally counts answers. It is not for concurrent use.
type Tally struct {
	options  Options
	subjects []Subject
	kind     task.Kind
	counts   counts
	pictures int
	none     int
	byClass  map[string]bool
	skipped  []Skipped
}

// counts are what answers to pictures come to, for one task.
type counts interface {
	// check says which of classes a subject does not have.
	check(classes ...string) error

	// name is what the first subject calls a class that it has.
	name(class string) string

	// add counts the answers to a picture, one of each subject, or none of them: then the error says why.
	add(p *Picture, answers []Answer) error

	// report completes r, which has a result for each subject, and a comparison of the first with each of the others.
	report(r *Report)
}

// NewTally counts answers of subjects, which are all of one kind. There is at least one.
func NewTally(subjects []Subject, o Options) *Tally {
	if o.Shown <= 0 {
		o.Shown = shown
	}
	t := &Tally{options: o, subjects: subjects, kind: subjects[0].kind(), byClass: map[string]bool{}}
	switch t.kind {
	case task.Detect, task.Pose:
		t.counts = newObjectCounts(subjects, o)
	case task.Segment:
		t.counts = newAreaCounts(subjects, o)
	case task.Embed:
		t.counts = newPeopleCounts(subjects, o)
	default:
		t.counts = newClassCounts(subjects, o)
	}
	return t
}

// Skip counts a picture that there is no answer to.
func (t *Tally) Skip(p Picture, err error) {
	t.skipped = append(t.skipped, Skipped{p.Name, err.Error()})
}

// Add counts the answers to a picture, one of each subject. The error is about a class that a subject does not have, or
// about answers that do not fit; if it is a *PictureError the picture does not, and nothing is counted.
func (t *Tally) Add(p Picture, answers []Answer) error {
	if len(answers) != len(t.subjects) {
		return fmt.Errorf("evaluate: %d answers of %s", len(answers), text.Plural(len(t.subjects), "subject"))
	}
	if err := t.counts.add(&p, answers); err != nil {
		return err
	}
	t.pictures++
	if p.Class == "" {
		t.none++
	} else {
		t.byClass[t.counts.name(p.Class)] = true
	}
	return nil
}

// Report is the figures so far.
func (t *Tally) Report() *Report {
	r := &Report{
		Schema: 1, Program: t.options.Program, Source: t.options.Source, Settings: append([]string{}, t.options.Settings...), Task: t.kind,
		Judged: !t.options.Unjudged, Pictures: t.pictures, Classes: len(t.byClass), Skipped: append([]Skipped{}, t.skipped...), Comparisons: []Comparison{},
	}
	if !t.options.Time.IsZero() {
		r.Time = &t.options.Time
	}
	if r.Judged && (t.kind == task.Classify || t.kind == task.Embed) {
		r.None = t.none
	}
	for i := range t.subjects {
		s := &t.subjects[i]
		r.Results = append(r.Results, Result{
			Name: s.Name, SHA256: s.SHA256, Engine: s.Engine, Kernels: s.Kernels, Threads: s.Threads, Classes: s.Classes, Threshold: s.Threshold,
			Probabilities: s.Probabilities, Notes: []string{},
		})
		if i > 0 {
			r.Comparisons = append(r.Comparisons, Comparison{First: t.subjects[0].Name, Second: s.Name})
		}
	}
	t.counts.report(r)
	return r
}

// timing is how long answers took.
type timing struct {
	took    []float64 // milliseconds
	slowest top[Shown]
}

func newTiming(o Options) timing { return timing{slowest: top[Shown]{most: min(o.Shown, 10)}} }

// add takes a picture whose answer has taken that long.
func (t *timing) add(s Shown) {
	t.took = append(t.took, s.Took)
	s.rank = s.Took
	t.slowest.add(s)
}

// time is how long the answers took.
func (t *timing) time() Time {
	all := Time{Slowest: append([]Shown{}, t.slowest.list...)}
	sorted := slices.Sorted(slices.Values(t.took))
	n := len(sorted)
	if n == 0 {
		return all
	}
	for _, v := range sorted {
		all.Mean += v / float64(n)
	}
	all.Median, all.P95, all.Max = sorted[n/2], sorted[min(n*95/100, n-1)], sorted[n-1]
	return all
}
