package evaluate

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/inceptiond/inceptiond/infer/evaluate/coco"
	"github.com/inceptiond/inceptiond/infer/evaluate/truth"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/order"
	"github.com/inceptiond/inceptiond/internal/text"
)

// objectCounts are the counts of what finds objects or postures.
type objectCounts struct {
	subjects []*objectTally
	pairs    []objectPair
	judged   bool
	pictures int
}

// objectTally is the counts of one subject.
type objectTally struct {
	Subject
	timing
	classes *classes
	places  []int // of Options.Classes, the number that the subject has for each
	wanted  map[int]bool
	tally   *coco.Tally
	all     classTally
	byClass map[int]*classTally
	counted int // pictures of whose classes as many are found as there are

	seen     seen // the latest picture
	wrongest top[Scene]
}

func newObjectCounts(subjects []Subject, o Options) *objectCounts {
	c := &objectCounts{judged: !o.Unjudged}
	for i := range subjects {
		s := &objectTally{Subject: subjects[i], timing: newTiming(o), wanted: map[int]bool{}, byClass: map[int]*classTally{}, wrongest: top[Scene]{most: o.Shown}}
		s.classes = newClasses(&s.Subject)
		rules := coco.Boxes()
		if s.bodies() {
			rules = coco.Bodies()
		}
		s.tally = coco.NewTally(rules)
		for _, k := range o.Classes {
			place, _ := s.place(k) // else CheckClasses has said so
			s.places = append(s.places, place)
			s.wanted[place] = true
		}
		c.subjects = append(c.subjects, s)
	}
	for range max(len(subjects)-1, 0) {
		c.pairs = append(c.pairs, objectPair{differ: top[Scene]{most: o.Shown}})
	}
	return c
}

// CheckClasses says which of the classes that a truth speaks of a subject does not have. The error joins a *ClassError for each.
func CheckClasses(subjects []Subject, classes []truth.Class) error {
	var errs []error
	for _, s := range newObjectCounts(subjects, Options{}).subjects {
		for _, k := range classes {
			if _, err := s.place(k); err != nil {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}

// Place is the number that a subject has for a class that a truth speaks of. The error is a *ClassError.
func Place(s *Subject, k truth.Class) (int, error) {
	return newObjectCounts([]Subject{*s}, Options{}).subjects[0].place(k)
}

func (s *objectTally) bodies() bool { return s.Kind == task.Pose }

// place is the number that s has for a class. The error is a *ClassError.
func (s *objectTally) place(k truth.Class) (int, error) {
	switch {
	case s.bodies():
		return 0, nil
	case k.Name != "" && s.Labels != nil:
		return s.classes.find(k.Name)
	case k.Index < 0 || s.Subject.Classes > 0 && k.Index >= s.Subject.Classes:
		return none, &ClassError{Class: cmp.Or(k.Name, fmt.Sprint(k.Index)), Subject: s.Name, Near: s.classes.near(k.Name)}
	}
	return k.Index, nil
}

// label is what s calls a class.
func (s *objectTally) label(class int) string {
	if s.bodies() {
		return "person"
	}
	return s.classes.label(class)
}

// check is [counts]'s: classes of pictures are for classifiers.
func (c *objectCounts) check(...string) error { return nil }

// name is [counts]'s.
func (c *objectCounts) name(class string) string { return class }

// add is [counts]'s.
func (c *objectCounts) add(p *Picture, answers []Answer) error {
	if c.judged && p.Shows == nil {
		return &PictureError{errors.New("nobody has said what it shows")}
	}
	shows := p.Shows
	if !c.judged {
		shows = nil
	}
	for i, s := range c.subjects {
		if err := s.seen.set(s, shows, &answers[i]); err != nil {
			return &PictureError{err}
		}
	}
	for i, s := range c.subjects {
		s.timing.add(Shown{Picture: p.Name, Answers: []Guess{}, Took: text.Milliseconds(answers[i].Took)})
		if c.judged {
			s.add(p)
		}
	}
	for i := range c.pairs {
		c.pairs[i].add(p, c.subjects[0], c.subjects[i+1])
	}
	c.pictures++
	return nil
}

// add counts the picture that s has seen last.
func (s *objectTally) add(p *Picture) {
	v := &s.seen
	match := s.tally.Add(v.truths, v.found, v.like)
	taken := make([]int, len(v.truths)) // the find of each; its number + 1
	surplus := map[int]int{}            // of each class, how many more are found than are there
	for f, t := range match {
		free := t >= 0 && v.free(t)
		if !free {
			s.count(v.found[f].Class, v.found[f].Score, t >= 0)
		}
		if v.found[f].Score < float32(s.Threshold) {
			continue
		}
		if t >= 0 {
			taken[t] = f + 1
		}
		if !free {
			surplus[v.found[f].Class]++
		}
	}
	for t := range v.truths {
		if !v.free(t) {
			s.class(v.truths[t].Class).pictures++
			s.all.pictures++
			surplus[v.truths[t].Class]--
		}
	}
	if even(surplus) {
		s.counted++
	}
	s.show(p, match, taken)
}

// even tells whether as many are found of every class as there are.
func even(surplus map[int]int) bool {
	for _, n := range surplus {
		if n != 0 {
			return false
		}
	}
	return true
}

// class is the counts of a class.
func (s *objectTally) class(i int) *classTally {
	if s.byClass[i] == nil {
		s.byClass[i] = new(classTally)
	}
	return s.byClass[i]
}

// count counts a find, which is right or false.
func (s *objectTally) count(class int, score float32, right bool) {
	for _, c := range []*classTally{&s.all, s.class(class)} {
		c.find(score, score >= float32(s.Threshold), right)
	}
}

// find counts an answer that names the class.
func (c *classTally) find(score float32, said, right bool) {
	for i := range steps + 1 {
		if i > 0 && score < float32(stepAt(i)) {
			break
		}
		c.answeredAt[i]++
		if right {
			c.rightAt[i]++
		}
	}
	if said {
		c.answered++
		if right {
			c.right++
		}
	}
}

// maxScene is the most objects of a scene that are listed.
const maxScene = 100

// show notes the picture for the list of wrong ones.
func (s *objectTally) show(p *Picture, match, taken []int) {
	v := &s.seen
	scene := Scene{Picture: p.Name, Objects: []SceneObject{}, read: p.Read}
	for f, t := range match {
		o := SceneObject{State: isFalse, Label: s.label(v.found[f].Class), Box: v.at(v.boxes[f]), Score: float64(v.found[f].Score)}
		switch {
		case v.found[f].Score < float32(s.Threshold):
			continue
		case t >= 0 && v.free(t):
			o.State = isCrowd
		case t >= 0:
			o.State = isFound
		default:
			scene.rank += o.Score
		}
		if s.bodies() {
			o.body = v.posture(f)
		}
		scene.Objects = append(scene.Objects, o)
	}
	for t := range v.truths {
		if taken[t] > 0 {
			continue
		}
		o := SceneObject{State: isMissed, Label: s.label(v.truths[t].Class), Box: v.at(v.shows.Objects[v.from[t]].Box)}
		if v.free(t) {
			o.State = isCrowd
		} else {
			scene.rank++
		}
		if s.bodies() {
			o.body = v.trueBody(t)
		}
		scene.Objects = append(scene.Objects, o)
	}
	if scene.rank > 0 {
		scene.limit()
		s.wrongest.add(scene)
	}
}

// limit puts false and missed objects first, and leaves out what is more than some.
func (s *Scene) limit() {
	states := []string{isFalse, isFirst, isSecond, isMissed, isFound, isBoth, isCrowd}
	order.Stable(s.Objects, func(a, b SceneObject) int {
		return cmp.Or(cmp.Compare(slices.Index(states, a.State), slices.Index(states, b.State)), cmp.Compare(b.Score, a.Score))
	})
	s.Objects = s.Objects[:min(len(s.Objects), maxScene)]
}

// seen is what a picture shows, and what is found in it, as a subject counts classes and in the pixels of the truth.
type seen struct {
	width, height float64
	bodies        bool
	shows         *truth.Picture // in pixels; nil: nobody knows
	truths        []coco.Truth
	from          []int // of each, the number in shows
	found         []coco.Found
	boxes         []coco.Box // of found
	points        [][coco.Keypoints]coco.Point
	findings      *task.Findings
	of            []int // of each found, the number in findings
}

// set takes a picture. The error is about a truth that is not of a picture of that shape.
func (v *seen) set(s *objectTally, shows *truth.Picture, a *Answer) error {
	v.width, v.height, v.bodies, v.findings, v.shows = float64(a.Width), float64(a.Height), s.bodies(), a.Found, nil
	v.truths, v.from, v.found, v.boxes, v.points, v.of = v.truths[:0], v.from[:0], v.found[:0], v.boxes[:0], v.points[:0], v.of[:0]
	if shows != nil {
		if err := v.setTruth(s, shows); err != nil {
			return err
		}
	}
	for i, o := range a.Found.Objects {
		if v.shows == nil || s.wanted[o.Index] {
			v.find(i, o.Index, o.Score, coco.Box{X: o.Box.X * v.width, Y: o.Box.Y * v.height, Width: o.Box.Width * v.width, Height: o.Box.Height * v.height})
		}
	}
	for i := range a.Found.Postures {
		points := v.pixels(&a.Found.Postures[i])
		v.points = append(v.points, points)
		v.find(i, 0, a.Found.Postures[i].Score, around(&points))
	}
	return nil
}

func (v *seen) find(i, class int, score float32, box coco.Box) {
	v.found = append(v.found, coco.Found{Class: class, Score: score, Area: box.Area()})
	v.boxes, v.of = append(v.boxes, box), append(v.of, i)
}

// setTruth takes what the picture shows.
func (v *seen) setTruth(s *objectTally, shows *truth.Picture) error {
	if shows.Width > 0 && shows.Height > 0 {
		const apart = 1.02 // as far as a copy of another size may be
		if ratio := shows.Width * v.height / (shows.Height * v.width); ratio > apart || ratio < 1/apart {
			return fmt.Errorf("it has %v x %v pixels, and what it shows was written down of %v x %v (is it turned, or another picture?)",
				v.width, v.height, shows.Width, shows.Height)
		}
		v.width, v.height = shows.Width, shows.Height
	}
	if shows.Fractions {
		shows = shows.Scaled(v.width, v.height)
	}
	v.shows = shows
	for i := range shows.Objects {
		o := &shows.Objects[i]
		if o.Class >= len(s.places) {
			return fmt.Errorf("it shows class %d of %d", o.Class, len(s.places))
		}
		if v.bodies && o.Body == nil {
			return errors.New("what it shows has no keypoints")
		}
		v.truths = append(v.truths, coco.Truth{Class: s.places[o.Class], Area: o.Area, Crowd: o.Crowd || o.Difficult, Skip: v.bodies && o.Labeled == 0})
		v.from = append(v.from, i)
	}
	return nil
}

// free tells whether a truth need not be found.
func (v *seen) free(t int) bool { return v.truths[t].Crowd || v.truths[t].Skip }

// like is how like a find is to a truth.
func (v *seen) like(f, t int) float64 {
	o := &v.shows.Objects[v.from[t]]
	if v.bodies {
		return coco.OKS(&v.points[f], o.Body)
	}
	return coco.IoU(v.boxes[f], o.Box, o.Crowd)
}

// at is a box in fractions of the picture.
func (v *seen) at(b coco.Box) [4]float64 {
	return [4]float64{b.X / v.width, b.Y / v.height, b.Width / v.width, b.Height / v.height}
}

// pixels are the keypoints of a posture.
func (v *seen) pixels(p *task.Posture) (points [coco.Keypoints]coco.Point) {
	for i, k := range p.Keypoints {
		points[i] = coco.Point{X: float64(k.X) * v.width, Y: float64(k.Y) * v.height, Labeled: k.Score > 0}
	}
	return points
}

// around is the box around all points.
func around(points *[coco.Keypoints]coco.Point) coco.Box {
	left, top, right, bottom := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, p := range points {
		left, right, top, bottom = min(left, p.X), max(right, p.X), min(top, p.Y), max(bottom, p.Y)
	}
	return coco.Box{X: left, Y: top, Width: right - left, Height: bottom - top}
}

// posture is a copy of what is found, to be drawn.
func (v *seen) posture(f int) *task.Posture {
	p := v.findings.Postures[v.of[f]]
	return &p
}

// trueBody is a truth, to be drawn: what is far outside of the picture is drawn beside it.
func (v *seen) trueBody(t int) *task.Posture {
	near := func(share float64) float32 { return float32(min(max(share, -1), 2)) }
	p := &task.Posture{Score: 1}
	for i, k := range v.shows.Objects[v.from[t]].Body.Points {
		if k.Labeled {
			p.Keypoints[i] = task.Keypoint{X: near(k.X / v.width), Y: near(k.Y / v.height), Score: 1}
		}
	}
	return p
}
