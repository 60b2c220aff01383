package kernel

import (
	"fmt"
	"slices"
	"strings"
)

// candidate is a line of an architecture's table of sets, which lists them from the fastest to plain Go.
type candidate struct {
	name  string
	needs []feature
	make  func() *Set
}

// feature is something that not every processor of an architecture has.
type feature struct {
	name string
	here bool // this processor has it, and the operating system lets programs use it
}

// plain is the last line of every table.
var plain = candidate{name: "go", make: Plain}

// lacks is the first feature that the processor does not have; empty: it can run the set.
func (c *candidate) lacks() string {
	for _, f := range c.needs {
		if !f.here {
			return f.name
		}
	}
	return ""
}

// Refusal says why a set is not used.
type Refusal struct {
	Set     string
	Missing string // what this processor lacks for it
}

// Choice is the name of the fastest set that this processor can run, and why it is none of those before it in the table.
func Choice() (chosen string, why []Refusal) { return choose(table()) }

func choose(table []candidate) (chosen string, why []Refusal) {
	for i := range table {
		missing := table[i].lacks()
		if missing == "" {
			return table[i].name, why
		}
		why = append(why, Refusal{table[i].name, missing})
	}
	panic("kernel: a table without plain Go")
}

// runnable is the lines of the table that this processor can run, the fastest first.
func runnable() []candidate {
	return slices.DeleteFunc(table(), func(c candidate) bool { return c.lacks() != "" })
}

// available is the sets that this processor can run, the fastest first.
func available() []*Set {
	var sets []*Set
	for _, c := range runnable() {
		sets = append(sets, c.make())
	}
	return sets
}

// Best is the fastest set that this processor can run.
func Best() *Set { return runnable()[0].make() }

// Names lists the sets that this processor can run, the fastest first.
func Names() []string {
	var names []string
	for _, c := range runnable() {
		names = append(names, c.name)
	}
	return names
}

// ByName is the set of that name. The error says what this processor lacks for it, and names those that it can run.
func ByName(name string) (*Set, error) {
	lack := ""
	for _, c := range table() {
		if c.name != name {
			continue
		}
		if lack = c.lacks(); lack == "" {
			return c.make(), nil
		}
		lack = fmt.Sprintf(", which lacks %s for them", lack)
	}
	return nil, fmt.Errorf("no kernels %q on this processor%s (there are: %s)", name, lack, strings.Join(Names(), ", "))
}
