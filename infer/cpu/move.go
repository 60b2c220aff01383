package cpu

import (
	"fmt"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// move copies boxes of elements, whatever their type. A piece is an element of a box's first dimension.
type move struct {
	copies []boxCopy
	pieces int
}

// boxCopy is one of the copies. What it writes, no other does.
type boxCopy struct {
	dst, src []byte
	box      kernel.Box
	first, n int // pieces
}

// add adds a copy.
func (m *move) add(dst, src []byte, b kernel.Box) {
	c := boxCopy{dst: dst, src: src, box: b.Simplify(), first: m.pieces, n: 1}
	if len(c.box.Dims) > 0 {
		c.n = c.box.Dims[0].N
	}
	m.pieces += c.n
	m.copies = append(m.copies, c)
}

func (m *move) units() int { return m.pieces }

func (m *move) run(_ *scratch, from, to int) {
	for i := range m.copies {
		c := &m.copies[i]
		lo, hi := max(0, from-c.first), min(c.n, to-c.first)
		switch {
		case lo >= hi:
		case len(c.box.Dims) == 0:
			c.box.Copy(c.dst, c.src)
		default:
			c.box.Part(c.dst, c.src, lo, hi)
		}
	}
}

// movable checks that a node's outputs are of its input's type, and that TensorFlow Lite moves such; none of types: any.
func (n *node) movable(in *value, types ...model.Type) error {
	if err := oneOf(in, types...); err != nil {
		return err
	}
	for _, out := range n.outputs {
		if out.Type != in.Type {
			return fmt.Errorf("%v cannot become %v", in.Type, out.Type)
		}
	}
	return nil
}

// alike checks that numbers of two values mean the same: TensorFlow Lite wants it where it does not convert them.
func (v *value) alike(w *value) error {
	if v.single() != w.single() {
		return fmt.Errorf("tensors %q and %q differ in scale or zero point: %w", v.Name, w.Name, model.ErrUnsupported)
	}
	return nil
}

// single is the scale and zero point of a tensor that has one of each, else 0 and 0.
func (v *value) single() quant {
	if v.Quant == nil || len(v.Quant.Scale) != 1 {
		return quant{}
	}
	return quant{v.Quant.Scale[0], v.Quant.ZeroPoint[0]}
}

// oneOf checks a value's type.
func oneOf(v *value, types ...model.Type) error {
	for _, t := range types {
		if v.Type == t {
			return nil
		}
	}
	return fmt.Errorf("tensor %q is %v (want one of %v): %w", v.Name, v.Type, types, model.ErrUnsupported)
}

// lowerMove makes a move of value in to all of n's outputs, a box for each.
func lowerMove(l *lowering, n *node, in *value, boxes ...kernel.Box) (layer, error) {
	src, err := l.raw(in)
	if err != nil {
		return nil, err
	}
	m := &move{}
	for i, out := range n.outputs {
		dst, err := l.raw(out)
		if err != nil {
			return nil, err
		}
		m.add(dst, src, boxes[i])
	}
	return m, nil
}

// steps are the distances in bytes between neighbours along each dimension of an array of elements of some size.
func steps(shape []int, size int) []int {
	list := make([]int, len(shape))
	for d := len(shape) - 1; d >= 0; d-- {
		list[d] = size
		size *= shape[d]
	}
	return list
}

// box describes a copy of a block of some extent between arrays in which neighbours are so many bytes apart.
func box(size int, extent, dst, src []int) kernel.Box {
	b := kernel.Box{Size: size}
	for d, n := range extent {
		b.Dims = append(b.Dims, kernel.Dim{N: n, Dst: dst[d], Src: src[d]})
	}
	return b
}
