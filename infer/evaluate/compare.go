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

// comparison says which of the two subjects is better, if that is known.
func (c *pair) comparison(first, second string, pictures int) Comparison {
	r := Comparison{
		First: first, Second: second, BothRight: c.both, FirstOnly: c.first, SecondOnly: c.second, BothWrong: c.neither,
		P: stats.McNemar(c.first, c.second), Differing: c.differing, Differ: append([]Difference{}, c.differ.list...),
	}
	better, worse := first, second
	if c.second > c.first {
		better, worse = second, first
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
	return r
}

// probability is p for people.
func probability(p float64) string {
	if p < 0.001 {
		return "below 0.001"
	}
	return fmt.Sprintf("%.2g", p)
}
