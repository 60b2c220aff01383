package learn

import (
	"cmp"
	"math"

	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/order"
)

// choose finds how many variants of each picture fit into so many rows, and which pictures are used if even without
// variants there are too many, of a class or in all. Fewer variants come first, then the pictures of each class that differ
// most. Both lists are in the order of list.
func choose(list []*seen, classes, zero int, o *Options) (used, left []*seen, variants int) {
	var by [][]*seen
	for c := range classes {
		by = append(by, ofClass(list, c))
	}
	most := o.MaxPictures
	for total(by, most) > o.MaxRows {
		most--
	}
	for _, some := range by {
		if len(some) > most {
			farthestFirst(some, most, zero)
			left = append(left, some[most:]...)
			some = some[:most]
		}
		used = append(used, some...)
	}
	byID := func(a, b *seen) int { return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.class, b.class)) }
	order.Sort(used, byID)
	order.Sort(left, byID)
	return used, left, min(o.Variants, o.MaxRows/max(1, len(used))-1)
}

// total is how many pictures there are if a class has no more than most.
func total(by [][]*seen, most int) (n int) {
	for _, some := range by {
		n += min(len(some), most)
	}
	return n
}

// farthestFirst brings the n pictures that differ most to the front: after the first, each is the one whose nearest among
// those before it is farthest away (Gonzalez, Clustering to minimize the maximum intercluster distance, 1985).
func farthestFirst(some []*seen, n, zero int) {
	nearest := make([]float64, len(some))
	for i := range nearest {
		nearest[i] = math.Inf(1)
	}
	for k := range min(n, len(some)) {
		best := k
		for i := k + 1; i < len(some) && k > 0; i++ {
			if nearest[i] > nearest[best] {
				best = i
			}
		}
		some[k], some[best] = some[best], some[k]
		nearest[k], nearest[best] = nearest[best], nearest[k]
		parallel(len(some)-k-1, func(i int) {
			i += k + 1
			nearest[i] = min(nearest[i], task.Distance(some[i].codes, some[k].codes, zero))
		})
	}
}
