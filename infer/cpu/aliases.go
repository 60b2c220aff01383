package cpu

import (
	"fmt"

	"github.com/inceptiond/inceptiond/infer/model"
)

// renames tells whether an operator gives the bytes of its input another shape, and does nothing else.
func renames(op model.Op) bool { return op == model.OpReshape || op == model.OpSqueeze }

// aliases finds RESHAPE and SQUEEZE, makes their outputs aliases of their inputs, and removes them.
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
