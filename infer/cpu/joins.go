package cpu

import (
	"slices"

	"github.com/inceptiond/inceptiond/infer/model"
)

// joins finds convolutions of 8 bits, or of float32, of the same input and window, and makes the later ones siblings of the first: their step
// prepares the input once for all. Each writes its own output, so it does not matter who reads that.
//
// Weights and biases must be constant, since a sibling is computed at the place of the first. Before, no node has siblings.
// After, siblings are in the list of their first and no more in that of the graph.
func joins(g *graph) {
	firsts, gone := map[*value][]*node{}, map[*node]bool{} // firsts by what they read
	for _, n := range g.nodes {
		if !joinable(n) {
			continue
		}
		in := n.inputs[0]
		i := slices.IndexFunc(firsts[in], func(first *node) bool { return sameWindow(first, n) })
		if i < 0 {
			firsts[in] = append(firsts[in], n)
			continue
		}
		firsts[in][i].siblings = append(firsts[in][i].siblings, n)
		gone[n] = true
	}
	g.remove(gone)
}

// joinable tells whether n is a convolution, of one kind of numbers, that waits for nothing but its image.
func joinable(n *node) bool {
	if _, ok := n.options.(model.Conv2D); !ok || n.op != model.OpConv2D || !n.inputs[0].computed() || n.inputs[0].dynamic != nil || n.images() > 1 || !n.constant(1) {
		return false
	}
	return !slices.ContainsFunc(n.inputs[2:], func(v *value) bool { return v != nil && !v.root().isConstant() })
}

// sameWindow tells whether two joinable nodes of one input have the same window.
func sameWindow(a, b *node) bool {
	x, y := a.options.(model.Conv2D), b.options.(model.Conv2D)
	x.Activation, y.Activation = 0, 0
	v, w := a.inputs[1].Shape, b.inputs[1].Shape
	return x == y && len(v) == 4 && len(w) == 4 && slices.Equal(v[1:], w[1:])
}
