package learn

import (
	"math"
	"slices"

	"github.com/inceptiond/inceptiond/internal/stats"
)

// ReportPeople says how well people are told apart, each picture by those of the same and of the other people that are no near-copies of it.
type ReportPeople struct {
	MaxDistance float64 `json:"max_distance"` // the figures of the report are with this
	Suggested   float64 `json:"suggested"`    // the distance that suits these people; 0: nobody can tell

	Strangers int            `json:"strangers"` // pictures that were shown to people without theirs
	Distances []ReportAtMost `json:"distances"` // what other distances would give
}

// ReportAtMost is what a distance gives.
type ReportAtMost struct {
	MaxDistance float64 `json:"max_distance"`
	Right       int     `json:"right"`    // of the report's total
	Wrong       int     `json:"wrong"`    // taken for somebody else; the rest of the total is not recognized
	Accepted    int     `json:"accepted"` // of the strangers: taken for somebody
}

// Nobody is what is said of a picture that is too far from everybody.
const Nobody = "unknown"

// The distances that a report has besides those that are asked for.
const leastDistance, mostDistance, distanceStep = 0.2, 2 - 1e-9, 0.05

// report says what was found; the hash of the file and the seconds are left to the caller.
func (n *enrolment) report() Report {
	o := &n.options
	r := Report{
		Schema: ReportSchema, Name: o.Name, Program: o.Program, Base: ReportBase{File: o.BaseFile, SHA256: n.network.SHA256},
		Options: ReportOptions{Fit: o.Preprocess.Fit.String(), Mean: o.Preprocess.Mean, Std: o.Preprocess.Std, MaxRows: o.MaxRows, PerClass: o.MaxPictures},
		Skipped: append([]Skipped{}, n.skipped...), NotUsed: []Skipped{}, Temperature: 1, Unknown: ReportUnknown{Distance: o.MaxDistance},
	}
	for c, name := range n.classes {
		some := ofClass(n.list, c)
		r.Classes = append(r.Classes, reportClass(name, some, n.same[c]))
	}
	for _, p := range n.left {
		r.NotUsed = append(r.NotUsed, Skipped{p.id, p.Name, p.Class, "there are more of them than are used"})
	}
	n.reportAnswers(&r)
	r.People = n.reportPeople()
	r.Warnings = n.warnings(&r)
	return r
}

// reportAnswers tells whose each picture is when it is left out.
func (n *enrolment) reportAnswers(r *Report) {
	r.Answers, r.Confusion = []Answer{}, make([][]int, len(n.classes))
	for c := range r.Confusion {
		r.Confusion[c] = make([]int, len(n.classes))
	}
	for i, p := range n.list {
		v := n.asked[i]
		if v.own == none {
			continue
		}
		said := n.said(v, p.class, r.Unknown.Distance)
		a := Answer{Picture: p.id, Class: p.Class, Said: Nobody, Own: n.near(v.own), Best: n.near(min(v.own, v.other)), Counted: p.first}
		if said >= 0 {
			a.Said = n.classes[said]
		}
		r.Answers = append(r.Answers, a)
		if !p.first {
			continue
		}
		r.Total++
		if said >= 0 {
			r.Confusion[p.class][said]++
		}
		if said == p.class {
			r.Right++
		}
	}
	r.Accuracy.Low, r.Accuracy.High = stats.Wilson(r.Right, r.Total)
}

// said is who is recognized in a picture of own; -1: nobody.
func (n *enrolment) said(v verdict, own int, most float64) int {
	switch {
	case min(v.own, v.other) > most:
		return -1
	case v.other < v.own:
		return v.nearest
	}
	return own
}

// near is a distance as a number from 1 down to 0, for the order of answers: they have no probabilities.
func (n *enrolment) near(distance float64) float64 { return max(0, 1-distance/2) }

// reportPeople says what which distance gives.
func (n *enrolment) reportPeople() *ReportPeople {
	r := &ReportPeople{MaxDistance: n.options.MaxDistance, Suggested: n.suggest()}
	distances := []float64{r.MaxDistance, r.Suggested}
	for d := leastDistance; d < mostDistance; d += distanceStep {
		distances = append(distances, hundredths(d))
	}
	slices.Sort(distances)
	for _, d := range slices.Compact(distances) {
		if d > 0 {
			r.Distances = append(r.Distances, n.at(d))
		}
	}
	for i, p := range n.list {
		r.Strangers += count(p.first && n.asked[i].other < none)
	}
	return r
}

// at is what a distance gives.
func (n *enrolment) at(most float64) ReportAtMost {
	at := ReportAtMost{MaxDistance: most}
	for i, p := range n.list {
		v := n.asked[i]
		if !p.first {
			continue
		}
		at.Accepted += count(v.other <= most)
		if v.own == none {
			continue
		}
		switch n.said(v, p.class, most) {
		case p.class:
			at.Right++
		case -1:
		default:
			at.Wrong++
		}
	}
	return at
}

// suggest is the distance that suits the people: in the middle between the farthest picture of the right person and the nearest one of a
// stranger, or, if these overlap, the greatest with which no stranger is taken for somebody. Pictures that are nearer to somebody else
// than to their own person do not count: no distance mends that. 0: there are no strangers, or no second pictures, to tell it by.
func (n *enrolment) suggest() float64 {
	farthest, nearest := 0.0, none
	for i, p := range n.list {
		v := n.asked[i]
		if !p.first || v.other < v.own && v.own < none {
			continue
		}
		if v.own < none {
			farthest = max(farthest, v.own)
		}
		nearest = min(nearest, v.other)
	}
	switch {
	case farthest == 0 || nearest == none:
		return 0
	case farthest < nearest:
		return hundredths((farthest + nearest) / 2)
	}
	d := math.Ceil(100*nearest)/100 - 0.01
	return max(hundredths(d), 0.01)
}

// hundredths is x with two decimals.
func hundredths(x float64) float64 { return math.Round(100*x) / 100 }
