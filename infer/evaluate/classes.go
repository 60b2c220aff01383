package evaluate

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/inceptiond/inceptiond/internal/order"
	"github.com/inceptiond/inceptiond/internal/text"
)

// none stands for no class: what a picture shows that shows none, and what a subject says that has no answer.
const none = -1

// ClassError is about a class that a subject does not have, or has twice.
type ClassError struct {
	Class   string
	Subject string
	Near    []string // labels that may be meant, the likeliest first
	Twice   bool     // Near are all meant
}

// Error names what may be meant.
func (e *ClassError) Error() string {
	near := make([]string, len(e.Near))
	for i, l := range e.Near {
		near[i] = strconv.Quote(l)
	}
	list := strings.Join(near, ", ")
	switch {
	case e.Twice:
		return fmt.Sprintf("%q may be several classes of %s: %s", e.Class, e.Subject, list)
	case list == "":
		return fmt.Sprintf("%q is no class of %s", e.Class, e.Subject)
	}
	return fmt.Sprintf("%q is no class of %s (did you mean %s?)", e.Class, e.Subject, list)
}

// Check says which of classes a subject does not have. The error joins a *ClassError for each.
func Check(subjects []Subject, classes []string) error {
	return NewTally(subjects, Options{}).counts.check(classes...)
}

// classes finds the classes of a subject by their names. Outputs with the same label are one class: the first of them.
type classes struct {
	subject *Subject
	first   []int            // by output: the first one with its label
	exact   map[string]int   // by label
	loose   map[string][]int // by label without case and punctuation
	parts   map[string][]int // the same, by one of several names in a label: "tabby, tabby cat", "Parus major (Great Tit)"
}

func newClasses(s *Subject) *classes {
	c := &classes{subject: s, exact: map[string]int{}, loose: map[string][]int{}, parts: map[string][]int{}}
	for i := range s.Classes {
		label := c.label(i)
		at, twice := c.exact[label]
		if !twice {
			at = i
			c.exact[label] = i
			c.loose[bare(label)] = append(c.loose[bare(label)], i)
			for _, part := range strings.FieldsFunc(label, func(r rune) bool { return strings.ContainsRune(",;()", r) }) {
				if k := bare(part); !slices.Contains(c.parts[k], i) {
					c.parts[k] = append(c.parts[k], i)
				}
			}
		}
		c.first = append(c.first, at)
	}
	return c
}

// label is class i by name, or by number if it has none.
func (c *classes) label(i int) string {
	if i == none {
		return ""
	}
	return c.subject.Labels.Name(i)
}

// bare is a name without case, spaces and punctuation.
func bare(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// find is the class of a name: its label; that but for case, spaces and punctuation; its number; one of the names that a
// label has. Of the empty name it is none. The error is a *ClassError.
func (c *classes) find(name string) (int, error) {
	if name == "" {
		return none, nil
	}
	if i, ok := c.exact[name]; ok {
		return i, nil
	}
	key := bare(name)
	list := c.loose[key]
	if len(list) == 0 {
		if n, err := strconv.Atoi(name); err == nil && n >= 0 && n < len(c.first) {
			return c.first[n], nil
		}
		list = c.parts[key]
	}
	if key == "" || len(list) == 0 {
		return none, &ClassError{Class: name, Subject: c.subject.Name, Near: c.near(key)}
	}
	if len(list) > 1 {
		err := &ClassError{Class: name, Subject: c.subject.Name, Twice: true}
		for _, i := range list {
			err.Near = append(err.Near, c.label(i))
		}
		return none, err
	}
	return list[0], nil
}

// near are the labels that a bare name may have meant: all of them if they are few.
func (c *classes) near(key string) (labels []string) {
	const few, most = 8, 5
	type candidate struct{ class, distance int }
	var list []candidate
	for name, classes := range c.parts {
		d := text.Distance(key, name)
		if len(c.exact) > few && d > max(1, len(key)/3) && (len(key) < 3 || !strings.Contains(name, key)) {
			continue
		}
		for _, i := range classes {
			list = append(list, candidate{i, d})
		}
	}
	order.Sort(list, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.class, b.class))
	})
	for _, n := range list {
		if l := c.label(n.class); !slices.Contains(labels, l) && (len(labels) < most || len(c.exact) <= few) {
			labels = append(labels, l)
		}
	}
	return labels
}
