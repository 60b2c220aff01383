// Package coco says how well things are found, as the COCO challenge measures it: average precision and average recall over ten
// thresholds of overlap (https://cocodataset.org/#detection-eval). The figures are those of pycocotools 2.0, to the last digits: its
// order of matching, its crowds, its 101 points of recall, its at most 100 finds a picture and class.
//
// [Tally] takes pictures one by one, and knows neither boxes nor keypoints: how like a find is to what is there, 0 to 1, it is told.
// [IoU] and [OKS] are the two ways that COCO has for that. It keeps some 30 bytes of each find.
package coco

// Truth is a thing that a picture shows.
type Truth struct {
	Class int
	Area  float64 // in pixels
	Crowd bool    // it is many in one: any number of finds may be of it, and none need be
	Skip  bool    // as a crowd it need not be found, but only one find can be of it: a body without a keypoint
}

// Found is a thing that somebody says is there.
type Found struct {
	Class int
	Score float32
	Area  float64 // in pixels
}

// Rules are what differs between the challenges.
type Rules struct {
	Most  int    // finds of a class in a picture that count
	Areas []Area // the first of them has all
	Few   []int  // numbers of finds for which recall is told, too
}

// Area is a range of sizes, in pixels, both of which belong to it.
type Area struct {
	Name     string
	Min, Max float64
}

// Of these sizes there are figures: as wide as COCO has them.
const (
	mediumFrom = 32 * 32
	largeFrom  = 96 * 96
	largest    = 1e5 * 1e5
)

// Boxes are the rules for boxes.
func Boxes() Rules {
	return Rules{Most: 100, Few: []int{1, 10}, Areas: []Area{{"all", 0, largest}, {"small", 0, mediumFrom}, {"medium", mediumFrom, largeFrom}, {"large", largeFrom, largest}}}
}

// Bodies are the rules for keypoints of people.
func Bodies() Rules {
	return Rules{Most: 20, Areas: []Area{{"all", 0, largest}, {"medium", mediumFrom, largeFrom}, {"large", largeFrom, largest}}}
}

// The thresholds of likeness from which on a find is right: 0.5 to 0.95.
const thresholds = 10

// likeness is threshold i, as numpy.linspace(.5, .95, 10) has it.
func likeness(i int) float64 {
	if i == thresholds-1 {
		return 0.95
	}
	const from, to = 0.5, 0.95
	step := (float64(to) - from) / (thresholds - 1)
	return float64(float64(i)*step) + from
}

// maxAreas is as many ranges as there are figures for.
const maxAreas = 4

// Tally counts what is found in pictures. It is not for concurrent use.
type Tally struct {
	rules    Rules
	pictures int
	classes  map[int]*class
	matcher  matcher
	match    []int // of the latest picture
}

// class is what is known of a class.
type class struct {
	found  []scored
	truths []counted
	sorted int // as many of found are in order
}

// scored is a find.
type scored struct {
	score   float32
	picture int32
	rank    int16            // among those of its class in its picture
	hit     [maxAreas]uint16 // a bit for each threshold at which it is right
	ignored [maxAreas]uint16 // a bit for each at which it counts for nothing
}

// counted is how many things of a class a picture shows that are to be found.
type counted struct {
	picture int32
	n       [maxAreas]int32
}

// NewTally counts by some rules.
func NewTally(r Rules) *Tally { return &Tally{rules: r, classes: map[int]*class{}} }

// Add counts a picture. like tells how like find f is to truth t, which have the same class. What it returns is good until the next
// call: for each find the truth that it is of, where likeness 0.5 is enough, and -1 for one that is of none.
func (t *Tally) Add(truths []Truth, found []Found, like func(f, t int) float64) []int {
	t.match = t.match[:0]
	for range found {
		t.match = append(t.match, -1)
	}
	m := &t.matcher
	for c := range m.split(truths, found, t.rules.Most) {
		m.compare(truths, found, like)
		k := t.classes[c]
		if k == nil {
			k = new(class)
			t.classes[c] = k
		}
		at := len(k.found)
		for rank, f := range m.found {
			k.found = append(k.found, scored{score: found[f].Score, picture: int32(t.pictures), rank: int16(rank)})
		}
		n := counted{picture: int32(t.pictures)}
		for i, a := range t.rules.Areas {
			n.n[i] = m.area(truths, found, a, i, k.found[at:])
			if i == 0 {
				m.told(t.match)
			}
		}
		if n.n[0] > 0 {
			k.truths = append(k.truths, n)
		}
	}
	t.pictures++
	return t.match
}
