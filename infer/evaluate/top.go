package evaluate

import (
	"cmp"
	"sort"
)

// ranked is a picture in a list that shows only some.
type ranked interface {
	ranking() (rank float64, name string)
}

func (s Shown) ranking() (float64, string)        { return s.rank, s.Picture }
func (d Difference) ranking() (float64, string)   { return d.rank, d.Picture }
func (s Scene) ranking() (float64, string)        { return s.rank, s.Picture }
func (s AreaScene) ranking() (float64, string)    { return s.rank, s.Picture }
func (d PixelsDiffer) ranking() (float64, string) { return d.rank, d.Picture }
func (p FacePair) ranking() (float64, string) {
	return p.rank, p.First.Picture + "\x00" + p.Second.Picture
}

// top keeps the highest of what is added, highest first; of equal ones the first by name.
type top[T ranked] struct {
	most int
	list []T
}

// takes tells whether v would be in the list: what costs something to note need only be noted then.
func (t *top[T]) takes(v T) bool { return t.place(v) < t.most }

// place is where v belongs.
func (t *top[T]) place(v T) int {
	rank, name := v.ranking()
	return sort.Search(len(t.list), func(i int) bool {
		other, otherName := t.list[i].ranking()
		return cmp.Or(cmp.Compare(other, rank), cmp.Compare(name, otherName)) <= 0
	})
}

// add does by hand what slices.Insert does, which would be compiled anew for each type.
func (t *top[T]) add(v T) {
	at := t.place(v)
	if at >= t.most {
		return
	}
	if len(t.list) < t.most {
		t.list = append(t.list, v)
	}
	copy(t.list[at+1:], t.list[at:])
	t.list[at] = v
}
