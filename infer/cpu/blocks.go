package cpu

import (
	"fmt"
	"slices"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

func spaceToDepthShape(n *node) ([][]int, error) {
	opt, ok := n.options.(model.SpaceToDepth)
	in, side := n.inputs[0], opt.Block
	if !ok || len(in.Shape) != 4 || side < 1 || side > maxWindow || in.Shape[1]%side != 0 || in.Shape[2]%side != 0 {
		return nil, fmt.Errorf("blocks of %d in %v: %w", side, in.Shape, model.ErrUnsupported)
	}
	return one(in.Shape[0], in.Shape[1]/side, in.Shape[2]/side, in.Shape[3]*side*side), nil
}

func depthToSpaceShape(n *node) ([][]int, error) {
	opt, ok := n.options.(model.DepthToSpace)
	in, side := n.inputs[0], opt.Block
	if !ok || len(in.Shape) != 4 || side < 1 || side > maxWindow || in.Shape[3]%(side*side) != 0 {
		return nil, fmt.Errorf("blocks of %d from %v: %w", side, in.Shape, model.ErrUnsupported)
	}
	return one(in.Shape[0], in.Shape[1]*side, in.Shape[2]*side, in.Shape[3]/(side*side)), nil
}

// lowerSpaceToDepth makes a SPACE_TO_DEPTH: the pixels of a block become channels, row by row.
func lowerSpaceToDepth(l *lowering, n *node) (layer, error) {
	opt, _ := n.options.(model.SpaceToDepth)
	return lowerDepth(l, n, n.outputs[0], opt.Block, false)
}

// lowerDepthToSpace makes a DEPTH_TO_SPACE, the opposite.
func lowerDepthToSpace(l *lowering, n *node) (layer, error) {
	opt, _ := n.options.(model.DepthToSpace)
	return lowerDepth(l, n, n.inputs[0], opt.Block, true)
}

// lowerDepth makes a move between deep, [batch h w side*side*c], and images, [batch h*side w*side c].
func lowerDepth(l *lowering, n *node, deep *value, side int, toImages bool) (layer, error) {
	if err := n.movable(n.inputs[0], model.Float32, model.Uint8, model.Int8, model.Int32, model.Int64); err != nil {
		return nil, err
	}
	rows, w, c, size := deep.Shape[0]*deep.Shape[1], deep.Shape[2], deep.Shape[3]/(side*side), deep.Type.Size()
	b := box(size, []int{rows, side, w, side * c},
		steps([]int{rows, side, w, side * c}, size), // rows of the images, of blocks of rows of pixels
		[]int{w * side * side * c * size, side * c * size, side * side * c * size, size})
	if !toImages {
		for d := range b.Dims {
			b.Dims[d].Dst, b.Dims[d].Src = b.Dims[d].Src, b.Dims[d].Dst
		}
	}
	return lowerMove(l, n, n.inputs[0], b)
}

// maxBlocks bounds the pixels of a block, each of which is a copy.
const maxBlocks = 1 << 12

// blocks is what a SPACE_TO_BATCH_ND or BATCH_TO_SPACE_ND does: how long blocks are along each dimension behind the batch,
// and what the images have before and after that counts as one of these.
type blocks struct{ sides, before, after []int }

// readBlocks reads the sides of blocks, and a border or crop.
func readBlocks(n *node) (*blocks, error) {
	in := n.inputs[0]
	sides, err := n.list(1)
	if err != nil {
		return nil, err
	}
	around, err := n.list(2)
	if err != nil {
		return nil, err
	}
	if r := len(in.Shape); r < 3 || r > 4 || len(sides) != r-2 || len(around) != 2*len(sides) {
		return nil, fmt.Errorf("blocks of %v with %v around in %v (want 3 or 4 dimensions): %w", sides, around, in.Shape, model.ErrUnsupported)
	}
	b := &blocks{sides: sides}
	total := 1
	for d, side := range sides {
		before, after := around[2*d], around[2*d+1]
		if side < 1 || side > maxBlocks || before < 0 || after < 0 || max(before, after) > maxElements/4 {
			return nil, fmt.Errorf("blocks of %v with %v around: %w", sides, around, model.ErrUnsupported)
		}
		if total *= side; total > maxBlocks {
			return nil, fmt.Errorf("blocks of %v: %w", sides, model.ErrUnsupported)
		}
		b.before, b.after = append(b.before, before), append(b.after, after)
	}
	return b, nil
}

// count is the number of pixels of a block.
func (b *blocks) count() int { return product(b.sides) }

// place is where pixel i of a block is in it.
func (b *blocks) place(i int) []int {
	at := make([]int, len(b.sides))
	for d := len(at) - 1; d >= 0; d-- {
		at[d] = i % b.sides[d]
		i /= b.sides[d]
	}
	return at
}

func spaceToBatchShape(n *node) ([][]int, error) {
	b, err := readBlocks(n)
	if err != nil {
		return nil, err
	}
	shape := slices.Clone(n.inputs[0].Shape)
	shape[0] *= b.count()
	for d, side := range b.sides {
		padded := b.before[d] + shape[d+1] + b.after[d]
		if padded%side != 0 {
			return nil, fmt.Errorf("blocks of %v in %v with a border: %w", b.sides, n.inputs[0].Shape, model.ErrUnsupported)
		}
		shape[d+1] = padded / side
	}
	return one(shape...), nil
}

func batchToSpaceShape(n *node) ([][]int, error) {
	b, err := readBlocks(n)
	if err != nil {
		return nil, err
	}
	shape := slices.Clone(n.inputs[0].Shape)
	if shape[0]%b.count() != 0 {
		return nil, fmt.Errorf("a batch of %d in blocks of %v: %w", shape[0], b.sides, model.ErrUnsupported)
	}
	shape[0] /= b.count()
	for d, side := range b.sides {
		if shape[d+1] > maxElements/side {
			return nil, fmt.Errorf("blocks of %v from %v: %w", b.sides, shape, model.ErrUnsupported)
		}
		shape[d+1] = shape[d+1]*side - b.before[d] - b.after[d]
	}
	return one(shape...), nil
}

// within is the part of a row of count elements, side apart from at on, that lies in 0 … size-1: how many come before it,
// how many there are, and where the first is.
func within(at, side, count, size int) (before, n, first int) {
	if at < 0 {
		before = min(count, ceil(-at, side))
	}
	first = at + before*side
	if first < size {
		n = min(count-before, ceil(size-first, side))
	}
	return before, n, first
}

// lowerSpaceToBatch makes a SPACE_TO_BATCH_ND: images that take every side-th pixel of the input with a border, beginning at
// each pixel of a block; all images of the first pixel come first.
func lowerSpaceToBatch(l *lowering, n *node) (layer, error) {
	in, out := n.inputs[0], n.outputs[0]
	if err := n.movable(in, model.Float32, model.Uint8, model.Int8, model.Int32, model.Int64); err != nil {
		return nil, err
	}
	b, err := readBlocks(n)
	if err != nil {
		return nil, err
	}
	src, dst, err := ends(l.raw, n)
	if err != nil {
		return nil, err
	}
	fill, err := out.zeros()
	if err != nil {
		return nil, err
	}
	size, m := in.Type.Size(), &move{}
	to, from := steps(out.Shape, size), steps(in.Shape, size)
	for i := range b.count() {
		at := kernel.Box{Size: size, Dst: i * in.Shape[0] * to[0]}
		sides := []framed{{inner: in.Shape[0], dst: to[0], src: from[0]}}
		for d, p := range b.place(i) {
			before, inner, first := within(p-b.before[d], b.sides[d], out.Shape[d+1], in.Shape[d+1])
			if inner > 0 {
				at.Src += first * from[d+1]
			}
			sides = append(sides, framed{before, inner, out.Shape[d+1] - before - inner, to[d+1], from[d+1] * b.sides[d]})
		}
		last := len(in.Shape) - 1
		sides = append(sides, framed{inner: in.Shape[last], dst: size, src: size})
		m.frame(dst, src, fill, at, sides)
	}
	return m, nil
}

// lowerBatchToSpace makes a BATCH_TO_SPACE_ND, the opposite: a crop is what a border was.
func lowerBatchToSpace(l *lowering, n *node) (layer, error) {
	in, out := n.inputs[0], n.outputs[0]
	if err := n.movable(in, model.Float32, model.Uint8, model.Int8, model.Int32, model.Int64); err != nil {
		return nil, err
	}
	b, err := readBlocks(n)
	if err != nil {
		return nil, err
	}
	src, dst, err := ends(l.raw, n)
	if err != nil {
		return nil, err
	}
	size, m := in.Type.Size(), &move{}
	to, from := steps(out.Shape, size), steps(in.Shape, size)
	for i := range b.count() {
		c := kernel.Box{Size: size, Src: i * out.Shape[0] * from[0], Dims: []kernel.Dim{{N: out.Shape[0], Dst: to[0], Src: from[0]}}}
		empty := false
		for d, p := range b.place(i) {
			before, inner, first := within(p-b.before[d], b.sides[d], in.Shape[d+1], out.Shape[d+1])
			empty = empty || inner == 0
			c.Src += before * from[d+1]
			c.Dst += first * to[d+1]
			c.Dims = append(c.Dims, kernel.Dim{N: inner, Dst: to[d+1] * b.sides[d], Src: from[d+1]})
		}
		c.Dims = append(c.Dims, kernel.Dim{N: in.channels(), Dst: size, Src: size})
		if !empty {
			m.add(dst, src, c)
		}
	}
	return m, nil
}
