package evaluate

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/inceptiond/inceptiond/internal/order"
	"github.com/inceptiond/inceptiond/internal/stats"
	"github.com/inceptiond/inceptiond/internal/text"
)

const (
	wanted     = 0.95 // precision of the threshold that is suggested
	fewest     = 10   // pictures of a class, and answers, below which figures are guesses
	maxMatrix  = 100  // classes
	muchSilent = 0.05 // share of pictures that a taught model calls unknown and should not: about what is asked of it
)

// result writes the figures of s to r.
func (s *tally) result(r *Result) {
	known := len(s.score)
	c := &Classified{
		Top1: newShare(s.top1, known), Answers: Answers{Right: newShare(s.right, len(s.took)), Wrong: s.wrong, Silent: s.silent},
		Confusions: s.confusions(), Matrix: s.matrix(), Calibration: s.calibration(), Wrongest: append([]Shown{}, s.wrongest.list...),
		ByClass: s.classFigures(),
	}
	r.Classified = c
	if len(s.classes.exact) > bestOf {
		top5 := newShare(s.top5, known)
		c.Top5 = &top5
	}
	if n := len(s.took) - known; n > 0 || s.taught {
		c.None = &None{Right: newShare(s.noneRight, n), Unknown: newShare(s.unknown, known), AUROC: stats.AUROC(s.sure[1], s.sure[0])}
	}
	if s.Probabilities {
		for i := range steps + 1 {
			c.Thresholds = append(c.Thresholds, s.atThreshold(i))
		}
		c.Suggested = suggest(c.Thresholds)
	}
	r.Notes = s.notes(c)
}

// atThreshold is what the answers are at threshold i.
func (s *tally) atThreshold(i int) AtThreshold {
	a := AtThreshold{
		Threshold: stepAt(i), Precision: newShare(s.all.rightAt[i], s.all.answeredAt[i]), Recall: newShare(s.all.rightAt[i], len(s.score)),
	}
	if n := len(s.took) - len(s.score); n > 0 {
		none := newShare(s.noneAt[i], n)
		a.None = &none
	}
	return a
}

// suggest is the lowest threshold at which the answers are right as often as wanted; nil: there is none, or there are too few
// answers to say so.
func suggest(list []AtThreshold) *AtThreshold {
	for _, a := range list {
		if a.Precision.Of >= fewest && a.Precision.Share >= wanted {
			return &a
		}
	}
	return nil
}

// classFigures are those of all classes that there are pictures of, or answers with.
func (s *tally) classFigures() []ClassFigure {
	list := []ClassFigure{}
	for _, i := range slices.Sorted(maps.Keys(s.byClass)) {
		c := s.byClass[i]
		if i == none || c.pictures+c.answered == 0 {
			continue
		}
		f := ClassFigure{Index: i, Label: s.classes.label(i), Recall: newShare(c.right, c.pictures), Precision: newShare(c.right, c.answered)}
		if s.Probabilities {
			var at []AtThreshold
			for i := range steps + 1 {
				at = append(at, AtThreshold{Threshold: stepAt(i), Precision: newShare(c.rightAt[i], c.answeredAt[i]), Recall: newShare(c.rightAt[i], c.pictures)})
			}
			f.Suggested = suggest(at)
		}
		list = append(list, f)
	}
	return list
}

// confusions are the wrong answers, the most frequent first.
func (s *tally) confusions() []Confusion {
	list := []Confusion{}
	for k, n := range s.counts {
		if k[0] != k[1] {
			list = append(list, Confusion{s.classes.label(k[0]), s.classes.label(k[1]), n, s.byClass[k[0]].pictures})
		}
	}
	order.Sort(list, func(a, b Confusion) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Of, b.Of), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Answer, b.Answer))
	})
	return list
}

// matrix is all answers; nil: they are of too many classes to look at.
func (s *tally) matrix() *Matrix {
	var classes, answers []int
	for i, c := range s.byClass {
		switch {
		case c.pictures > 0:
			classes = append(classes, i)
		case c.answered > 0:
			answers = append(answers, i)
		}
	}
	if len(classes)+len(answers) > maxMatrix {
		return nil
	}
	noneLast := func(a, b int) int { return cmp.Compare(uint(a), uint(b)) }
	order.Sort(classes, noneLast)
	order.Sort(answers, noneLast)
	answers = append(slices.Clone(classes), answers...)
	m := &Matrix{}
	for _, answer := range answers {
		m.Answers = append(m.Answers, s.classes.label(answer))
	}
	for _, class := range classes {
		m.Classes = append(m.Classes, s.classes.label(class))
		row := make([]int, len(answers))
		for i, answer := range answers {
			row[i] = s.counts[[2]int{class, answer}]
		}
		m.Counts = append(m.Counts, row)
	}
	return m
}

// notes are what a reader of the figures should know.
func (s *tally) notes(r *Classified) []string {
	notes := newNotes()
	say := notes.say
	var few []string
	tested, largest, name := 0, 0, ""
	for _, c := range r.ByClass {
		n := c.Recall.Of
		if n == 0 {
			continue
		}
		tested++
		if n < fewest {
			few = append(few, c.Label)
		}
		if n > largest {
			largest, name = n, c.Label
		}
	}
	if len(few) > 0 {
		say("%s fewer than %d pictures: what is said of each alone is a guess: %s", classesHave(len(few)), fewest, abbreviated(few, 8))
	}
	if known := r.Top1.Of; tested > 1 && float64(largest)/float64(known) >= r.Top1.Low {
		say("it may be no better than always saying %s, which is right in %d of %d", name, largest, known)
	}
	if all := len(s.classes.exact); tested > 0 && tested < all {
		say("%d of the model's %d classes have pictures here; nothing is known of the others", tested, all)
	}
	if n := r.None; n != nil && n.Right.Of > 0 && s.Threshold == 0 && !s.taught {
		say("without a threshold every picture has an answer, so those that show none of the classes cannot be right")
	}
	if n := r.None; n != nil && s.taught && n.Unknown.Low > muchSilent {
		say("known things are called unknown more often than 1 in 20: show the model more pictures of each, as the camera sees them")
	}
	if !s.Probabilities {
		say("the scores are no probabilities: there are no figures by threshold, and none of calibration")
	}
	return notes.list
}

// notes are sentences for people.
type notes struct{ list []string }

func newNotes() *notes { return &notes{list: []string{}} }

func (n *notes) say(format string, args ...any) {
	n.list = append(n.list, fmt.Sprintf(format, args...))
}

// decimals is a figure from 0 to 1 as the field writes it.
func decimals(v float64) string { return fmt.Sprintf("%.3f", v) }

func classesHave(n int) string {
	if n == 1 {
		return "1 class has"
	}
	return fmt.Sprintf("%d classes have", n)
}

// abbreviated lists at most so many names.
func abbreviated(names []string, most int) string {
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %s", strings.Join(names[:most], ", "), text.Plural(len(names)-most, "other"))
}
