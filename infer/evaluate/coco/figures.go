package coco

import (
	"cmp"
	"maps"
	"math/bits"
	"slices"

	"github.com/inceptiond/inceptiond/internal/order"
)

// None is a figure of what there is nothing of.
const None = -1

// Figures are what pycocotools sums up, each 0 to 1, or None.
type Figures struct {
	AP, AP50, AP75 float64   // average precision over all thresholds, at 0.5 and at 0.75
	AR             float64   // average recall with Rules.Most finds
	Few            []float64 // with as many as Rules.Few has
	AR50, AR75     float64
	Areas          []Sized // by Rules.Areas, but for the first
	Classes        []Class // those that there are any of, by number
}

// Sized are the figures of a range of sizes.
type Sized struct {
	Name   string
	Truths int
	AP, AR float64
}

// Class are the figures of a class.
type Class struct {
	Class        int
	Truths       int
	AP, AP50, AR float64
}

// Figures are those of the pictures so far.
func (t *Tally) Figures() Figures {
	var f Figures
	var all [3]mean // average precision
	var recall [3]mean
	few := make([]mean, len(t.rules.Few))
	areas := make([]struct{ ap, ar mean }, len(t.rules.Areas))
	f.Areas = make([]Sized, len(t.rules.Areas))
	for _, number := range slices.Sorted(maps.Keys(t.classes)) {
		k := t.classes[number]
		k.sort()
		for a := range t.rules.Areas {
			truths := k.count(a, nil)
			f.Areas[a].Truths += truths
			if truths == 0 {
				continue
			}
			ap, ar := k.average(a, truths, nil), k.recalls(a, truths, t.rules.Most)
			areas[a].ap.add(ap[:]...)
			areas[a].ar.add(ar[:]...)
			if a > 0 {
				continue
			}
			f.Classes = append(f.Classes, Class{Class: number, Truths: truths, AP: of(ap[:]), AP50: ap[0], AR: of(ar[:])})
			for i, at := range [3]int{0, 0, 5} {
				all[i].add(ap[at])
				recall[i].add(ar[at])
			}
			for i, most := range t.rules.Few {
				ar := k.recalls(a, truths, most)
				few[i].add(ar[:]...)
			}
		}
	}
	f.AP, f.AR = areas[0].ap.value(), areas[0].ar.value()
	f.AP50, f.AP75, f.AR50, f.AR75 = all[1].value(), all[2].value(), recall[1].value(), recall[2].value()
	for i := range few {
		f.Few = append(f.Few, few[i].value())
	}
	for a := range areas {
		f.Areas[a].Name, f.Areas[a].AP, f.Areas[a].AR = t.rules.Areas[a].Name, areas[a].ap.value(), areas[a].ar.value()
	}
	f.Areas = f.Areas[1:]
	return f
}

// mean is that of what is added; None of nothing.
type mean struct {
	sum float64
	n   int
}

func (m *mean) add(values ...float64) {
	for _, v := range values {
		m.sum += v
	}
	m.n += len(values)
}

func (m *mean) value() float64 {
	if m.n == 0 {
		return None
	}
	return m.sum / float64(m.n)
}

func of(values []float64) float64 {
	var m mean
	m.add(values...)
	return m.value()
}

// Average is the average precision if the pictures counted as often as weights, which has a number for each in the order of Add, says.
func (t *Tally) Average(weights []int32) float64 {
	var m mean
	for _, number := range slices.Sorted(maps.Keys(t.classes)) {
		k := t.classes[number]
		k.sort()
		if truths := k.count(0, weights); truths > 0 {
			ap := k.average(0, truths, weights)
			m.add(ap[:]...)
		}
	}
	return m.value()
}

// sort puts the finds of k in the order in which they count: by score, and of equal ones those of earlier pictures first.
func (k *class) sort() {
	if k.sorted != len(k.found) {
		order.Stable(k.found, func(a, b scored) int { return cmp.Compare(b.score, a.score) })
		k.sorted = len(k.found)
	}
}

// weight is how often a picture counts; without weights each does once.
func weight(weights []int32, picture int32) int {
	if weights == nil {
		return 1
	}
	return int(weights[picture])
}

// count is how many things of k there are in a range of sizes.
func (k *class) count(area int, weights []int32) (n int) {
	for i := range k.truths {
		n += int(k.truths[i].n[area]) * weight(weights, k.truths[i].picture)
	}
	return n
}

// recalls are, for each threshold, the share of the truths that are found if each picture has that many finds at most.
func (k *class) recalls(area, truths, most int) (recalls [thresholds]float64) {
	var hits [thresholds]int
	for i := range k.found {
		if s := &k.found[i]; int(s.rank) < most {
			for left := uint(s.hit[area]); left != 0; left &= left - 1 {
				hits[bits.TrailingZeros(left)]++
			}
		}
	}
	for i := range recalls {
		recalls[i] = float64(hits[i]) / float64(truths)
	}
	return recalls
}

// average is the average precision at each threshold.
func (k *class) average(area, truths int, weights []int32) (averages [thresholds]float64) {
	var c curve
	for t := range thresholds {
		c.begin()
		for i := range k.found {
			s := &k.found[i]
			if n := weight(weights, s.picture); n > 0 && s.ignored[area]>>t&1 == 0 {
				c.add(int(s.hit[area]>>t&1), n)
			}
		}
		averages[t] = c.area(truths)
	}
	return averages
}

// points is how many values of recall an average precision is the mean over: 0, 0.01, … 1.
const points = 101

// curve is precision by recall, as finds are added by their scores.
type curve struct {
	right, all int
	precision  []float64 // after each find
	found      []int     // truths by then
}

func (c *curve) begin() {
	c.right, c.all = 0, 0
	c.precision, c.found = c.precision[:0], c.found[:0]
}

// add takes a find that is there n times.
func (c *curve) add(right, n int) {
	c.right += right * n
	c.all += n
	c.precision = append(c.precision, float64(c.right)/(float64(c.all)+epsilon))
	c.found = append(c.found, c.right)
}

// area is the mean of the best precision that there is at each point of recall or beyond; 0 where none is reached. It is the end of
// the curve.
func (c *curve) area(truths int) float64 {
	for i := len(c.precision) - 1; i > 0; i-- {
		c.precision[i-1] = max(c.precision[i-1], c.precision[i])
	}
	sum, at := 0.0, 0
	for p := range points {
		for at < len(c.found) && float64(c.found[at])/float64(truths) < recallAt(p) {
			at++
		}
		if at == len(c.found) {
			break
		}
		sum += c.precision[at]
	}
	return sum / points
}

// recallAt is point p, as numpy.linspace(0, 1, 101) has it.
func recallAt(p int) float64 {
	if p == points-1 {
		return 1
	}
	return float64(p) * (1. / (points - 1))
}

// Work is about how many steps Average takes.
func (t *Tally) Work() (n int) {
	for _, k := range t.classes {
		n += thresholds * len(k.found)
	}
	return n
}
