package cpu

import (
	"fmt"
	"slices"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

func splitShape(n *node) ([][]int, error) {
	in, at := n.inputs[0], 2
	if n.op == model.OpSplit {
		in, at = n.inputs[1], 0
	}
	axis, err := n.list(at)
	if err != nil {
		return nil, err
	}
	if len(axis) != 1 {
		return nil, fmt.Errorf("axis %v (want 1)", axis)
	}
	a, err := axisOf(in, axis[0])
	if err != nil {
		return nil, err
	}
	sizes, err := n.splitSizes(in.Shape[a])
	if err != nil {
		return nil, err
	}
	list := make([][]int, len(sizes))
	for i, size := range sizes {
		list[i] = slices.Clone(in.Shape)
		list[i][a] = size
	}
	return list, nil
}

// splitSizes is how a SPLIT or SPLIT_V divides a dimension of some size: in equal parts, or as its second input says, where
// -1 is what is left.
func (n *node) splitSizes(total int) ([]int, error) {
	count := len(n.outputs)
	if n.op == model.OpSplit {
		if total%count != 0 {
			return nil, fmt.Errorf("%d in %d parts: %w", total, count, model.ErrUnsupported)
		}
		return slices.Repeat([]int{total / count}, count), nil
	}
	sizes, err := n.list(1)
	if err != nil {
		return nil, err
	}
	left, open := total, -1
	for i, size := range sizes {
		switch {
		case size == -1 && open < 0:
			open = i
		case size < 0 || size > left:
			return nil, fmt.Errorf("%v are no parts of %d: %w", sizes, total, model.ErrUnsupported)
		default:
			left -= size
		}
	}
	if open >= 0 {
		sizes[open], left = left, 0
	}
	if left != 0 || len(sizes) != count {
		return nil, fmt.Errorf("parts of %v make no %d outputs of %d", sizes, count, total)
	}
	return sizes, nil
}

// lowerSplit makes a SPLIT; its inputs are the axis and what is split.
func lowerSplit(l *lowering, n *node) (layer, error) {
	if err := n.movable(n.inputs[1], model.Float32, model.Uint8, model.Int8, model.Int16, model.Int32); err != nil {
		return nil, err
	}
	return lowerParts(l, n, n.inputs[1], 0)
}

// lowerSplitV makes a SPLIT_V; its inputs are what is split, the sizes, and the axis.
func lowerSplitV(l *lowering, n *node) (layer, error) {
	if err := n.movable(n.inputs[0], model.Float32, model.Uint8, model.Int8, model.Int16, model.Int32, model.Int64); err != nil {
		return nil, err
	}
	return lowerParts(l, n, n.inputs[0], 2)
}

// lowerParts divides value in along the dimension that input number axis holds.
func lowerParts(l *lowering, n *node, in *value, axis int) (layer, error) {
	axes, err := n.list(axis)
	if err != nil {
		return nil, err
	}
	a, err := axisOf(in, axes[0])
	if err != nil {
		return nil, err
	}
	size := in.Type.Size()
	from := steps(in.Shape, size)
	var boxes []kernel.Box
	at := 0
	for _, out := range n.outputs {
		b := box(size, out.Shape, steps(out.Shape, size), from)
		b.Src = at * from[a]
		boxes = append(boxes, b)
		at += out.Shape[a]
	}
	return lowerMove(l, n, in, boxes...)
}
