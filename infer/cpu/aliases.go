package cpu

import (
	"fmt"
	"slices"

	"github.com/inceptiond/inceptiond/infer/model"
)

// renames tells whether an operator gives the bytes of its input another shape, and does nothing else.
func renames(op model.Op) bool {
	return op == model.OpReshape || op == model.OpSqueeze || op == model.OpExpandDims || op == model.OpDensify
}

// aliases finds RESHAPE and its like, makes their outputs aliases of their inputs, and removes them.
//
// Before, no value is an alias. After, an alias has a value of the same type and size that is none itself. It is an error if
// types or sizes differ.
func aliases(g *graph) error {
	gone := map[*node]bool{}
	for _, n := range g.nodes {
		if !renames(n.op) {
			continue
		}
		in, out := n.inputs[0], n.outputs[0]
		if in.Type != out.Type || in.Elements() != out.Elements() {
			return n.wrap(fmt.Errorf("%v %v cannot become %v %v", in.Type, in.Shape, out.Type, out.Shape))
		}
		out.alias = in.root()
		gone[n] = true
	}
	g.remove(gone)
	return nil
}

// newShape is the shape that a RESHAPE asks for, of a number of elements: by its second input or else by its options, as
// TensorFlow Lite has it; one of its dimensions may be -1, for what is left. nil if it does not say, or that is no such
// shape.
func (n *node) newShape(elements int) []int {
	opt, _ := n.options.(model.Reshape)
	shape := slices.Clone(opt.NewShape)
	if n.constant(1) {
		var err error
		if shape, err = n.inputs[1].ints(); err != nil {
			return nil
		}
	}
	known, open := 1, -1
	for i, d := range shape {
		switch {
		case d == -1 && open < 0:
			open = i
		case d < 1 || known > elements/d:
			return nil
		default:
			known *= d
		}
	}
	if open >= 0 && elements%known == 0 {
		shape[open] = elements / known
		known = elements
	}
	if known != elements {
		return nil
	}
	return shape
}

// reshape gives v another shape: files that were cut out of larger ones, or converted with a batch that was left open, have
// tensors whose shape is only settled when the model is loaded.
func (v *value) reshape(shape []int) {
	t := *v.Tensor
	t.Shape = shape
	v.Tensor = &t
}
