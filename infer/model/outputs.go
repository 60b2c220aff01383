package model

import (
	"fmt"
	"slices"
	"sort"
	"strings"
)

// WithOutputs is m that also gives the inner tensors of those names. They follow the outputs that m has, which stay as
// they are, in the order of names; what is an output already is given once more. m does not change, and the new model
// shares all else with it. FileWithOutputs makes the file of it.
//
// An error names the tensor, and tensors of similar names if there is none of that name. Tensors that are constant, an
// input of the model, of a shape that is only known in a run, or of a type that no engine gives are errors too.
func WithOutputs(m *Model, names ...string) (*Model, error) {
	more := *m
	more.Outputs = slices.Clone(m.Outputs)
	for _, name := range names {
		i, err := m.inner(name)
		if err != nil {
			return nil, fmt.Errorf("model: output %.80q: %w", name, err)
		}
		more.Outputs = append(more.Outputs, i)
	}
	return &more, nil
}

// inner finds the tensor of a name among those that operators compute.
func (m *Model) inner(name string) (int, error) {
	var found []int
	for _, i := range m.computed() {
		if m.Tensors[i].Name == name {
			found = append(found, i)
		}
	}
	switch len(found) {
	case 0:
		return 0, m.notInner(name)
	case 1:
		return found[0], m.checkOutput(found[0])
	}
	return 0, fmt.Errorf("%d tensors have that name: numbers %v", len(found), found)
}

// computed lists the tensors that operators compute, in that order.
func (m *Model) computed() []int {
	var list []int
	for i := range m.Operators {
		list = append(list, m.Operators[i].Outputs...)
	}
	return list
}

// notInner says why no operator computes a tensor of that name.
func (m *Model) notInner(name string) error {
	for i := range m.Tensors {
		switch t := &m.Tensors[i]; {
		case t.Name != name:
		case t.Data != nil:
			return fmt.Errorf("it is constant")
		case slices.Contains(m.Inputs, i):
			return fmt.Errorf("it is an input of the model")
		default:
			return fmt.Errorf("nothing computes it")
		}
	}
	return fmt.Errorf("there is no tensor of that name (near it: %s)", strings.Join(m.near(name), ", "))
}

// checkOutput says why tensor i, which an operator computes, cannot be an output.
func (m *Model) checkOutput(i int) error {
	switch t := &m.Tensors[i]; t.Type {
	case Uint8, Int8, Float32:
	default:
		return fmt.Errorf("it is %v (want uint8, int8 or float32)", t.Type)
	}
	if m.dynamic()[i] {
		return fmt.Errorf("its shape is only known when the model runs")
	}
	return nil
}

// near lists, quoted, the computed tensors with the names that are most like one: those that hold it, whatever the case,
// and then those that take the fewest edits to become it.
func (m *Model) near(name string) []string {
	const maxNames = 3
	type candidate struct {
		name  string
		edits int
	}
	var all []candidate
	for _, i := range m.computed() {
		c := candidate{name: m.Tensors[i].Name}
		if !strings.Contains(strings.ToLower(c.name), strings.ToLower(name)) {
			c.edits = edits(c.name, name)
		}
		all = append(all, c)
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].edits < all[j].edits })
	var names []string
	for _, c := range all[:min(maxNames, len(all))] {
		names = append(names, fmt.Sprintf("%.80q", c.name))
	}
	return names
}

// edits is the Levenshtein distance of two names, as far as their first 200 bytes tell.
func edits(a, b string) int {
	const maxName = 200
	a, b = a[:min(len(a), maxName)], b[:min(len(b), maxName)]
	row := make([]int, len(b)+1)
	for k := range row {
		row[k] = k
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for k := range len(b) {
			change := corner
			if a[i] != b[k] {
				change++
			}
			corner = row[k+1]
			row[k+1] = min(change, row[k]+1, row[k+1]+1)
		}
	}
	return row[len(b)]
}
