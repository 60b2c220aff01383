package cpu

import (
	"fmt"

	"github.com/inceptiond/inceptiond/infer/model"
)

// cut is what a SLICE or STRIDED_SLICE takes along one dimension of its input: n elements from start on, step apart.
type cut struct{ start, step, n int }

// sliceCuts reads the begin and size of a SLICE. A size of -1 is what is left.
func sliceCuts(n *node) ([]cut, error) {
	shape := n.inputs[0].Shape
	begin, err := n.list(1)
	if err != nil {
		return nil, err
	}
	size, err := n.list(2)
	if err != nil {
		return nil, err
	}
	if len(begin) != len(shape) || len(size) != len(shape) {
		return nil, fmt.Errorf("begin %v and size %v of %v", begin, size, shape)
	}
	cuts := make([]cut, len(shape))
	for d, from := range begin {
		count := size[d]
		if count == -1 {
			count = shape[d] - from
		}
		if from < 0 || from > shape[d] || count < 1 || count > shape[d]-from {
			return nil, fmt.Errorf("begin %v and size %v of %v: %w", begin, size, shape, model.ErrUnsupported)
		}
		cuts[d] = cut{from, 1, count}
	}
	return cuts, nil
}

func sliceShape(n *node) ([][]int, error) {
	cuts, err := sliceCuts(n)
	if err != nil {
		return nil, err
	}
	shape := make([]int, len(cuts))
	for d, c := range cuts {
		shape[d] = c.n
	}
	return one(shape...), nil
}

// lowerSlice makes a SLICE.
func lowerSlice(l *lowering, n *node) (layer, error) {
	if err := n.movable(n.inputs[0], model.Float32, model.Int32, model.Int64, model.Int8, model.Int16, model.Uint8, model.Bool); err != nil {
		return nil, err
	}
	if len(n.inputs[0].Shape) > maxSliced {
		return nil, fmt.Errorf("%d dimensions (the most is %d): %w", len(n.inputs[0].Shape), maxSliced, model.ErrUnsupported)
	}
	cuts, err := sliceCuts(n)
	if err != nil {
		return nil, err
	}
	return lowerCuts(l, n, n.inputs[0].Shape, cuts)
}

// maxSliced is the most dimensions that TensorFlow Lite slices.
const maxSliced = 5

// lowerCuts makes a move of what cuts take of n's input, seen as of some shape.
func lowerCuts(l *lowering, n *node, shape []int, cuts []cut) (layer, error) {
	size := n.inputs[0].Type.Size()
	from, extent := steps(shape, size), make([]int, len(cuts))
	start := 0
	for d, c := range cuts {
		extent[d] = c.n
		start += c.start * from[d]
		from[d] *= c.step
	}
	b := box(size, extent, steps(extent, size), from)
	b.Src = start
	return lowerMove(l, n, n.inputs[0], b)
}

// strided is a STRIDED_SLICE: what it takes of its input, seen as of some shape, and the shape of its output.
type strided struct {
	cuts       []cut
	shape, out []int
}

// readStrided reads the begin, end and strides of a STRIDED_SLICE, and the masks that say which of them do not count.
func readStrided(n *node) (*strided, error) {
	opt, ok := n.options.(model.StridedSlice)
	if !ok {
		return nil, fmt.Errorf("no options")
	}
	var lists [3][]int
	for i := range lists {
		var err error
		if lists[i], err = n.list(i + 1); err != nil {
			return nil, err
		}
		if err := oneOf(n.inputs[i+1], model.Int32); err != nil {
			return nil, err
		}
		if len(lists[i]) != len(lists[0]) {
			return nil, fmt.Errorf("%d begins, %d numbers in input %d", len(lists[0]), len(lists[i]), i+1)
		}
	}
	in := n.inputs[0].Shape
	if len(in) > maxSliced || len(lists[0]) > maxSliced {
		return nil, fmt.Errorf("%d dimensions, %d of them sliced (the most is %d): %w", len(in), len(lists[0]), maxSliced, model.ErrUnsupported)
	}
	s := &strided{}
	for at, k := 0, 0; at < len(in) || k < len(lists[0]); k++ {
		bit := 1 << k
		switch {
		case k >= len(lists[0]):
			s.whole(in[at])
			at++
		case opt.EllipsisMask&bit != 0:
			for rest := sliced(opt, k+1, len(lists[0])); at < len(in)-rest; at++ {
				s.whole(in[at])
			}
		case opt.NewAxisMask&bit != 0:
			s.whole(1)
		case at >= len(in):
			return nil, fmt.Errorf("%d begins for input %v", len(lists[0]), in)
		default:
			masks := model.StridedSlice{BeginMask: opt.BeginMask & bit, EndMask: opt.EndMask & bit}
			c, err := stridedCut(in[at], lists[0][k], lists[1][k], lists[2][k], masks, opt.ShrinkMask&bit != 0)
			if err != nil {
				return nil, err
			}
			s.cuts, s.shape = append(s.cuts, c), append(s.shape, in[at])
			if opt.ShrinkMask&bit == 0 {
				s.out = append(s.out, c.n)
			}
			at++
		}
	}
	if len(s.cuts) > maxSliced {
		return nil, fmt.Errorf("%d dimensions with new ones (the most is %d): %w", len(s.cuts), maxSliced, model.ErrUnsupported)
	}
	return s, nil
}

// sliced counts the positions from k to end-1 that take a dimension of the input.
func sliced(opt model.StridedSlice, k, end int) (count int) {
	for ; k < end; k++ {
		if (opt.NewAxisMask|opt.EllipsisMask)>>k&1 == 0 {
			count++
		}
	}
	return count
}

// whole takes all of a dimension.
func (s *strided) whole(size int) {
	s.cuts, s.shape, s.out = append(s.cuts, cut{0, 1, size}), append(s.shape, size), append(s.out, size)
}

// stridedCut is what one position of a STRIDED_SLICE takes of a dimension. Positions below 0 count from the end; what lies
// outside is moved behind the edge. masks has the begin or the end that does not count. One that shrinks takes one element.
func stridedCut(size, begin, end, step int, masks model.StridedSlice, shrink bool) (cut, error) {
	if step == 0 {
		return cut{}, fmt.Errorf("a stride of 0: %w", model.ErrUnsupported)
	}
	lowest, highest := 0, size // that a begin or end can be: where nothing is taken
	if step < 0 {
		lowest, highest = -1, size-1
	}
	if begin < 0 {
		begin += size
	}
	if end < 0 {
		end += size
	}
	if shrink && masks.BeginMask == 0 && (begin < 0 || begin >= size || step < 0) {
		return cut{}, fmt.Errorf("element %d of %d in steps of %d: %w", begin, size, step, model.ErrUnsupported)
	}
	begin, end = min(max(begin, lowest), highest), min(max(end, lowest), highest)
	if masks.BeginMask != 0 && step > 0 {
		begin = 0
	} else if masks.BeginMask != 0 {
		begin = size - 1
	}
	if masks.EndMask != 0 && step > 0 {
		end = highest
	} else if masks.EndMask != 0 {
		end = lowest
	}
	count, stride := end-begin, step
	if step < 0 {
		count, stride = begin-end, -step
	}
	if count > 0 {
		count = (count-1)/stride + 1
	}
	if shrink || count == 1 {
		return cut{begin, 1, 1}, nil
	}
	return cut{begin, step, max(0, count)}, nil
}

func stridedShape(n *node) ([][]int, error) {
	s, err := readStrided(n)
	if err != nil {
		return nil, err
	}
	return one(s.out...), nil
}

// lowerStridedSlice makes a STRIDED_SLICE.
func lowerStridedSlice(l *lowering, n *node) (layer, error) {
	if err := n.movable(n.inputs[0], model.Float32, model.Int32, model.Int64, model.Uint8, model.Int8, model.Int16, model.Bool); err != nil {
		return nil, err
	}
	s, err := readStrided(n)
	if err != nil {
		return nil, err
	}
	return lowerCuts(l, n, s.shape, s.cuts)
}

// lowerReverse makes a REVERSE_V2: a dimension goes backwards. Of several that the second input lists it is the first, as
// TensorFlow Lite 2.9 has it.
func lowerReverse(l *lowering, n *node) (layer, error) {
	in := n.inputs[0]
	if err := n.movable(in, model.Float32, model.Uint8, model.Int8, model.Int16, model.Int32, model.Int64, model.Bool); err != nil {
		return nil, err
	}
	axes, err := n.list(1)
	if err != nil {
		return nil, err
	}
	cuts := make([]cut, len(in.Shape))
	for d, size := range in.Shape {
		cuts[d] = cut{0, 1, size}
	}
	a, err := axisOf(in, axes[0])
	if err != nil {
		return nil, err
	}
	cuts[a] = cut{in.Shape[a] - 1, -1, in.Shape[a]}
	return lowerCuts(l, n, in.Shape, cuts)
}

// transposeOrder reads the order of a TRANSPOSE: dimension d of the output is dimension order[d] of the input. TensorFlow Lite 2.9 knows
// no more than 5; pixels that are shuffled have 6.
func transposeOrder(n *node) ([]int, error) {
	in := n.inputs[0]
	order, err := n.list(1)
	if err != nil {
		return nil, err
	}
	seen := make([]bool, len(in.Shape))
	if len(order) != len(in.Shape) {
		return nil, fmt.Errorf("order %v of input %v: %w", order, in.Shape, model.ErrUnsupported)
	}
	for _, s := range order {
		if s < 0 || s >= len(seen) || seen[s] {
			return nil, fmt.Errorf("order %v of input %v: %w", order, in.Shape, model.ErrUnsupported)
		}
		seen[s] = true
	}
	return order, nil
}

func transposeShape(n *node) ([][]int, error) {
	order, err := transposeOrder(n)
	if err != nil {
		return nil, err
	}
	shape := make([]int, len(order))
	for d, s := range order {
		shape[d] = n.inputs[0].Shape[s]
	}
	return one(shape...), nil
}

// lowerTranspose makes a TRANSPOSE.
func lowerTranspose(l *lowering, n *node) (layer, error) {
	in, out := n.inputs[0], n.outputs[0]
	if err := n.movable(in, model.Float32, model.Uint8, model.Int8, model.Int16, model.Int32, model.Int64, model.Bool); err != nil {
		return nil, err
	}
	order, err := transposeOrder(n)
	if err != nil {
		return nil, err
	}
	size := in.Type.Size()
	from, along := steps(in.Shape, size), make([]int, len(order))
	for d, s := range order {
		along[d] = from[s]
	}
	return lowerMove(l, n, in, box(size, out.Shape, steps(out.Shape, size), along))
}
