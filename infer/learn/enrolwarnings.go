package learn

import (
	"fmt"
	"slices"
	"strings"
)

// When what is a warning, of people. docs/people.md has what one, two and three pictures of somebody gave.
const (
	fewPictures = 3   // of somebody, below which they are often not recognized
	outlier     = 1.5 // times the median distance to the own person, from which on a picture is far off
	mostPairs   = 10  // of people who look the same that are named
	enoughRight = 0.9 // of the pictures: with so many recognized a greater distance gains less than it risks
)

// warnings is what a user should know, the gravest first.
func (n *enrolment) warnings(r *Report) []Warning {
	list := []Warning{}
	for _, some := range [][]Warning{
		n.blind(r), n.unlike(r), n.lookSame(), n.wrongPeople(), n.tooLittle(), nearCopies(n.classes, n.list, n.same), unread(n.skipped), n.notUsed(),
	} {
		list = append(list, some...)
	}
	return listed(list)
}

// blind tells of a network that does not tell the people apart.
func (n *enrolment) blind(r *Report) []Warning {
	var most ReportAtMost
	for _, at := range r.People.Distances {
		if at.MaxDistance == r.People.Suggested {
			most = at
		}
	}
	if r.People.Suggested == 0 || float64(most.Right) >= badAccuracy*float64(r.Total) {
		return nil
	}
	return []Warning{{Kind: WarnBadBase, Text: fmt.Sprintf("the network hardly tells these people apart: without a stranger taken for somebody "+
		"it recognizes %d of %d pictures (is it one for faces, and are the pictures cut to the face?)", most.Right, r.Total)}}
}

// unlike tells of a distance that does not suit the people.
func (n *enrolment) unlike(r *Report) []Warning {
	p := r.People
	if p.Suggested == 0 || p.Suggested == p.MaxDistance {
		return nil
	}
	now, then := n.at(p.MaxDistance), n.at(p.Suggested)
	few := float64(now.Right) < enoughRight*float64(r.Total) && now.Right < then.Right
	if !few && now.Accepted <= then.Accepted {
		return nil
	}
	return []Warning{{Kind: WarnDistance, Text: fmt.Sprintf("with max_distance: %v %d of %d pictures are recognized, and %d of %d strangers are taken for somebody; "+
		"with max_distance: %v it is %d and %d", p.MaxDistance, now.Right, r.Total, now.Accepted, p.Strangers, p.Suggested, then.Right, then.Accepted)}}
}

// lookSame finds pairs of people of whom a picture of one would be taken for the other.
func (n *enrolment) lookSame() (list []Warning) {
	at := map[[2]int]int{} // in list
	for i, p := range n.list {
		v := n.asked[i]
		if !p.first || v.other > n.options.MaxDistance {
			continue
		}
		key := [2]int{min(p.class, v.nearest), max(p.class, v.nearest)}
		if _, there := at[key]; !there {
			if len(list) == mostPairs {
				continue
			}
			at[key] = len(list)
			list = append(list, Warning{Kind: WarnLookSame, Classes: []string{n.classes[key[0]], n.classes[key[1]]}})
		}
		if w := &list[at[key]]; len(w.Pictures) < mostExamples {
			w.Pictures = append(w.Pictures, p.id)
		}
	}
	for i := range list {
		w := &list[i]
		w.Text = fmt.Sprintf("%s and %s look alike to it: if only one of them were known, pictures of the other would be taken for that one (%s)",
			w.Classes[0], w.Classes[1], plural(len(w.Pictures), "picture"))
	}
	return list
}

// wrongPeople finds pictures that may be of somebody else: those that are nearer to another person than to their own, and those that are
// far from their own.
func (n *enrolment) wrongPeople() []Warning {
	limit := n.outlier()
	var wrong []int
	for i, p := range n.list {
		if v := n.asked[i]; v.own < none && p.first && (v.other < v.own || v.own > limit) {
			wrong = append(wrong, i)
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	n.worstFirst(wrong)
	w, said := Warning{Kind: WarnWrongLabel}, []string{}
	for _, i := range wrong[:min(mostWrong, len(wrong))] {
		p, v := n.list[i], n.asked[i]
		w.Pictures = append(w.Pictures, p.id)
		if !slices.Contains(w.Classes, p.Class) {
			w.Classes = append(w.Classes, p.Class)
		}
		if v.other < v.own {
			said = append(said, fmt.Sprintf("%s is nearer to %s (%.2f) than to %s (%.2f)", p.label(), n.classes[v.nearest], v.other, p.Class, v.own))
		} else {
			said = append(said, fmt.Sprintf("%s is far from the others of %s (%.2f)", p.label(), p.Class, v.own))
		}
	}
	w.Text = "look at these, which may show somebody else, or no face: " + strings.Join(said, "; ")
	return []Warning{w}
}

// outlier is the distance to their own person from which on pictures are far off.
func (n *enrolment) outlier() float64 {
	var own []float64
	for i, p := range n.list {
		if v := n.asked[i]; p.first && v.own < none {
			own = append(own, v.own)
		}
	}
	if len(own) < fewPictures {
		return none
	}
	slices.Sort(own)
	return max(outlier*own[len(own)/2], n.options.MaxDistance)
}

func (n *enrolment) tooLittle() (list []Warning) {
	for c, units := range unitsOf(n.classes, n.list) {
		if name := n.classes[c]; units < fewPictures {
			list = append(list, Warning{Kind: WarnTooLittle, Classes: []string{name},
				Text: fmt.Sprintf("%s has %s: often not recognized (%d or more, of different days, are good)", name, plural(units, "picture"), guess)})
		}
	}
	return list
}

// notUsed tells of pictures that were left out.
func (n *enrolment) notUsed() []Warning {
	if len(n.left) == 0 {
		return nil
	}
	return []Warning{{Kind: WarnNotUsed, Text: fmt.Sprintf("%s are not used: at most %d of each person", plural(len(n.left), "picture"), n.options.MaxPictures)}}
}
