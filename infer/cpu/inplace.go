package cpu

import "github.com/inceptiond/inceptiond/infer/model"

// concatInPlace finds inputs of concatenations that can be written where they are to end up, makes them slots of the output,
// and removes the concatenations that are left without anything to copy.
//
// An input qualifies if nothing but the concatenation reads it, so it is no output of the model and has no alias that
// is read, and if a node computes it that can write channels of a wider image. Whether a concatenation is sound is not
// checked here: one that is not as expected stays as it is, for lowering to judge.
//
// Before, no value has a slot and no node siblings. After, the whole of every slot is a value that has none.
func concatInPlace(g *graph) {
	readers, makers, gone := g.readers(), g.makers(), map[*node]bool{}
	for i := len(g.nodes) - 1; i >= 0; i-- { // the last first: then one that is itself in place knows where
		n := g.nodes[i]
		if !concatsChannels(n) {
			continue
		}
		to := slot{whole: n.outputs[0]}
		if s := n.outputs[0].slot; s != nil {
			to = *s
		}
		copies := 0
		for _, in := range n.inputs {
			by := makers[in]
			table, err := rescale(in, n.outputs[0])
			if err == nil && in.alias == nil && len(readers[in]) == 1 && by != nil && writesChannels(by) {
				in.slot = &slot{to.whole, to.channel, then(table, to.table)}
			} else {
				copies++
			}
			to.channel += in.channels()
		}
		gone[n] = copies == 0
	}
	g.remove(gone)
}

// writesChannels tells whether a node can write its output to channels of a wider image.
func writesChannels(n *node) bool {
	switch n.op {
	case model.OpConv2D, model.OpMaxPool2D, model.OpAveragePool2D:
		return n.images() == 1
	}
	return concatsChannels(n)
}

// concatsChannels tells whether n puts channels of images side by side.
func concatsChannels(n *node) bool {
	opt, ok := n.options.(model.Concat)
	if !ok || n.op != model.OpConcatenation || opt.Activation != model.NoActivation {
		return false
	}
	out := n.outputs[0]
	if len(out.Shape) == 0 || opt.Axis != len(out.Shape)-1 || !out.computed() {
		return false
	}
	total := 0
	for _, in := range n.inputs {
		if in == nil || in.Type != out.Type || !sameBut(in.Shape, out.Shape, opt.Axis) {
			return false
		}
		total += in.channels()
	}
	return total == out.channels()
}
