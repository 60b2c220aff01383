package teach

import (
	"cmp"
	"slices"
	"time"

	"github.com/inceptiond/inceptiond/infer/learn"
	"github.com/inceptiond/inceptiond/infer/learn/store"
	"github.com/inceptiond/inceptiond/internal/order"
)

// State is how far a name is.
type State struct {
	Name    string
	Base    store.Base
	Classes []Class // in the order of their names
	Inbox   int     // pictures that wait for a label
	Normal  int     // of how all is when it is well
	Skipped []store.Skipped

	Current  *Version // in use; nil: none is
	Previous *Version // that a rollback puts in force
	Newest   *Version // that was trained last, if it is another than the current one
}

// Class is one that is taught.
type Class struct {
	Label    string
	Pictures int // those that count: of near-copies one does
	Copies   int // the others
	Held     int // held out
	More     int // pictures that would help; 0: there are enough
}

// Version is a version with its report.
type Version struct {
	store.Version
	Report learn.Report
	Broken error // its report cannot be read
}

// How many pictures of a class help, step by step (docs/learning.md): from 3 it can be taught, from 5 on it is more than a guess,
// from 10 on it can be used, and beyond 20 little is gained.
var enough = []int{learn.MinPictures, 5, 10, 20}

// enoughOf is enough for one of people (docs/people.md).
var enoughOf = []int{3, 5}

// missing is how many pictures a class with n of them lacks to the next step.
func missing(n int, kind store.Kind) int {
	steps := enough
	if kind == store.People {
		steps = enoughOf
	}
	for _, step := range steps {
		if n < step {
			return step - n
		}
	}
	return 0
}

// copyTime is how long a picture of a camera has near-copies after it.
const copyTime = time.Minute

// Look tells how far a name is. It runs no model: near-copies are those that a training has found, and pictures of one camera
// within a minute.
func Look(n *store.Name) (State, error) {
	s := State{Name: n.Name()}
	var err error
	if s.Base, err = n.Base(); err != nil {
		return s, err
	}
	if err := s.count(n); err != nil {
		return s, err
	}
	s.Current, s.Previous = reported(n.Current()), reported(n.Previous())
	newest, there, err := Newest(n)
	if there && (s.Current == nil || s.Current.ID != newest.ID) {
		s.Newest = reported(newest, true)
	}
	return s, err
}

// count counts the pictures.
func (s *State) count(n *store.Name) error {
	classes := map[string]*Class{}
	of := func(label string) *Class {
		if classes[label] == nil {
			classes[label] = &Class{Label: label}
		}
		return classes[label]
	}
	for _, shelf := range []store.Shelf{store.Pictures, store.Held, store.Normal, store.Inbox} {
		list, skipped, err := n.List(shelf)
		if err != nil {
			return err
		}
		s.Skipped = append(s.Skipped, skipped...)
		switch shelf {
		case store.Inbox:
			s.Inbox = len(list)
		case store.Normal:
			s.Normal = len(list)
		case store.Held:
			for _, p := range list {
				of(p.Class).Held++
			}
		case store.Pictures:
			groups := Groups(list)
			seen := map[string]bool{}
			for _, p := range list {
				c := of(p.Class)
				if seen[groups[p.ID]] {
					c.Copies++
				} else {
					c.Pictures++
				}
				seen[groups[p.ID]] = true
			}
		}
	}
	for _, c := range classes {
		c.More = missing(c.Pictures, s.Base.Kind)
		s.Classes = append(s.Classes, *c)
	}
	order.Sort(s.Classes, func(a, b Class) int { return cmp.Compare(a.Label, b.Label) })
	return nil
}

// Groups tells which pictures are near-copies of each other, as far as can be told without a look at them: those of one camera
// within a minute, of one class, or for which a model had the same answer where they have none. Each picture of a group has the ID
// of its first. A training counts them in the same way.
func Groups(list []store.Picture) map[string]string {
	list = slices.Clone(list)
	order.Sort(list, func(a, b store.Picture) int {
		return cmp.Or(cmp.Compare(kind(a), kind(b)), cmp.Compare(a.Note.Camera, b.Note.Camera), a.Note.Time.Compare(b.Note.Time), cmp.Compare(a.ID, b.ID))
	})
	groups := map[string]string{}
	var first store.Picture // of the group
	for _, p := range list {
		alike := kind(p) == kind(first) && p.Note.Camera == first.Note.Camera && p.Note.Time.Sub(first.Note.Time) <= copyTime
		if p.Note.Camera == "" || p.Note.Time.IsZero() || !alike {
			first = p
		}
		groups[p.ID] = first.ID
	}
	return groups
}

// kind is what near-copies have in common.
func kind(p store.Picture) string { return cmp.Or(p.Class, p.Note.Label) }

// reported is a version with its report; nil if it is not there.
func reported(v store.Version, there bool) *Version {
	if !there {
		return nil
	}
	r := &Version{Version: v}
	r.Report, r.Broken = ReadReport(v)
	return r
}
