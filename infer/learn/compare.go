package learn

import "github.com/inceptiond/inceptiond/internal/stats"

// Comparison is two versions against each other.
type Comparison struct {
	Pictures int      // that the cross validation of both was asked, in the same class
	OldRight int      // of these
	NewRight int      // of these
	Lost     int      // that only the old one had right
	Gained   int      // that only the new one had right
	Old, New Interval // of the shares that are right
	Worse    bool     // the new one is, by more than chance
}

// maxChance is how probable a difference may be if there is none in truth, to be taken for one: what lies outside of an
// interval of 95 %.
const maxChance = 0.05

// Compare tells whether a new version is worse than the old one, by what the cross validation of each said of the pictures
// that both have, so of pictures that it had not been shown. They are the same pictures, so what counts is those of which
// only one is right (McNemar's test): it takes six that only the old one has right, and more if the new one has gained some.
func Compare(old, new *Report) Comparison {
	type key struct{ picture, class string }
	before := map[key]bool{} // whether it was right
	for _, a := range old.Answers {
		if a.Counted {
			before[key{a.Picture, a.Class}] = a.Said == a.Class
		}
	}
	var c Comparison
	for _, a := range new.Answers {
		was, both := before[key{a.Picture, a.Class}]
		if !both {
			continue
		}
		is := a.Said == a.Class
		c.Pictures++
		c.OldRight += count(was)
		c.NewRight += count(is)
		c.Lost += count(was && !is)
		c.Gained += count(is && !was)
	}
	c.Old.Low, c.Old.High = stats.Wilson(c.OldRight, c.Pictures)
	c.New.Low, c.New.High = stats.Wilson(c.NewRight, c.Pictures)
	c.Worse = c.Lost > c.Gained && stats.McNemar(c.Lost, c.Gained) < maxChance
	return c
}

// count is 1 if something holds.
func count(holds bool) int {
	if holds {
		return 1
	}
	return 0
}
