package cpu

import "cmp"

// lifetimes finds out from which node to which the memory of each value is in use, by their positions in g.nodes. What the
// caller writes is in use from the beginning, what he reads until behind the last node, variables all the time.
//
// It must come after all passes that change nodes or where values lie. After, first and last are set in every home
// (see value.home) that a node or the caller uses; in all others, last is -1.
func lifetimes(g *graph) {
	for _, v := range g.values {
		v.first, v.last = len(g.nodes), -1
	}
	use := func(values []*value, at int) {
		for _, v := range values {
			if v != nil {
				for h := v.home(); h != nil; h = cmp.Or(h.from, h.whole) {
					h.first, h.last = min(h.first, at), max(h.last, at)
				}
			}
		}
	}
	for _, v := range g.values {
		if v.Variable {
			use([]*value{v}, 0)
			use([]*value{v}, len(g.nodes))
		}
	}
	use(g.inputs, 0)
	for at, n := range g.nodes {
		for _, n := range append([]*node{n}, n.siblings...) {
			use(n.inputs, at)
			use(n.outputs, at)
		}
	}
	use(g.outputs, len(g.nodes))
}

// dying lists the constants by when they are read for the last time: those that nobody reads, then those of each node by
// its position, then those of the caller.
func (g *graph) dying() [][]*value {
	list := make([][]*value, len(g.nodes)+2)
	for _, v := range g.values {
		if v.Data != nil && v.whole == nil {
			list[v.last+1] = append(list[v.last+1], v)
		}
	}
	return list
}
