package cpu

import (
	"fmt"
	"slices"

	"github.com/inceptiond/inceptiond/infer/model"
)

// settle finds out what is known before a run, node by node: the shapes of values, which files that were converted with an
// open size do not have right, and the numbers of those that depend on constants and shapes alone. It removes the nodes
// that compute the latter. It is an error if an operator cannot have such operands, or a shape is only known in a run.
//
// It comes first of all passes. Before, no value has an alias or a from.
func settle(g *graph, t target) error {
	s := settling{target: t, folded: budget{limit: t.memory, most: maxFoldedSteps}}
	gone, widened := map[*node]bool{}, map[*value]*value{}
	for _, n := range g.nodes {
		err, done := g.native(n), false
		if err == nil {
			done, err = g.widen(n, widened)
		}
		if err == nil {
			err = n.settleShapes()
		}
		if err == nil && !done && !n.tell() && !s.fold(n) {
			err = s.count(n.outputs)
		} else {
			gone[n] = true
		}
		if err != nil {
			return n.wrap(err)
		}
	}
	g.remove(gone)
	return nil
}

// settling bounds what a file of few bytes can ask for.
type settling struct {
	target
	folded budget // of constants that are made
	total  int64  // bytes of all values that are computed in a run
}

// maxTotal bounds the bytes of all values that are computed in a run, and with them the time of a run.
const maxTotal = 1 << 30

// count adds values that are computed in a run.
func (s *settling) count(values []*value) error {
	for _, v := range values {
		if s.total += int64(v.Bytes()); s.total > maxTotal {
			return fmt.Errorf("the values of a run have %d MiB or more (the most is %d): %w", s.total>>20, maxTotal>>20, model.ErrMemory)
		}
	}
	return nil
}

// settleShapes gives n's outputs the shapes that follow from its operands, if there is a rule for its operator.
func (n *node) settleShapes() error {
	rule := shapeRule(n.op)
	if rule == nil {
		return nil
	}
	list, err := rule(n)
	if err != nil || list == nil {
		return err
	}
	if len(list) != len(n.outputs) {
		return fmt.Errorf("%d outputs (want %d)", len(n.outputs), len(list))
	}
	for i, shape := range list {
		if err := checkShape(shape, n.outputs[i].Type.Size()); err != nil {
			return err
		}
		n.outputs[i].reshape(shape)
	}
	return nil
}

// maxElements bounds what operators may make of a tensor, in elements and in bytes, so that no product overflows.
const maxElements = 1 << 30

// checkShape says why no tensor of elements of some size can have a shape.
func checkShape(shape []int, size int) error {
	const maxRank = 8
	total := max(1, size)
	for _, d := range shape {
		if d < 1 {
			return fmt.Errorf("an output %v has no elements: %w", shape, model.ErrUnsupported)
		}
		if total > maxElements/d {
			return fmt.Errorf("an output %v is too large: %w", shape, model.ErrMemory)
		}
		total *= d
	}
	if len(shape) > maxRank {
		return fmt.Errorf("an output has %d dimensions (the most is %d): %w", len(shape), maxRank, model.ErrUnsupported)
	}
	return nil
}

// tell makes the output of a SHAPE, RANK or BROADCAST_ARGS a constant, and tells whether n is one.
func (n *node) tell() bool {
	var numbers []int
	var err error
	switch n.op {
	case model.OpShape:
		numbers = n.inputs[0].Shape
	case model.OpRank:
		numbers = []int{len(n.inputs[0].Shape)}
	case model.OpBroadcastArgs:
		numbers, err = n.broadcastArgs()
	default:
		return false
	}
	out := n.outputs[0]
	wrong := out.Type != model.Int32 && (n.op != model.OpBroadcastArgs || out.Type != n.inputs[0].Type)
	if opt, ok := n.options.(model.Shape); ok {
		wrong = out.Type != opt.Out || out.Type != model.Int32 && out.Type != model.Int64
	}
	if err != nil || wrong || len(numbers) != out.Elements() {
		return false // lowering will refuse it
	}
	out.become(encodeInts(out.Type, numbers))
	return true
}

// broadcastArgs is the shape that two others, a node's inputs, make together.
func (n *node) broadcastArgs() ([]int, error) {
	a, err := n.list(0)
	if err != nil {
		return nil, err
	}
	b, err := n.list(1)
	if err != nil {
		return nil, err
	}
	return broadcastTogether(a, b)
}

// lowerTold refuses what tell had to leave.
func lowerTold(_ *lowering, n *node) (layer, error) {
	out := n.outputs[0]
	if n.op == model.OpBroadcastArgs {
		if _, err := n.broadcastArgs(); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("output %v %v (want int32 or int64): %w", out.Type, out.Shape, model.ErrUnsupported)
}

// maxFolded and maxFoldedSteps bound the bytes that one operator sees and makes, and the products and sums of all, when a
// model is loaded.
const (
	maxFolded      = 1 << 26
	maxFoldedSteps = 1 << 28
)

// fold computes n's outputs if it reads nothing but constants, makes them constants too, and tells whether it did.
func (s *settling) fold(n *node) bool {
	if slices.ContainsFunc(n.operands(), func(v *value) bool { return v != nil && !v.isConstant() }) {
		return false
	}
	if in, out := n.inputs[0], n.outputs[0]; renames(n.op) {
		same := in.Data != nil && in.Bytes() == out.Bytes() && in.Type == out.Type
		if same {
			out.become(in.Data)
		}
		return same
	}
	size := int64(0)
	for _, v := range slices.Concat(n.inputs, n.outputs) {
		if v == nil {
			continue
		}
		if size += int64(v.Bytes()); !held(v.Type) {
			return false
		}
	}
	return size <= maxFolded && operators[n.op] != nil && s.folded.take(size) == nil && s.compute(n)
}

// compute runs n, whose inputs are all constants, and tells whether that was possible.
func (s *settling) compute(n *node) bool {
	var own []*value // have memory for this only
	for _, v := range slices.Concat(n.inputs, n.outputs) {
		if v != nil && v.memory == nil {
			own = append(own, v)
		}
	}
	for _, v := range n.outputs {
		v.memory = room(v.Bytes())
	}
	l := &lowering{budget: budget{limit: s.memory, effort: s.folded.effort, most: maxFoldedSteps}, set: s.set, threads: 1}
	made, err := operators[n.op](l, n)
	if err == nil {
		own := newScratch(l.scratch)
		l.add(made, n)
		for _, step := range l.steps {
			own.begin()
			step.job.layer.run(own, 0, step.job.units)
		}
		err, s.folded.effort = faultOf(made), l.effort
	}
	for _, v := range n.outputs {
		if err == nil {
			data := make([]byte, v.Bytes())
			v.store(data, v.memory)
			v.become(data)
		}
	}
	for _, v := range own {
		v.memory = nil
	}
	return err == nil
}

// become makes v a constant of those little-endian numbers.
func (v *value) become(data []byte) {
	t := *v.Tensor
	t.Data = data
	v.Tensor = &t
}
