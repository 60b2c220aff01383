package learn

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/inceptiond/inceptiond/internal/order"
)

// seen is a picture that was looked at.
type seen struct {
	*Picture
	id       string // SHA-256 of its bytes
	class    int
	codes    []byte
	features []float32
	variants [][]float32

	unit  int  // of its class: pictures that are near-copies of each other are one unit
	copy  int  // the same, but for those that only the time joins
	first bool // it is the one of its unit that counts
	fold  int  // of the cross validation, which is asked of it; -1: it never is
}

// seed is what its variants are drawn from.
func (s *seen) seed() random {
	sum, _ := hex.DecodeString(s.id)
	return random(binary.LittleEndian.Uint64(sum))
}

// checkSet refuses a set before anything is read of it. classes is the names of the classes, sorted.
func checkSet(set []Picture, o *Options) (classes []string, err error) {
	classes, count, why := namesOf(set)
	why = append(why, tooFew(classes, count)...)
	if len(why) > 0 {
		return nil, &Refusal{append(why, leftOut(o.Skipped)...)}
	}
	return classes, o.check()
}

// namesOf are the names of the classes, sorted, how many pictures each has, and why some cannot be called so.
func namesOf(set []Picture) (classes []string, count map[string]int, why []string) {
	count = map[string]int{}
	for i := range set {
		count[set[i].Class]++
	}
	for name := range count {
		classes = append(classes, name)
	}
	slices.Sort(classes)
	for _, name := range classes {
		if reason := wrongName(name); reason != "" {
			why = append(why, reason)
		}
	}
	return classes, count, why
}

// tooFew says what is too little or too much of classes with so many pictures.
func tooFew(classes []string, count map[string]int) (why []string) {
	switch n := len(classes); {
	case n < MinClasses:
		why = append(why, fmt.Sprintf("there are pictures of %s (it takes %d to %d)", plural(n, "class"), MinClasses, MaxClasses))
	case n > MaxClasses:
		why = append(why, fmt.Sprintf("there are %d classes (%d to %d are possible)", n, MinClasses, MaxClasses))
	}
	for _, name := range classes {
		if n := count[name]; n < MinPictures {
			why = append(why, fmt.Sprintf("class %s has %s (it takes %d; 10 are usable)", name, plural(n, "picture"), MinPictures))
		}
	}
	return why
}

// wrongName says why a class cannot have a name.
func wrongName(name string) string {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789-_"
	switch {
	case name == "none" || name == "unknown":
		return fmt.Sprintf("no class may be called %s, which means that no class was seen (call it other)", name)
	case name == "" || len(name) > 64 || strings.Trim(name, letters) != "":
		return fmt.Sprintf("a class cannot be called %.80q (a-z, 0-9, - and _, 64 of them at most)", name)
	}
	return ""
}

// check says what of the options cannot be.
func (o *Options) check() error {
	switch {
	case o.Variants < 0 || o.Variants > MaxVariants:
		return fmt.Errorf("learn: %d variants (want 0 to %d)", o.Variants, MaxVariants)
	case !(o.Lambda > 0 && o.Lambda <= 1):
		return fmt.Errorf("learn: a penalty of %v (want more than 0, and 1 at most)", o.Lambda)
	case o.MaxPictures < MinPictures || o.MaxRows < MinPictures*MaxClasses:
		return fmt.Errorf("learn: at most %d pictures of a class and %d in all (want at least %d and %d)",
			o.MaxPictures, o.MaxRows, MinPictures, MinPictures*MaxClasses)
	case !(o.Unknown >= 0 && o.Unknown < 1):
		return fmt.Errorf("learn: a share of %v unknown (want 0 to 1)", o.Unknown)
	}
	return nil
}

// ordered sorts pictures by their bytes, whatever order they came in, and joins those of a class that are the same file.
// It returns how many of each class were dropped.
func ordered(list []*seen, classes int) ([]*seen, []int) {
	order.Sort(list, func(a, b *seen) int { return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.class, b.class)) })
	same := make([]int, classes)
	list = slices.CompactFunc(list, func(a, b *seen) bool {
		if a.id != b.id || a.class != b.class {
			return false
		}
		same[a.class]++
		return true
	})
	return list, same
}

// ofClass is the pictures of a class.
func ofClass(list []*seen, class int) (some []*seen) {
	for _, s := range list {
		if s.class == class {
			some = append(some, s)
		}
	}
	return some
}
