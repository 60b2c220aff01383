package config

import (
	"fmt"
	"slices"
	"sort"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// The trees of the functions below do not change: put copies what it changes. nil is the tree of a file without a key.

// isSection tells whether n holds keys, or could: an empty one is written as null too.
func isSection(n *yaml.Node) bool { return n.Kind == yaml.MappingNode || isNull(n) }

// child is the value of a key of a section; nil: it has none.
func child(n *yaml.Node, name string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name && n.Content[i].Kind == yaml.ScalarNode {
			return n.Content[i+1]
		}
	}
	return nil
}

// lookup is the value of the key at path.
func lookup(n *yaml.Node, path []string) *yaml.Node {
	for _, name := range path {
		n = child(n, name)
	}
	return n
}

// putAll makes all steps.
func putAll(root *yaml.Node, steps []step) *yaml.Node {
	for _, s := range steps {
		root = put(root, s.path, s.value)
	}
	return root
}

// put is the tree n with another value of the key at path; nil takes it out.
func put(n *yaml.Node, path []string, value *yaml.Node) *yaml.Node {
	if len(path) == 0 {
		return value
	}
	old := child(n, path[0])
	if old == nil && value == nil {
		return n
	}
	next := put(old, path[1:], value)
	changed := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	if n != nil && n.Kind == yaml.MappingNode {
		changed.Content = slices.Clone(n.Content)
	}
	i := slices.Index(changed.Content, old)
	switch {
	case old == nil:
		changed.Content = append(changed.Content, nameNode(path[0]), next)
	case next == nil:
		changed.Content = slices.Delete(changed.Content, i-1, i+1)
	default:
		changed.Content[i] = next
	}
	return changed
}

func nameNode(name string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: name}
}

// sameTree tells whether two trees say the same, in whatever order and style.
func sameTree(a, b *yaml.Node) bool {
	switch {
	case isEmptySection(a) || isEmptySection(b):
		return isEmptySection(a) && isEmptySection(b)
	case a.Kind != b.Kind || len(a.Content) != len(b.Content) || a.Anchor != b.Anchor || (a.Style^b.Style)&yaml.TaggedStyle != 0:
		return false
	case a.Kind == yaml.MappingNode:
		a, b = ordered(a), ordered(b)
	case a.Kind == yaml.ScalarNode:
		return canonical(a) == canonical(b)
	}
	for i := range a.Content {
		if !sameTree(a.Content[i], b.Content[i]) {
			return false
		}
	}
	return true
}

func isEmptySection(n *yaml.Node) bool {
	return n == nil || isSection(n) && len(n.Content) == 0
}

// ordered is a section by names.
func ordered(n *yaml.Node) *yaml.Node {
	var pairs [][]*yaml.Node
	for pair := range slices.Chunk(n.Content, 2) {
		pairs = append(pairs, pair)
	}
	sort.SliceStable(pairs, func(i, j int) bool { return pairs[i][0].Value < pairs[j][0].Value })
	return &yaml.Node{Kind: n.Kind, Content: slices.Concat(pairs...)}
}

// canonical is a scalar in a form that does not depend on how a number is written.
func canonical(n *yaml.Node) string {
	if n.Tag == "!!int" || n.Tag == "!!float" {
		if i, ok := parseInt(n, 64); ok {
			return fmt.Sprint("number ", i)
		}
		if f, err := strconv.ParseFloat(n.Value, 64); err == nil {
			return "number " + number(f)
		}
	}
	return n.Tag + " " + n.Value
}
