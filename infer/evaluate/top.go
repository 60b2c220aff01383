package evaluate

import (
	"cmp"
	"slices"
)

// ranked is a picture in a list that shows only some.
type ranked interface {
	ranking() (rank float64, name string)
}

func (s Shown) ranking() (float64, string)      { return s.rank, s.Picture }
func (d Difference) ranking() (float64, string) { return d.rank, d.Picture }

// top keeps the highest of what is added, highest first; of equal ones the first by name.
type top[T ranked] struct {
	most int
	list []T
}

func (t *top[T]) add(v T) {
	at, _ := slices.BinarySearchFunc(t.list, v, func(a, b T) int {
		rankA, nameA := a.ranking()
		rankB, nameB := b.ranking()
		return cmp.Or(cmp.Compare(rankB, rankA), cmp.Compare(nameA, nameB))
	})
	if at >= t.most {
		return
	}
	if len(t.list) == t.most {
		t.list = t.list[:t.most-1]
	}
	t.list = slices.Insert(t.list, at, v)
}
