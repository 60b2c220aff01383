package cpu

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/inceptiond/inceptiond/infer/model"
)

// fallible is a layer that may find in a run that it cannot have what it reads.
type fallible interface {
	fault() error // of the latest run; it is forgotten
}

// faultOf is what went wrong in a layer's latest run.
func faultOf(l layer) error {
	if f, ok := l.(fallible); ok {
		return f.fault()
	}
	return nil
}

// indices is numbers that say which rows to take, as a run finds them.
type indices struct {
	i32 []int32
	i64 []int64
	bad atomic.Bool // one was out of range
}

// indices is the memory of a value that holds numbers of rows.
func (l *lowering) indices(v *value) (*indices, error) {
	var err error
	x := &indices{}
	if v.Type == model.Int64 {
		x.i64, err = l.int64s(v)
	} else {
		x.i32, err = l.int32s(v)
	}
	return x, err
}

// at is number i, if it is one of 0 … n-1.
func (x *indices) at(i, n int) (int, bool) {
	index := int64(0)
	if x.i64 != nil {
		index = x.i64[i]
	} else {
		index = int64(x.i32[i])
	}
	if index < 0 || index >= int64(n) {
		x.bad.Store(true)
		return 0, false
	}
	return int(index), true
}

// errIndex is what a run finds that takes a row by a number that no row has.
var errIndex = errors.New("an index is out of range")

func (x *indices) fault() error {
	if x.bad.Swap(false) {
		return errIndex
	}
	return nil
}

// gathering is the geometry of a GATHER: of each of outer blocks of rows, which lie in batches, it takes the rows that the
// batch's count indices name.
type gathering struct {
	batches, outer, rows, count int
	shape                       []int // of the output
}

func readGather(n *node) (*gathering, error) {
	opt, ok := n.options.(model.Gather)
	if !ok {
		return nil, fmt.Errorf("no options")
	}
	in, at := n.inputs[0], n.inputs[1]
	a, err := axisOf(in, opt.Axis)
	if err != nil {
		return nil, err
	}
	batch := opt.BatchDims
	if batch < 0 {
		batch += len(at.Shape)
	}
	if batch < 0 || batch > a || batch > len(at.Shape) || !slices.Equal(in.Shape[:batch], at.Shape[:batch]) {
		return nil, fmt.Errorf("%d dimensions of %v in common with %v: %w", opt.BatchDims, in.Shape, at.Shape, model.ErrUnsupported)
	}
	g := &gathering{batches: product(in.Shape[:batch]), outer: product(in.Shape[batch:a]), rows: in.Shape[a], count: product(at.Shape[batch:])}
	g.shape = slices.Concat(in.Shape[:a], at.Shape[batch:], in.Shape[a+1:])
	return g, nil
}

func gatherShape(n *node) ([][]int, error) {
	g, err := readGather(n)
	if err != nil {
		return nil, err
	}
	return one(g.shape...), nil
}

// lowerGather makes a GATHER.
func lowerGather(l *lowering, n *node) (layer, error) {
	in := n.inputs[0]
	if err := n.movable(in, model.Float32, model.Uint8, model.Int8, model.Int16, model.Int32, model.Int64, model.Bool); err != nil {
		return nil, err
	}
	if err := oneOf(n.inputs[1], model.Int32, model.Int64); err != nil {
		return nil, err
	}
	g, err := readGather(n)
	if err != nil {
		return nil, err
	}
	at, err := l.indices(n.inputs[1])
	if err != nil {
		return nil, err
	}
	if err := n.checkIndices(at, g.rows); err != nil {
		return nil, err
	}
	src, dst, err := ends(l.raw, n)
	if err != nil {
		return nil, err
	}
	width := len(src) / (g.batches * g.outer * g.rows)
	return &gatherRows{gathering: *g, indices: at, src: src, dst: dst, width: width}, nil
}

// embeddingShape is the rule of EMBEDDING_LOOKUP.
func embeddingShape(n *node) ([][]int, error) {
	at, in := n.inputs[0], n.inputs[1]
	if in == nil || len(in.Shape) == 0 || len(at.Shape) != 1 {
		return nil, nil
	}
	return one(with(in.Shape[1:], 0, at.Shape[0])...), nil
}

// lowerEmbedding makes an EMBEDDING_LOOKUP: rows of the second input, by the numbers of the first.
func lowerEmbedding(l *lowering, n *node) (layer, error) {
	same := *n
	same.inputs = []*value{n.inputs[1], n.inputs[0]}
	same.options = model.Gather{}
	if err := oneOf(n.inputs[0], model.Int32); err != nil {
		return nil, err
	}
	if err := oneOf(n.inputs[1], model.Float32, model.Int8); err != nil {
		return nil, err
	}
	if len(n.inputs[0].Shape) != 1 || len(n.inputs[1].Shape) < 2 {
		return nil, fmt.Errorf("rows %v of %v", n.inputs[0].Shape, n.inputs[1].Shape)
	}
	return lowerGather(l, &same)
}

// checkIndices looks for indices out of range where they are known before a run.
func (n *node) checkIndices(x *indices, rows int) error {
	if !n.inputs[1].root().isConstant() {
		return nil
	}
	for i := range n.inputs[1].Elements() {
		if _, ok := x.at(i, rows); !ok {
			return fmt.Errorf("tensor %q has an index out of range (want 0 to %d): %w", n.inputs[1].Name, rows-1, model.ErrUnsupported)
		}
	}
	return nil
}

// gatherRows copies rows that indices name. A piece is a row of the output.
type gatherRows struct {
	gathering
	*indices
	src, dst []byte
	width    int // bytes of a row
}

func (g *gatherRows) units() int { return g.batches * g.outer * g.count }

func (g *gatherRows) run(_ *scratch, from, to int) {
	for i := from; i < to; i++ {
		block := i / g.count
		row, ok := g.at(block/g.outer*g.count+i%g.count, g.rows)
		if ok {
			copy(g.dst[i*g.width:][:g.width], g.src[(block*g.rows+row)*g.width:])
		}
	}
}

// ndDepth is how many dimensions of its first input each index of a GATHER_ND has: the last dimension of the second.
func ndDepth(n *node) (int, error) {
	in, at := n.inputs[0], n.inputs[1]
	if depth := at.channels(); len(at.Shape) > 0 && depth <= len(in.Shape) {
		return depth, nil
	}
	return 0, fmt.Errorf("indices %v of %v", at.Shape, in.Shape)
}

func gatherNDShape(n *node) ([][]int, error) {
	depth, err := ndDepth(n)
	if err != nil {
		return nil, err
	}
	in, at := n.inputs[0].Shape, n.inputs[1].Shape
	return one(slices.Concat(at[:len(at)-1], in[depth:])...), nil
}

// lowerGatherND makes a GATHER_ND: each index is a position along several dimensions.
func lowerGatherND(l *lowering, n *node) (layer, error) {
	in := n.inputs[0]
	if err := n.movable(in, model.Float32, model.Uint8, model.Int8, model.Int16, model.Int32, model.Int64); err != nil {
		return nil, err
	}
	if err := oneOf(n.inputs[1], model.Int32, model.Int64); err != nil {
		return nil, err
	}
	depth, err := ndDepth(n)
	if err != nil {
		return nil, err
	}
	at, err := l.indices(n.inputs[1])
	if err != nil {
		return nil, err
	}
	src, dst, err := ends(l.raw, n)
	if err != nil {
		return nil, err
	}
	g := &gatherND{coordinates: coordinates{at, in.Shape[:depth]}, src: src, dst: dst, width: len(src) / product(in.Shape[:depth])}
	if n.inputs[1].root().isConstant() {
		for i := range g.units() {
			if _, ok := g.position(i); !ok {
				return nil, fmt.Errorf("tensor %q has an index out of range: %w", n.inputs[1].Name, model.ErrUnsupported)
			}
		}
	}
	return g, nil
}

// gatherND copies slices at positions that indices name. A piece is a slice.
type gatherND struct {
	coordinates
	src, dst []byte
	width    int // bytes of a slice
}

func (g *gatherND) units() int { return len(g.dst) / g.width }

func (g *gatherND) run(_ *scratch, from, to int) {
	for i := from; i < to; i++ {
		if at, ok := g.position(i); ok {
			copy(g.dst[i*g.width:][:g.width], g.src[at*g.width:])
		}
	}
}
