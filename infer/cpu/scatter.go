package cpu

import (
	"fmt"
	"slices"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// coordinates is positions along the first dimensions of a tensor, as a run finds them.
type coordinates struct {
	*indices
	sides []int // of those dimensions
}

// position is place i, counted in elements of those dimensions.
func (p *coordinates) position(i int) (int, bool) {
	at := 0
	for d, side := range p.sides {
		x, ok := p.at(i*len(p.sides)+d, side)
		if !ok {
			return 0, false
		}
		at = at*side + x
	}
	return at, true
}

// scatter puts slices of its source, or copies of the only one, at places of a tensor that is filled before. It is one piece,
// as several slices may have the same place.
type scatter struct {
	coordinates
	src, dst, fill []byte
	count, width   int                   // slices, and bytes of each
	add            func(dst, src []byte) // adds a slice to what is there; nil: it replaces that
}

func (s *scatter) units() int { return 1 }

func (s *scatter) run(*scratch, int, int) {
	kernel.Repeat(s.dst, s.fill)
	for i := range s.count {
		at, ok := s.position(i)
		if !ok {
			return
		}
		to, from := s.dst[at*s.width:][:s.width], s.src[i*s.width%len(s.src):]
		if s.add != nil {
			s.add(to, from)
		} else {
			copy(to, from)
		}
	}
}

// adders add numbers of some types, which wrap around.
var adders = map[model.Type]func(dst, src []byte){
	model.Float32: addTo[float32], model.Int32: addTo[int32], model.Int64: addTo[int64], model.Uint8: addTo[uint8],
	model.Int8: func(dst, src []byte) {
		for i := range dst {
			dst[i] += src[i] ^ 0x80
		}
	},
}

func addTo[T element](dst, src []byte) {
	to, from := as[T](dst), as[T](src)
	for i := range to {
		to[i] += from[i]
	}
}

// scatterShape is the rule of SCATTER_ND and SPARSE_TO_DENSE, one input of which is the shape.
func scatterShape(input int) rule {
	return func(n *node) ([][]int, error) {
		shape, err := n.list(input)
		if err != nil {
			return nil, err
		}
		return one(shape...), nil
	}
}

// lowerScatterND makes a SCATTER_ND: slices are added to zeros, at places of a tensor.
func lowerScatterND(l *lowering, n *node) (layer, error) {
	at, src, out := n.inputs[0], n.inputs[1], n.outputs[0]
	if err := n.movable(src, model.Float32, model.Uint8, model.Int8, model.Int32, model.Int64); err != nil {
		return nil, err
	}
	if err := oneOf(at, model.Int32); err != nil {
		return nil, err
	}
	depth := at.channels()
	if len(at.Shape) == 0 || depth > len(out.Shape) || !slices.Equal(slices.Concat(at.Shape[:len(at.Shape)-1], out.Shape[depth:]), src.Shape) {
		return nil, fmt.Errorf("slices %v at places %v of %v", src.Shape, at.Shape, out.Shape)
	}
	s := &scatter{count: at.Elements() / depth, add: adders[src.Type]}
	return s.lower(l, n, depth, at, src)
}

// lower gives s its memory.
func (s *scatter) lower(l *lowering, n *node, depth int, at, src *value) (layer, error) {
	out := n.outputs[0]
	s.sides = out.Shape[:depth]
	s.width = out.Bytes() / product(s.sides)
	var err error
	if s.indices, err = l.indices(at); err != nil {
		return nil, err
	}
	if s.src, err = l.raw(src); err != nil {
		return nil, err
	}
	if s.dst, err = l.raw(out); err != nil {
		return nil, err
	}
	if s.fill == nil {
		s.fill = out.blank()
	}
	return s, l.work(float64(s.count) * float64(s.width))
}

// lowerSparseToDense makes a SPARSE_TO_DENSE: numbers, or one, at places of a tensor of another.
func lowerSparseToDense(l *lowering, n *node) (layer, error) {
	at, src, rest, out := n.inputs[0], n.inputs[2], n.inputs[3], n.outputs[0]
	const maxRank = 4
	if err := n.movable(src, model.Float32, model.Uint8, model.Int8, model.Int32, model.Int64); err != nil {
		return nil, err
	}
	if err := oneOf(at, model.Int32, model.Int64); err != nil {
		return nil, err
	}
	if err := oneOf(rest, src.Type); err != nil {
		return nil, err
	}
	depth := 1
	if len(at.Shape) == 2 {
		depth = at.Shape[1]
	}
	count := at.Elements() / depth
	if len(at.Shape) > 2 || depth != len(out.Shape) || depth > maxRank || len(src.Shape) > 1 || src.Elements() != count && len(src.Shape) > 0 || rest.Elements() != 1 {
		return nil, fmt.Errorf("%v at places %v of %v, and %v elsewhere: %w", src.Shape, at.Shape, out.Shape, rest.Shape, model.ErrUnsupported)
	}
	s := &scatter{count: count}
	var err error
	if s.fill, err = l.raw(rest); err != nil {
		return nil, err
	}
	return s.lower(l, n, depth, at, src)
}

// segmentSumShape is the rule of SEGMENT_SUM: a row for each number up to the last of the second input, which are in order.
func segmentSumShape(n *node) ([][]int, error) {
	in := n.inputs[0]
	rows, err := n.list(1)
	if err != nil {
		return nil, err
	}
	if len(in.Shape) == 0 || len(rows) != in.Shape[0] || len(n.inputs[1].Shape) != 1 || !slices.IsSorted(rows) || rows[0] < 0 {
		return nil, fmt.Errorf("rows %v of %v: %w", rows, in.Shape, model.ErrUnsupported)
	}
	return one(with(in.Shape[1:], 0, rows[len(rows)-1]+1)...), nil
}

// lowerSegmentSum makes a SEGMENT_SUM: rows of the same number are added.
func lowerSegmentSum(l *lowering, n *node) (layer, error) {
	in, rows := n.inputs[0], n.inputs[1]
	if err := n.movable(in, model.Float32, model.Int32); err != nil {
		return nil, err
	}
	s := &scatter{count: in.Shape[0], add: adders[in.Type]}
	return s.lower(l, n, 1, rows, in)
}

// lowerUpdate makes a DYNAMIC_UPDATE_SLICE: a block of the first input is replaced by the second, where the third says that it begins.
func lowerUpdate(l *lowering, n *node) (layer, error) {
	in, block, start := n.inputs[0], n.inputs[1], n.inputs[2]
	if err := n.movable(in, model.Float32, model.Int8, model.Int32, model.Int64); err != nil {
		return nil, err
	}
	rank := len(in.Shape)
	if block.Type != in.Type || len(block.Shape) != rank || !slices.Equal(start.Shape, []int{rank}) || rank > maxDims {
		return nil, fmt.Errorf("%v %v in %v %v at %v", block.Type, block.Shape, in.Type, in.Shape, start.Shape)
	}
	size := in.Type.Size()
	along := steps(in.Shape, size)
	u := &update{box: box(size, block.Shape, along, steps(block.Shape, size))}
	for d, side := range in.Shape {
		if block.Shape[d] > side {
			return nil, fmt.Errorf("%v in %v", block.Shape, in.Shape)
		}
		u.room = append(u.room, stride{side - block.Shape[d], along[d]})
	}
	var err error
	if u.start, err = l.int32s(start); err != nil {
		return nil, err
	}
	if u.block, err = l.raw(block); err != nil {
		return nil, err
	}
	u.src, u.dst, err = ends(l.raw, n)
	return u, err
}

// update copies a tensor, and then a block to where it begins in a run, moved so that all of it lies inside. It is one piece.
type update struct {
	src, block, dst []byte
	start           []int32
	room            []stride // how far the block may begin along each dimension, and how far neighbours are apart in bytes
	box             kernel.Box
}

func (u *update) units() int { return 1 }

func (u *update) run(*scratch, int, int) {
	copy(u.dst, u.src)
	b := u.box
	for d, r := range u.room {
		b.Dst += min(max(int(u.start[d]), 0), r.n) * r.step
	}
	b.Copy(u.dst, u.block)
}
