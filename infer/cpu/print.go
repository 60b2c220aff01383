package cpu

import (
	"fmt"
	"strings"
)

// String shows the graph to people: a line for each input and output, for each node in order, and for each value that lies
// in another's memory. Behind a value are the positions of the nodes that use its memory, and where that is, once a pass
// has found it out.
func (g *graph) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "in %s\n", names(g.inputs))
	for at, n := range g.nodes {
		fmt.Fprintf(&b, "%d %v\n", at, n)
	}
	fmt.Fprintf(&b, "out %s\n", names(g.outputs))
	for _, v := range g.values {
		switch {
		case v.alias != nil:
			fmt.Fprintf(&b, "%s: the bytes of %s\n", v.Name, v.alias.Name)
		case v.slot != nil:
			fmt.Fprintf(&b, "%s: channels of %s from %d%s\n", v.Name, v.slot.whole.Name, v.slot.channel, translated(v.slot))
		case v.border != nil:
			fmt.Fprintf(&b, "%s: %s with %d rows above and %d columns before\n", v.Name, v.border.inner.Name, v.border.top, v.border.left)
		case v.last >= 0 && !v.isConstant():
			fmt.Fprintf(&b, "%s: %d elements in use from %d to %d, at %d\n", v.Name, v.Elements(), v.first, v.last, v.offset)
		}
	}
	return b.String()
}

// String shows a node with its siblings.
func (n *node) String() string {
	s := fmt.Sprintf("%s = %s(%s)", names(n.outputs), n.name, names(n.inputs))
	for _, other := range n.siblings {
		s += " + " + other.String()
	}
	return s
}

func names(values []*value) string {
	list := make([]string, len(values))
	for i, v := range values {
		if list[i] = "none"; v != nil {
			list[i] = v.Name
		}
	}
	return strings.Join(list, ", ")
}

func translated(s *slot) string {
	if s.table != nil {
		return ", translated"
	}
	return ""
}
