package cpu

import (
	"fmt"
	"slices"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

func tileShape(n *node) ([][]int, error) {
	in := n.inputs[0]
	times, err := n.list(1)
	if err != nil {
		return nil, err
	}
	if len(times) != len(in.Shape) {
		return nil, fmt.Errorf("%d multiples of %v", len(times), in.Shape)
	}
	shape := slices.Clone(in.Shape)
	for d, t := range times {
		if t < 0 || t > maxElements/shape[d] {
			return nil, fmt.Errorf("multiples %v of %v: %w", times, in.Shape, model.ErrUnsupported)
		}
		shape[d] *= t
	}
	return one(shape...), nil
}

// lowerTile makes a TILE: copies of the input side by side along each dimension.
func lowerTile(l *lowering, n *node) (layer, error) {
	in, out := n.inputs[0], n.outputs[0]
	if err := n.movable(in, model.Float32, model.Uint8, model.Int8, model.Int32, model.Int64, model.Bool); err != nil {
		return nil, err
	}
	size := in.Type.Size()
	to, from := steps(out.Shape, size), steps(in.Shape, size)
	b := kernel.Box{Size: size}
	for d, inner := range in.Shape {
		b.Dims = append(b.Dims, kernel.Dim{N: out.Shape[d] / inner, Dst: inner * to[d]}, kernel.Dim{N: inner, Dst: to[d], Src: from[d]})
	}
	return lowerMove(l, n, in, b)
}

func broadcastToShape(n *node) ([][]int, error) {
	in := n.inputs[0]
	shape, err := n.list(1)
	if err != nil {
		return nil, err
	}
	missing := len(shape) - len(in.Shape)
	if missing < 0 {
		return nil, fmt.Errorf("%v cannot become %v", in.Shape, shape)
	}
	for d, size := range in.Shape {
		if size != 1 && size != shape[missing+d] {
			return nil, fmt.Errorf("%v cannot become %v", in.Shape, shape)
		}
	}
	return one(shape...), nil
}

// lowerBroadcastTo makes a BROADCAST_TO: dimensions of 1 repeat.
func lowerBroadcastTo(l *lowering, n *node) (layer, error) {
	in, out := n.inputs[0], n.outputs[0]
	if err := n.movable(in, model.Float32, model.Uint8, model.Int8, model.Int16, model.Int32, model.Int64, model.Bool); err != nil {
		return nil, err
	}
	size := in.Type.Size()
	from := make([]int, len(out.Shape))
	missing := len(out.Shape) - len(in.Shape)
	for d, step := range steps(in.Shape, size) {
		if in.Shape[d] != 1 {
			from[missing+d] = step
		}
	}
	return lowerMove(l, n, in, box(size, out.Shape, steps(out.Shape, size), from))
}

func fillShape(n *node) ([][]int, error) {
	shape, err := n.list(0)
	return one(shape...), err
}

// lowerFill makes a FILL: copies of its second input.
func lowerFill(l *lowering, n *node) (layer, error) {
	v, out := n.inputs[1], n.outputs[0]
	if v.Elements() != 1 {
		return nil, fmt.Errorf("value %v (want 1)", v.Shape)
	}
	if err := n.movable(v, model.Float32, model.Int8, model.Int16, model.Int32, model.Int64, model.Bool); err != nil {
		return nil, err
	}
	if err := v.alike(out); err != nil {
		return nil, err
	}
	size := v.Type.Size()
	return lowerMove(l, n, v, box(size, out.Shape, steps(out.Shape, size), make([]int, len(out.Shape))))
}

// lowerZerosLike makes a ZEROS_LIKE.
func lowerZerosLike(l *lowering, n *node) (layer, error) {
	out := n.outputs[0]
	if err := n.movable(n.inputs[0], model.Float32, model.Int32, model.Int64); err != nil {
		return nil, err
	}
	dst, err := l.raw(out)
	if err != nil {
		return nil, err
	}
	size, m := out.Type.Size(), &move{}
	m.add(dst, room(size), box(size, out.Shape, steps(out.Shape, size), make([]int, len(out.Shape))))
	return m, nil
}
