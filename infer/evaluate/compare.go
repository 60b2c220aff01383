package evaluate

import (
	"fmt"

	"github.com/inceptiond/inceptiond/internal/stats"
	"github.com/inceptiond/inceptiond/internal/text"
)

// chance is the probability below which a difference is called larger than chance.
const chance = 0.05

// pair counts how two subjects answer the same pictures.
type pair struct {
	both, first, second, neither int // right
	differing                    int
	differ                       top[Difference]
}

// add counts the answers to a picture of a class, as the first subject calls it.
func (c *pair) add(p Picture, class string, first, second verdict) {
	switch {
	case first.right && second.right:
		c.both++
	case first.right:
		c.first++
	case second.right:
		c.second++
	default:
		c.neither++
	}
	if first.answer.Label == second.answer.Label || first.right && second.right {
		return
	}
	c.differing++
	d := Difference{Picture: p.Name, Class: class, First: first.answer, Second: second.answer, read: p.Read}
	d.rank = max(first.rank, second.rank)
	if first.right != second.right { // these decide which is better
		const before = 10
		d.rank += before
	}
	c.differ.add(d)
}

// comparison says which of the two subjects is better, if that is known, or else how they agree.
func (c *pair) comparison(r *Comparison, pictures int, judged bool) {
	r.ClassPair = &ClassPair{
		BothRight: c.both, FirstOnly: c.first, SecondOnly: c.second, BothWrong: c.neither, Differing: c.differing, Differ: append([]Difference{}, c.differ.list...),
	}
	r.P, r.Alike = stats.McNemar(c.first, c.second), newShare(pictures-c.differing, pictures)
	if !judged {
		r.P, r.ClassPair.BothRight, r.ClassPair.FirstOnly, r.ClassPair.SecondOnly, r.ClassPair.BothWrong = 1, 0, 0, 0, 0
		for i := range r.Differ {
			r.Differ[i].First.Right, r.Differ[i].Second.Right = false, false
		}
		r.Verdict = fmt.Sprintf("Both give the same answer to %d of %s.", r.Alike.Count, text.Plural(pictures, "picture"))
		return
	}
	better, worse := r.First, r.Second
	if c.second > c.first {
		better, worse = r.Second, r.First
	}
	only, other := max(c.first, c.second), min(c.first, c.second)
	switch {
	case c.differing == 0:
		r.Verdict = fmt.Sprintf("Both give the same answer to each of the %s.", text.Plural(pictures, "picture"))
	case only == 0:
		r.Verdict = "Both are right on the same pictures; where both are wrong, they differ."
	case only == other:
		r.Verdict = fmt.Sprintf("Neither is better here: each alone is right on %s.", text.Plural(only, "picture"))
	case r.P < chance:
		r.Better = better
		r.Verdict = fmt.Sprintf("%s is better than %s, by more than chance explains: it alone is right on %s, the other alone on %d (p = %s).",
			better, worse, text.Plural(only, "picture"), other, probability(r.P))
	default:
		r.Verdict = fmt.Sprintf("The difference may be chance: %s alone is right on %s, %s alone on %d (p = %s). More pictures would tell.",
			better, text.Plural(only, "picture"), worse, other, probability(r.P))
	}
}

// probability is p for people.
func probability(p float64) string {
	if p < 0.001 {
		return "below 0.001"
	}
	return fmt.Sprintf("%.2g", p)
}
