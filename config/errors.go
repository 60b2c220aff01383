package config

import (
	"fmt"
	"sort"
	"strings"
)

// Error is all that is wrong with a file.
type Error struct {
	Name     string    // the file's name, as given
	Problems []Problem // by line; at least one
}

// Problem is one thing that is wrong.
type Problem struct {
	Line    int    // from 1; of the nearest section if the key is not in the file; 0 if there is none
	Key     string // cameras.front.top_k; empty if it is about the whole file
	Message string // what is wrong and what would be right
}

// Error has one line for each problem: "inceptiond.yaml:12: cameras.front.top_k: 0 is out of range (want 1 to 100)".
func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = e.Name + ":" + p.String()
	}
	return strings.Join(lines, "\n")
}

// String is the problem without the file's name.
func (p Problem) String() string {
	s := " "
	if p.Line > 0 {
		s = fmt.Sprintf("%d: ", p.Line)
	}
	if p.Key != "" {
		s += p.Key + ": "
	}
	return s + p.Message
}

const maxProblems = 50 // in one Error; nobody reads more

// newError sorts the problems; it returns nil if there are none.
func newError(name string, problems []Problem) error {
	if len(problems) == 0 {
		return nil
	}
	sort.SliceStable(problems, func(i, j int) bool {
		a, b := problems[i], problems[j]
		return a.Line < b.Line || a.Line == b.Line && a.Key < b.Key
	})
	if len(problems) > maxProblems {
		problems = append(problems[:maxProblems:maxProblems], Problem{Message: "and more"})
	}
	return &Error{Name: name, Problems: problems}
}
