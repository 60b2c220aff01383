package cpu

import (
	"fmt"
	"slices"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// padShape is the rule of PAD, PADV2 and MIRROR_PAD: their second input has what comes before and after each dimension.
func padShape(n *node) ([][]int, error) {
	in := n.inputs[0]
	borders, err := n.list(1)
	if err != nil {
		return nil, err
	}
	if len(borders) != 2*len(in.Shape) {
		return nil, fmt.Errorf("%d borders for input %v", len(borders), in.Shape)
	}
	shape := make([]int, len(in.Shape))
	for d := range shape {
		before, after := borders[2*d], borders[2*d+1]
		if before < 0 || after < 0 || before > maxElements/4 || after > maxElements/4 {
			return nil, fmt.Errorf("borders of %d and %d: %w", before, after, model.ErrUnsupported)
		}
		if n.op == model.OpMirrorPad && max(before, after) > in.Shape[d]-n.unrepeated() {
			return nil, fmt.Errorf("borders of %d and %d mirror more than the input %v has: %w", before, after, in.Shape, model.ErrUnsupported)
		}
		shape[d] = before + in.Shape[d] + after
	}
	return one(shape...), nil
}

// unrepeated is how many elements at the edge a MIRROR_PAD does not repeat: 1 if it reflects behind the edge.
func (n *node) unrepeated() int {
	if opt, _ := n.options.(model.MirrorPad); opt.Symmetric {
		return 0
	}
	return 1
}

// lowerPad makes a PAD, whose border is zeros, or a PADV2, whose third input is what the border is.
func lowerPad(l *lowering, n *node) (layer, error) {
	in, out := n.inputs[0], n.outputs[0]
	const maxRank = 5
	if err := n.movable(in, model.Float32, model.Int32, model.Int64, model.Uint8, model.Int8, model.Int16); err != nil {
		return nil, err
	}
	if len(in.Shape) > maxRank {
		return nil, fmt.Errorf("%d dimensions (the most is %d): %w", len(in.Shape), maxRank, model.ErrUnsupported)
	}
	borders, err := n.list(1)
	if err != nil {
		return nil, err
	}
	fill, err := l.padding(n)
	if err != nil {
		return nil, err
	}
	src, dst, err := ends(l.raw, n)
	if err != nil {
		return nil, err
	}
	size := in.Type.Size()
	to, from := steps(out.Shape, size), steps(in.Shape, size)
	var sides []framed
	for d, inner := range in.Shape {
		sides = append(sides, framed{borders[2*d], inner, borders[2*d+1], to[d], from[d]})
	}
	m := &move{}
	m.frame(dst, src, fill, kernel.Box{Size: size}, sides)
	return m, nil
}

// framed is a dimension of a block with a border: what lies before it, its own elements, and what lies after it, and how far
// neighbours are apart.
type framed struct{ before, inner, after, dst, src int }

// frame adds a copy of a block, with a border of copies of an element around it; fill is one or some of them. at has the element's size, where the border begins,
// and where the block is in src.
func (m *move) frame(dst, src, fill []byte, at kernel.Box, sides []framed) {
	block := kernel.Box{Size: at.Size, Dst: at.Dst, Src: at.Src}
	all := kernel.Box{Size: at.Size}
	for _, s := range sides {
		all.Dims = append(all.Dims, kernel.Dim{N: s.before + s.inner + s.after, Dst: s.dst})
		block.Dims = append(block.Dims, kernel.Dim{N: s.inner, Dst: s.dst, Src: s.src})
	}
	for d, s := range sides { // of the dimensions before, only the block's own part
		for _, side := range [][2]int{{0, s.before}, {s.before + s.inner, s.after}} {
			if side[1] > 0 {
				b := kernel.Box{Size: at.Size, Dst: block.Dst + side[0]*s.dst, Dims: slices.Clone(all.Dims)}
				b.Dims[d].N = side[1]
				if last := &b.Dims[len(sides)-1]; last.N*at.Size <= len(fill) {
					last.Src = at.Size // a run of copies
				}
				m.add(dst, fill, b)
			}
		}
		if s.inner == 0 {
			return
		}
		all.Dims[d].N = s.inner
		block.Dst += s.before * s.dst
	}
	m.add(dst, src, block)
}

// padding is the memory of an element, or some, of which a PAD's or PADV2's border consists.
func (l *lowering) padding(n *node) ([]byte, error) {
	out := n.outputs[0]
	if len(n.inputs) > 2 {
		v := n.inputs[2]
		if v == nil || v.Type != out.Type || v.Elements() != 1 {
			return nil, fmt.Errorf("the border is no %v: %w", out.Type, model.ErrUnsupported)
		}
		if err := v.alike(out); err != nil {
			return nil, err
		}
		return l.raw(v)
	}
	return out.zeros()
}

// zeros is some elements of v's type that stand for 0, as the engine has them in memory: a row of channels, if that is not
// long.
func (v *value) zeros() ([]byte, error) {
	const most = 1 << 10
	elements := room(min(v.channels(), most) * v.Type.Size())
	if v.is8bit() && v.Quant != nil {
		q, err := v.quant()
		if err != nil {
			return nil, err
		}
		kernel.Fill(elements, uint8(q.zero))
	} else if v.is8bit() {
		kernel.Fill(elements, v.flip())
	}
	return elements, nil
}

// lowerMirrorPad makes a MIRROR_PAD.
func lowerMirrorPad(l *lowering, n *node) (layer, error) {
	in, out := n.inputs[0], n.outputs[0]
	if err := n.movable(in, model.Float32, model.Int32, model.Uint8, model.Int8, model.Int64); err != nil {
		return nil, err
	}
	borders, err := n.list(1)
	if err != nil {
		return nil, err
	}
	src, dst, err := ends(l.raw, n)
	if err != nil {
		return nil, err
	}
	size := in.Type.Size()
	boxes := []kernel.Box{{Size: size}}
	to, from := steps(out.Shape, size), steps(in.Shape, size)
	for d, inner := range in.Shape {
		before, after := borders[2*d], borders[2*d+1]
		skip := n.unrepeated()
		var more []kernel.Box
		for _, b := range boxes {
			for _, part := range []struct{ n, dst, src, step int }{
				{before, 0, before - 1 + skip, -1}, {inner, before, 0, 1}, {after, before + inner, inner - 1 - skip, -1},
			} {
				if part.n > 0 {
					next := kernel.Box{Size: size, Dst: b.Dst + part.dst*to[d], Src: b.Src + part.src*from[d]}
					next.Dims = append(append(next.Dims, b.Dims...), kernel.Dim{N: part.n, Dst: to[d], Src: part.step * from[d]})
					more = append(more, next)
				}
			}
		}
		boxes = more
	}
	m := &move{}
	for _, b := range boxes {
		m.add(dst, src, b)
	}
	return m, nil
}
