package decide

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// names are what entries of a config may name: by name, in which upper and lower case are the same and * and ? match, by
// number ("7") or by a range of numbers ("151-268").
type names struct {
	shown  []string
	folded []string
}

func newNames(shown []string) names {
	n := names{shown: shown}
	for _, s := range shown {
		n.folded = append(n.folded, fold(s))
	}
	return n
}

// find are the indices that an entry names: at least one, or an error.
func (n *names) find(entry string) ([]int, error) {
	if found := n.match(entry); len(found) > 0 {
		return found, nil
	}
	if found, ok, err := n.numbered(entry); ok {
		return found, err
	}
	return nil, &unknownName{entry: entry, kinds: "class", nearest: nearest(entry, n.shown)}
}

// match are the indices of all names that are the entry, or else that it matches as a pattern.
func (n *names) match(entry string) (found []int) {
	entry = fold(entry)
	for i, name := range n.folded {
		if name == entry {
			found = append(found, i)
		}
	}
	if found != nil || !strings.ContainsAny(entry, "*?") {
		return found
	}
	for i, name := range n.folded {
		if matches(entry, name) {
			found = append(found, i)
		}
	}
	return found
}

// Named are those of labels that an entry of a config names: the one that is the entry, or else those that it matches as a pattern. There
// may be none.
func Named(entry string, labels []string) (found []string) {
	n := newNames(labels)
	for _, i := range n.match(entry) {
		found = append(found, labels[i])
	}
	return found
}

// number is an entry that names an index, or the first and the last of several.
var number = regexp.MustCompile(`^ *(\d{1,9}) *(?:[-–] *(\d{1,9}) *)?$`)

// numbered are the indices that an entry of numbers names; ok: it is one.
func (n *names) numbered(entry string) (found []int, ok bool, err error) {
	m := number.FindStringSubmatch(entry)
	if m == nil {
		return nil, false, nil
	}
	first, _ := strconv.Atoi(m[1]) // the expression lets nothing else through
	last := first
	if m[2] != "" {
		last, _ = strconv.Atoi(m[2])
	}
	switch {
	case last < first:
		return nil, true, fmt.Errorf("the range %s runs backwards (did you mean %d-%d?)", entry, last, first)
	case last >= len(n.shown):
		return nil, true, fmt.Errorf("there is no class %d: the nearest is %d, the last one of the model", last, len(n.shown)-1)
	}
	for i := first; i <= last; i++ {
		found = append(found, i)
	}
	return found, true, nil
}

// matches tells whether name is what the pattern says: * is any text, ? any one character.
func matches(pattern, name string) bool {
	star, from := -1, 0 // after the last *, and where what it stands for ends
	p, i := 0, 0
	for i < len(name) {
		_, size := utf8.DecodeRuneInString(name[i:])
		switch {
		case p < len(pattern) && pattern[p] == '*':
			p++
			star, from = p, i
		case p < len(pattern) && pattern[p] == '?':
			p++
			i += size
		case p+size <= len(pattern) && pattern[p:p+size] == name[i:i+size]:
			p += size
			i += size
		case star >= 0:
			_, size := utf8.DecodeRuneInString(name[from:])
			from += size
			p, i = star, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// unknownName is the error of an entry that names nothing.
type unknownName struct{ entry, kinds, nearest string }

func (u *unknownName) Error() string {
	verb := "is called"
	if strings.ContainsAny(u.entry, "*?") {
		verb = "matches"
	}
	text := fmt.Sprintf("no %s %s %q", u.kinds, verb, u.entry)
	if u.nearest != "" {
		text += fmt.Sprintf(" (the nearest is %q)", u.nearest)
	}
	return text
}

// nearest is the name that is most like an entry, the first of equal ones. A name that has nearly the entry in it, all but a
// letter in four, comes before one that is like it as a whole.
func nearest(entry string, all []string) string {
	letters := []rune(strings.Trim(fold(entry), "*? "))
	best, least := "", 0
	for _, name := range all {
		inside, whole := distances(letters, []rune(fold(name)))
		if 4*inside > len(letters) {
			inside = len(letters)
		}
		if d := inside<<16 + whole; best == "" || d < least {
			best, least = name, d
		}
	}
	return best
}

// distances are how many letters of a to put in, leave out, replace or swap with their neighbour (optimal string
// alignment) until it stands in b somewhere, and until it is b.
func distances(a, b []rune) (inside, whole int) {
	return align(a, b, true), align(a, b, false)
}

// align is one of the distances.
func align(a, b []rune, inside bool) int {
	var before, last, row []int // of the letters of a so far, to all beginnings of b
	for j := range len(b) + 1 {
		row = append(row, j)
		if inside {
			row[j] = 0
		}
	}
	for i := 1; i <= len(a); i++ {
		before, last, row = last, row, make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	if !inside {
		return row[len(b)]
	}
	least := len(a)
	for _, d := range row {
		least = min(least, d)
	}
	return least
}
