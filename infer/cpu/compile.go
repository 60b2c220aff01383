package cpu

import (
	"fmt"
	"slices"
	"strings"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// target is what a model is compiled for.
type target struct {
	set     *kernel.Set
	threads int
	memory  int64                 // the most bytes
	release func(constant []byte) // see Options.Release; nil for nothing
}

// program is a model that is ready to run: the caller's inputs go to the ports, then steps are done in order.
type program struct {
	inputs, outputs []port
	variables       []port // what a run leaves to the next, in the order of the file
	steps           []step
	scratch         need    // of each thread
	effort          float64 // products and sums of one run
	memory          int64   // bytes of tensors, prepared constants and scratch
}

// compile makes a program of m in three stages: a graph is built and checked, passes change it until only what has to be
// computed is left and every value has a place in memory, and its nodes are lowered to steps.
func compile(m *model.Model, t target) (*program, error) {
	if err := checkOperators(m); err != nil {
		return nil, err
	}
	m, err := plainly(m, t.memory)
	if err != nil {
		return nil, err
	}
	g, err := newGraph(m)
	if err != nil {
		return nil, err
	}
	if err := simplify(g, t); err != nil {
		return nil, err
	}
	lifetimes(g)
	size, err := placeValues(g)
	if err != nil {
		return nil, err
	}
	l := &lowering{budget: budget{limit: t.memory}, set: t.set, threads: t.threads, packed: newSlab(constantBytes(g))}
	if err := l.take(size); err != nil {
		return nil, err
	}
	allocate(g, size)
	return l.lower(g, t.release)
}

// simplify runs the passes that leave less to do. A graph means the same before and after each, to the byte. Constants and
// shapes come first, then aliases, as the others look behind them, and joins last, as the others do not look at siblings.
func simplify(g *graph, t target) error {
	if err := settle(g, t); err != nil {
		return err
	}
	ungroup(g)
	hybrids(g)
	if err := aliases(g); err != nil {
		return err
	}
	normsOfBytes(g)
	concatInPlace(g)
	absorbPadding(g)
	if err := transposeConvs(g, t.memory); err != nil {
		return err
	}
	if t.set.Tiling != nil || t.set.Tiling32 != nil {
		joins(g)
	}
	return nil
}

// checkOperators names every operator that cannot be lowered, with its count and what to do.
func checkOperators(m *model.Model) error {
	var names []string
	count := map[string]int{}
	for i := range m.Operators {
		o := &m.Operators[i]
		if operators[o.Op] != nil || renames(o.Op) || o.Op == model.OpCustom && (customs[o.Custom] != nil || natives[o.Custom] != nil) {
			continue
		}
		if count[o.Name()]++; count[o.Name()] == 1 {
			names = append(names, o.Name())
		}
	}
	if names == nil {
		return nil
	}
	slices.Sort(names)
	var list []string
	for _, name := range names {
		switch n := count[name]; {
		case name == model.EdgeTPUOperator:
			list = append(list, fmt.Sprintf("%s (%d): the model is compiled for an Edge TPU; use the .tflite it was compiled from, or an engine with an Edge TPU", name, n))
		default:
			list = append(list, fmt.Sprintf("%s (%d)", name, n))
		}
	}
	return fmt.Errorf("operators that this engine does not have: %s (convert the model to operators that networks "+
		"for pictures have, or use TensorFlow Lite): %w", strings.Join(list, ", "), model.ErrUnsupported)
}
