package cpu

import "github.com/inceptiond/inceptiond/infer/model"

// absorbPadding finds each PAD of height and width whose readers are all convolutions without padding, makes its output the
// input with a border, and removes it: a convolution prepares lines with a border anyway. The border's numbers are the zero
// point's, 0 in float32, as the convolution's own are.
//
// An output of the model has the caller as reader, and stays. Before, no value has a border and no node siblings. After, the
// inner value of each border has none, and lowering must give its readers a window over the inner value (see newWindow).
func absorbPadding(g *graph) {
	readers, gone := g.readers(), map[*node]bool{}
	for _, n := range g.nodes {
		b, ok := borderOf(n)
		if !ok || len(readers[n.outputs[0]]) == 0 {
			continue
		}
		for _, r := range readers[n.outputs[0]] {
			ok = ok && r != nil && unpadded(r) && r.inputs[0] == n.outputs[0]
		}
		if ok {
			n.outputs[0].border, gone[n] = b, true
		}
	}
	g.remove(gone)
}

// borderOf is what a PAD of an image adds, if that is rows and columns only.
func borderOf(n *node) (*border, bool) {
	if n.op != model.OpPad || len(n.inputs) != 2 || n.inputs[1] == nil {
		return nil, false
	}
	sizes, err := n.inputs[1].ints() // before and after, for each dimension
	in, out := n.inputs[0], n.outputs[0]
	if err != nil || len(in.Shape) != 4 || in.Shape[0] != 1 || len(out.Shape) != 4 || len(sizes) != 8 || in.Type != out.Type || !in.computed() {
		return nil, false
	}
	for d := range 4 {
		before, after := sizes[2*d], sizes[2*d+1]
		outer := d == 0 || d == 3
		if before < 0 || after < 0 || outer && before+after > 0 || before+in.Shape[d]+after != out.Shape[d] {
			return nil, false
		}
	}
	return &border{in, sizes[2], sizes[4]}, true
}

// unpadded tells whether n is a convolution that adds no border.
func unpadded(n *node) bool {
	switch opt := n.options.(type) {
	case model.Conv2D:
		return n.op == model.OpConv2D && opt.Padding == model.Valid
	case model.DepthwiseConv2D:
		return n.op == model.OpDepthwiseConv2D && opt.Padding == model.Valid
	}
	return false
}
