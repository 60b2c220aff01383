package cpu

import (
	"fmt"
	"slices"

	"github.com/inceptiond/inceptiond/infer/model"
)

// graph is a model on its way to steps: values, and the nodes that compute them. Passes change it, lowering reads it.
type graph struct {
	values          []*value // as the model's tensors
	nodes           []*node  // in order of execution: each comes after those whose values it reads
	inputs, outputs []*value // the caller's, in the order of the file
}

// node computes values from others: an operator of the model. It has a first input and at least one output.
type node struct {
	number          int // among the model's operators
	op              model.Op
	name            string // of the operator, as in the schema, "CONV_2D"
	options         any    // see model.Operator
	inputs, outputs []*value
	inner           []*value // are never computed, see model.Operator.Intermediates
	macs            int64    // see model.Model.MACs

	siblings []*node // are computed together with this node: see joins
}

// value is a tensor. One that is computed has a part of the arena, unless alias, slot or border, of which at most one is
// set, says that it lies elsewhere.
type value struct {
	*model.Tensor // Data is not nil for a constant of the file

	from   *value  // the constant of the file whose numbers are these, dequantized: see widen
	whole  *value  // the constant that this one is a part of: see ungroup
	alias  *value  // has the same bytes: see aliases
	slot   *slot   // the channels of another value that this one is written to: see concatInPlace
	border *border // what is put around another value to make this one, which is not computed: see absorbPadding

	dynamic *dynamic // its bytes are quantized anew in each run: see hybrids

	first, last int   // the positions of the first and last node that use its memory; see lifetimes
	offset      int64 // in the arena, in bytes; see placeValues

	memory []byte // its elements, in a row, as the machine has them; see element
}

// slot is a run of channels of whole, from channel on. What is written there is translated by table, if there is one.
type slot struct {
	whole   *value
	channel int
	table   *[256]uint8
}

// border is what lies around inner, an image: top rows above, left columns before it, and others below and behind.
type border struct {
	inner     *value
	top, left int
}

// maxTensors bounds the time to lay out the arena, which grows with the square. Large networks have 1000.
const maxTensors = 1 << 14

// newGraph makes a graph of m, each operator a node and each tensor a value. It checks what all passes trust in: nodes have
// inputs and outputs, read only what is there by then, and compute nothing that is there already.
func newGraph(m *model.Model) (*graph, error) {
	if len(m.Tensors) > maxTensors {
		return nil, fmt.Errorf("%d tensors (the most is %d): %w", len(m.Tensors), maxTensors, model.ErrUnsupported)
	}
	if len(m.Inputs) == 0 || len(m.Outputs) == 0 {
		return nil, fmt.Errorf("%d inputs and %d outputs (want at least 1 and 1): %w", len(m.Inputs), len(m.Outputs), model.ErrUnsupported)
	}
	g := &graph{values: make([]*value, len(m.Tensors))}
	there := map[*value]bool{}
	for i := range m.Tensors {
		g.values[i] = &value{Tensor: &m.Tensors[i], last: -1}
		there[g.values[i]] = m.Tensors[i].Data != nil || m.Tensors[i].Variable
	}
	g.inputs, g.outputs = g.pick(m.Inputs), g.pick(m.Outputs)
	for _, v := range g.inputs {
		there[v] = true
	}
	for i := range m.Operators {
		o := &m.Operators[i]
		n := &node{number: i, op: o.Op, name: o.Name(), options: o.Options, inputs: g.pick(o.Inputs), outputs: g.pick(o.Outputs), inner: g.pick(o.Intermediates), macs: m.MACs(i)}
		if n.custom() == model.DetectionOperator {
			if err := n.detectionShapes(o); err != nil {
				return nil, n.wrap(err)
			}
		}
		if err := n.checkOdd(o.Odd); err != nil {
			return nil, n.wrap(err)
		}
		if err := n.check(there); err != nil {
			return nil, n.wrap(err)
		}
		g.nodes = append(g.nodes, n)
	}
	for _, v := range g.outputs {
		if !there[v] {
			return nil, fmt.Errorf("nothing computes output %q", v.Name)
		}
	}
	return g, nil
}

// pick returns the values with some indices; nil for a negative index, which stands for an optional input that is absent.
func (g *graph) pick(indices []int) []*value {
	list := make([]*value, len(indices))
	for k, i := range indices {
		if i >= 0 {
			list[k] = g.values[i]
		}
	}
	return list
}

// operands is what n reads: of a RESHAPE its image, as its output has the shape anyway.
func (n *node) operands() []*value {
	if renames(n.op) && len(n.inputs) > 1 {
		return n.inputs[:1]
	}
	return n.inputs
}

// checkOdd refuses an operator that is odd itself, and one that reads or computes an odd tensor.
func (n *node) checkOdd(odd string) error {
	if odd != "" {
		return fmt.Errorf("%s: %w", odd, model.ErrUnsupported)
	}
	for _, v := range slices.Concat(n.operands(), n.outputs) {
		if v != nil && v.Odd != "" {
			return fmt.Errorf("tensor %q: %s: %w", v.Name, v.Odd, model.ErrUnsupported)
		}
	}
	return nil
}

// check looks at what n reads and computes, and adds the latter to what is there.
func (n *node) check(there map[*value]bool) error {
	if len(n.inputs) == 0 || n.inputs[0] == nil || len(n.outputs) == 0 {
		return fmt.Errorf("%d inputs and %d outputs", len(n.inputs), len(n.outputs))
	}
	if len(n.outputs) > 1 && !several(n.op) {
		return fmt.Errorf("%d outputs (want 1)", len(n.outputs))
	}
	for _, v := range n.operands() {
		if v != nil && !there[v] {
			return fmt.Errorf("nothing computes its input %q", v.Name)
		}
	}
	for _, v := range n.outputs {
		if there[v] {
			return fmt.Errorf("output %q is computed or constant already", v.Name)
		}
		there[v] = true
	}
	return nil
}

// several tells whether an operator may compute more than one value.
func several(op model.Op) bool {
	switch op {
	case model.OpSplit, model.OpSplitV, model.OpUnpack, model.OpTopKV2, model.OpSuppressionV4, model.OpSuppressionV5, model.OpCustom:
		return true
	}
	return false
}

// custom is the name of a custom operator, empty for others.
func (n *node) custom() string {
	if n.op != model.OpCustom {
		return ""
	}
	return n.name
}

// wrap says that err comes from n.
func (n *node) wrap(err error) error { return fmt.Errorf("operator %d %s: %w", n.number, n.name, err) }

// constant tells whether n has a constant as input number i.
func (n *node) constant(i int) bool {
	return i < len(n.inputs) && n.inputs[i] != nil && n.inputs[i].root().isConstant()
}

// readers lists, for each value that is no alias, the nodes that read it or an alias of it, once for each time. The caller,
// who reads the model's outputs, is nil.
func (g *graph) readers() map[*value][]*node {
	readers := map[*value][]*node{}
	for _, n := range g.nodes {
		for _, v := range n.inputs {
			if v != nil {
				readers[v.root()] = append(readers[v.root()], n)
			}
		}
	}
	for _, v := range g.outputs {
		readers[v.root()] = append(readers[v.root()], nil)
	}
	return readers
}

// makers is the node that computes each value.
func (g *graph) makers() map[*value]*node {
	makers := map[*value]*node{}
	for _, n := range g.nodes {
		for _, v := range n.outputs {
			makers[v] = n
		}
	}
	return makers
}

// remove takes nodes out of the graph.
func (g *graph) remove(nodes map[*node]bool) {
	g.nodes = slices.DeleteFunc(g.nodes, func(n *node) bool { return nodes[n] })
}

// root is the value that v is an alias of, or v.
func (v *value) root() *value {
	for v.alias != nil {
		v = v.alias
	}
	return v
}

// inner is the value that is read to see image v: the inside of its border, or v.
func (v *value) inner() *value {
	if v.border != nil {
		return v.border.inner
	}
	return v
}

// home is the value in whose memory v lies. It is a constant, or has a part of the arena.
func (v *value) home() *value {
	for {
		switch {
		case v.alias != nil:
			v = v.alias
		case v.slot != nil:
			v = v.slot.whole
		case v.border != nil:
			v = v.border.inner
		default:
			return v
		}
	}
}

// is8bit tells whether v is a tensor of bytes.
func (v *value) is8bit() bool { return v.Type == model.Uint8 || v.Type == model.Int8 }

// computed tells whether v is a tensor of numbers that convolutions multiply.
func (v *value) computed() bool { return v.is8bit() || v.Type == model.Float32 }

// channels is the last dimension, 1 for a scalar.
func (v *value) channels() int {
	if len(v.Shape) == 0 {
		return 1
	}
	return v.Shape[len(v.Shape)-1]
}
