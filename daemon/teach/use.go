package teach

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/inceptiond/inceptiond/infer/learn"
	"github.com/inceptiond/inceptiond/infer/learn/store"
	"github.com/inceptiond/inceptiond/internal/text"
)

// WorseError refuses a version that is worse than the one in use.
type WorseError struct {
	Old, New string // IDs
	learn.Comparison
}

// Error says by how much.
func (e *WorseError) Error() string {
	return fmt.Sprintf("version %s is worse than %s, which is in use: of the %s that both were taught with it has %d right, the other one %d",
		e.New, e.Old, text.Plural(e.Pictures, "picture"), e.NewRight, e.OldRight)
}

// Newest is the version that was trained last; false: there is none.
func Newest(n *store.Name) (store.Version, bool, error) {
	list, err := n.Versions()
	if err != nil || len(list) == 0 {
		return store.Version{}, false, err
	}
	return list[0], true, nil
}

// Use makes a version the current one: the newest if id is empty. The error is a *WorseError for one that is worse than the
// current one, unless force is set. Models that are
// running know nothing of it until they are loaded anew.
func (t *Teacher) Use(n *store.Name, id string, force bool) (store.Version, error) {
	v, err := Find(n, id)
	if err != nil {
		return v, err
	}
	if worse, err := Compare(n, v); err != nil {
		return v, err
	} else if worse != nil && !force {
		return v, worse
	}
	return v, n.Use(v.ID)
}

// Find finds a version, the newest if id is empty.
func Find(n *store.Name, id string) (store.Version, error) {
	list, err := n.Versions()
	if err != nil {
		return store.Version{}, err
	}
	for _, v := range list {
		if id == "" || v.ID == id {
			return v, nil
		}
	}
	if id == "" {
		return store.Version{}, fmt.Errorf("%s has no version yet: `inceptiond teach train %s`: %w", n.Name(), n.Name(), store.ErrNoVersion)
	}
	var there []string
	for _, v := range list {
		there = append(there, v.ID)
	}
	return store.Version{}, fmt.Errorf("version %q: %w (of %s there is %s)", id, store.ErrNoVersion, n.Name(), cmp.Or(strings.Join(there, ", "), "none yet"))
}

// Compare says why a version is worse than the current one of a name; nil: it is not, or there is none.
func Compare(n *store.Name, v store.Version) (*WorseError, error) {
	is, next := reported(n.Current()), reported(v, true)
	if is == nil || is.ID == next.ID || is.Broken != nil { // whatever comes is better than one that nobody can read
		return nil, nil
	}
	return worse(is, next), next.Broken
}

// Worse is Compare of the newest version, of what is known of it already.
func (s *State) Worse() *WorseError {
	if s.Current == nil || s.Newest == nil {
		return nil
	}
	return worse(s.Current, s.Newest)
}

// worse says why a version is worse than another that is in use; nil: it is not, or nobody can tell.
func worse(is, next *Version) *WorseError {
	if is.Broken != nil || next.Broken != nil {
		return nil
	}
	if c := learn.Compare(&is.Report, &next.Report); c.Worse {
		return &WorseError{Old: is.ID, New: next.ID, Comparison: c}
	}
	return nil
}
