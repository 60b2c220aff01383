package learn

import "github.com/inceptiond/inceptiond/internal/stats"

// Comparison is two versions against each other.
type Comparison struct {
	Pictures int // that the cross validation of both was asked, in the same class
	OldRight int // of these
	NewRight int
	Old, New Interval // of the shares that are right
	Worse    bool     // the new one is, by more than chance
}

// Compare tells whether a new version is worse than the old one, by what the cross validation of each said of the pictures
// that both have, so of pictures that it had not been shown: it is if even the high end of its interval is below what the
// old one had right.
func Compare(old, new *Report) Comparison {
	type key struct{ picture, class string }
	before := map[key]Answer{}
	for _, a := range old.Answers {
		if a.Counted {
			before[key{a.Picture, a.Class}] = a
		}
	}
	var c Comparison
	for _, a := range new.Answers {
		was, both := before[key{a.Picture, a.Class}]
		if !both {
			continue
		}
		c.Pictures++
		if was.Said == was.Class {
			c.OldRight++
		}
		if a.Said == a.Class {
			c.NewRight++
		}
	}
	c.Old.Low, c.Old.High = stats.Wilson(c.OldRight, c.Pictures)
	c.New.Low, c.New.High = stats.Wilson(c.NewRight, c.Pictures)
	c.Worse = c.Pictures > 0 && float64(c.OldRight)/float64(c.Pictures) > c.New.High
	return c
}
