package evaluate

import (
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/infer/evaluate/coco"
	"github.com/inceptiond/inceptiond/internal/text"
)

// objectPair counts how what two subjects find in the same pictures compares. What the first finds is the truth to which the second is
// held: where both are as sure as their thresholds, the label is the same, and the likeness is 0.5.
type objectPair struct {
	both, first, second, alike int
	like, apart                float64
	differ                     top[Scene]
}

// add counts the picture that two subjects have seen last.
func (c *objectPair) add(p *Picture, first, second *objectTally) {
	a, b := said(first), said(second)
	truths := make([]coco.Truth, len(a))
	finds := make([]coco.Found, len(b))
	for i, f := range a {
		truths[i] = coco.Truth{Class: number(second, first.label(first.seen.found[f].Class)), Area: first.seen.found[f].Area}
	}
	for i, f := range b {
		finds[i] = second.seen.found[f]
	}
	like := func(f, t int) float64 { return alike(first, a[t], second, b[f]) }
	rules := coco.Boxes()
	rules.Areas = rules.Areas[:1]
	match := coco.NewTally(rules).Add(truths, finds, like)
	scene := Scene{Picture: p.Name, Objects: []SceneObject{}, read: p.Read}
	matched := make([]bool, len(a))
	for f, t := range match {
		state := isSecond
		if t >= 0 {
			state, matched[t] = isBoth, true
			c.both++
			c.like += like(f, t)
			c.apart = max(c.apart, math.Abs(float64(finds[f].Score)-float64(first.seen.found[a[t]].Score)))
		} else {
			c.second++
		}
		scene.add(second, b[f], state)
	}
	for t, f := range a {
		if !matched[t] {
			c.first++
			scene.add(first, f, isFirst)
		}
	}
	if scene.rank == 0 {
		c.alike++
		return
	}
	scene.limit()
	c.differ.add(scene)
}

// said are the finds of the latest picture that a subject is sure enough of.
func said(s *objectTally) (list []int) {
	for i, f := range s.seen.found {
		if f.Score >= float32(s.Threshold) {
			list = append(list, i)
		}
	}
	return list
}

// number is what s calls a class of that label; none if it has no such class.
func number(s *objectTally, label string) int {
	if s.bodies() {
		return 0
	}
	i, err := s.classes.find(label)
	if err != nil {
		return none
	}
	return i
}

// alike is how like a find of one subject is to another's.
func alike(first *objectTally, a int, second *objectTally, b int) float64 {
	if !first.bodies() {
		return coco.IoU(second.seen.boxes[b], first.seen.boxes[a], false)
	}
	return coco.OKS(&second.seen.points[b], &coco.Body{Points: first.seen.points[a], Box: first.seen.boxes[a], Area: first.seen.found[a].Area})
}

// add adds a find of a subject's latest picture.
func (s *Scene) add(by *objectTally, f int, state string) {
	v := &by.seen
	o := SceneObject{State: state, Label: by.label(v.found[f].Class), Box: v.at(v.boxes[f]), Score: float64(v.found[f].Score)}
	if by.bodies() {
		o.body = v.posture(f)
	}
	if state != isBoth {
		s.rank += o.Score
	}
	s.Objects = append(s.Objects, o)
}

// comparison says how the two subjects agree.
func (c *objectPair) comparison(r *Comparison, pictures int) {
	m := &Matched{Both: c.both, FirstOnly: c.first, SecondOnly: c.second, Score: c.apart, Differ: append([]Scene{}, c.differ.list...)}
	if c.both > 0 {
		m.Likeness = c.like / float64(c.both)
	}
	r.Found, r.Alike, r.P = m, newShare(c.alike, pictures), 1
	r.Verdict = fmt.Sprintf("Both find the same in %d of %s.", c.alike, text.Plural(pictures, "picture"))
}
