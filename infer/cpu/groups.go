package cpu

import (
	"slices"

	"github.com/inceptiond/inceptiond/infer/model"
)

// ungroup makes several convolutions of each one in groups, whose weights have fewer channels than its input: each group of its output's
// channels sees but one of the input's. TensorFlow Lite 2.9 does not know them, later ones do.
func ungroup(g *graph) {
	var nodes []*node
	for _, n := range g.nodes {
		nodes = append(nodes, g.groups(n)...)
	}
	g.nodes = nodes
}

// groups is what computes n: itself unless it is a convolution in groups.
func (g *graph) groups(n *node) []*node {
	in, out := n.inputs[0], n.outputs[0]
	if n.op != model.OpConv2D || !n.constant(1) || len(in.Shape) != 4 || len(n.inputs[1].Shape) != 4 || len(out.Shape) != 4 {
		return []*node{n}
	}
	w := n.inputs[1]
	depth, columns, bias := w.Shape[3], w.Shape[0], n.bias()
	count := in.Shape[3] / depth
	switch {
	case count < 2, in.Shape[3]%depth != 0, columns%count != 0, out.Shape[3] != columns, len(g.values)+2*count > maxTensors:
		return []*node{n}
	case bias != nil && (!n.constant(2) || len(bias.Shape) != 1 || bias.Shape[0] != columns):
		return []*node{n}
	}
	axis := &value{Tensor: &model.Tensor{Name: "axis", Type: model.Int32, Data: []byte{3, 0, 0, 0}}, last: -1}
	g.values = append(g.values, axis)
	split := &node{number: n.number, op: model.OpSplit, name: n.name, options: model.Split{Splits: count}, inputs: []*value{axis, in}}
	join := &node{number: n.number, op: model.OpConcatenation, name: n.name, options: model.Concat{Axis: 3}, outputs: n.outputs}
	list := []*node{split}
	for i := range count {
		part := &node{number: n.number, op: n.op, name: n.name, options: n.options, macs: n.macs / int64(count)}
		part.inputs = []*value{g.thinner(in, depth), g.rows(w, i, count)}
		if bias != nil {
			part.inputs = append(part.inputs, g.rows(bias, i, count))
		}
		part.outputs = []*value{g.thinner(out, columns/count)}
		split.outputs, join.inputs = append(split.outputs, part.inputs[0]), append(join.inputs, part.outputs[0])
		list = append(list, part)
	}
	return append(list, join)
}

// thinner adds a value like v, but for its channels.
func (g *graph) thinner(v *value, channels int) *value {
	t := *v.Tensor
	t.Shape = append(slices.Clone(v.Shape[:len(v.Shape)-1]), channels)
	made := &value{Tensor: &t, last: -1}
	g.values = append(g.values, made)
	return made
}

// rows adds part i of count of a constant, along its first dimension.
func (g *graph) rows(v *value, i, count int) *value {
	t := *v.Tensor
	t.Shape = slices.Clone(v.Shape)
	t.Shape[0] /= count
	t.Data = portion(v.Data, i, count)
	if q := v.Quant; q != nil && len(q.Scale) > 1 && q.Axis == 0 {
		t.Quant = &model.Quant{Scale: portion(q.Scale, i, count), ZeroPoint: portion(q.ZeroPoint, i, count)}
	}
	made := &value{Tensor: &t, last: -1, whole: v}
	if v.from != nil {
		made.from = g.rows(v.from, i, count)
	}
	g.values = append(g.values, made)
	return made
}

// portion is part i of count of a list.
func portion[T any](list []T, i, count int) []T {
	n := len(list) / count
	return list[i*n : (i+1)*n : (i+1)*n]
}
