package learn

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/order"
)

const (
	copyDistance = 0.02        // that near-copies are less apart
	moment       = time.Minute // in which one camera sees the same
)

// join finds the near-copies of each class: pictures whose codes are less than copyDistance apart, and those of one camera
// within a moment. It sets unit, copy and first, and returns own: for each picture the distance to the nearest one of its
// class that is no near-copy of it, if there is one.
func join(list []*seen, classes, zero int) (own []float64) {
	for c := range classes {
		some := ofClass(list, c)
		apart := distances(some, zero)
		units := newSets(len(some))
		for i := range some {
			for k := range i {
				if apart[i][k] < copyDistance {
					units.join(i, k)
				}
			}
		}
		units.number(func(i, number int) { some[i].copy = number })
		joinMoments(some, units)
		own = append(own, ownDistances(some, apart, numberUnits(some, units))...)
	}
	return own
}

// numberUnits sets unit and first of the pictures of a class, and returns how many units there are.
func numberUnits(some []*seen, units *sets) int {
	n := units.number(func(i, number int) { some[i].unit = number })
	met := make([]bool, n)
	for _, s := range some {
		s.first = !met[s.unit]
		met[s.unit] = true
	}
	return n
}

// distances has how far each picture is from each before it.
func distances(some []*seen, zero int) [][]float64 {
	apart := make([][]float64, len(some))
	parallel(len(some), func(i int) {
		apart[i] = make([]float64, i)
		for k := range i {
			apart[i][k] = task.Distance(some[i].codes, some[k].codes, zero)
		}
	})
	return apart
}

// ownDistances is how far each picture is from the nearest of another unit; of another picture, if there is but one unit.
func ownDistances(some []*seen, apart [][]float64, units int) []float64 {
	own := make([]float64, len(some))
	for i := range own {
		own[i] = math.Inf(1)
	}
	for i := range some {
		for k := range i {
			if units == 1 || some[i].unit != some[k].unit {
				own[i], own[k] = min(own[i], apart[i][k]), min(own[k], apart[i][k])
			}
		}
	}
	return slices.DeleteFunc(own, func(d float64) bool { return math.IsInf(d, 1) })
}

// joinMoments joins pictures that one camera took within a moment of the first of them.
func joinMoments(some []*seen, units *sets) {
	var dated []int
	for i, s := range some {
		if s.Camera != "" && !s.Time.IsZero() {
			dated = append(dated, i)
		}
	}
	order.Stable(dated, func(a, b int) int {
		return cmp.Or(cmp.Compare(some[a].Camera, some[b].Camera), some[a].Time.Compare(some[b].Time))
	})
	start := 0
	for k, i := range dated {
		from := some[dated[start]]
		if some[i].Camera != from.Camera || some[i].Time.Sub(from.Time) > moment {
			start = k
			continue
		}
		units.join(i, dated[start])
	}
}

// sets are disjoint sets of numbers from 0 on.
type sets struct{ parent []int }

func newSets(n int) *sets {
	s := &sets{make([]int, n)}
	for i := range s.parent {
		s.parent[i] = i
	}
	return s
}

// root is the least number of the set of i.
func (s *sets) root(i int) int {
	for s.parent[i] != i {
		s.parent[i] = s.parent[s.parent[i]]
		i = s.parent[i]
	}
	return i
}

func (s *sets) join(a, b int) {
	a, b = s.root(a), s.root(b)
	s.parent[max(a, b)] = min(a, b)
}

// number calls set with each number and that of its set, counted from 0 in the order of their least ones, and returns how
// many there are.
func (s *sets) number(set func(i, number int)) (n int) {
	numbers := make([]int, len(s.parent))
	for i := range s.parent {
		root := s.root(i)
		if root == i {
			numbers[i] = n
			n++
		}
		set(i, numbers[root])
	}
	return n
}
