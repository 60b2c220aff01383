package cpu

import (
	"fmt"
	"slices"

	"github.com/inceptiond/inceptiond/infer/model"
)

// The rules of operators that see images and rows; see shapeRule.

func convShape(n *node) ([][]int, error) {
	in, w := n.inputs[0], n.inputs[1]
	if len(in.Shape) != 4 || w == nil || len(w.Shape) != 4 {
		return nil, nil
	}
	c, ok := n.options.(model.Conv2D)
	channels := w.Shape[0]
	if d, deep := n.options.(model.DepthwiseConv2D); deep {
		c, ok, channels = d.Conv2D, true, w.Shape[3]
	}
	if !ok {
		return nil, nil
	}
	return windowShape(in, c, w.Shape[1], w.Shape[2], channels)
}

func poolShape(n *node) ([][]int, error) {
	in := n.inputs[0]
	p, ok := n.options.(model.Pool2D)
	if !ok || len(in.Shape) != 4 {
		return nil, nil
	}
	c := model.Conv2D{Padding: p.Padding, StrideH: p.StrideH, StrideW: p.StrideW, DilationH: 1, DilationW: 1}
	return windowShape(in, c, p.Height, p.Width, in.Shape[3])
}

// windowShape is the shape of what a window of h × w taps sees in images.
func windowShape(in *value, c model.Conv2D, h, w, channels int) ([][]int, error) {
	for _, n := range []int{h, w, c.StrideH, c.StrideW, c.DilationH, c.DilationW} {
		if n < 1 || n > maxWindow {
			return nil, nil // newWindow says so
		}
	}
	y, _ := extent(in.Shape[1], (h-1)*c.DilationH+1, c.StrideH, c.Padding)
	x, _ := extent(in.Shape[2], (w-1)*c.DilationW+1, c.StrideW, c.Padding)
	return one(in.Shape[0], y, x, channels), nil
}

func fullyConnectedShape(n *node) ([][]int, error) {
	opt, ok := n.options.(model.FullyConnected)
	in, w := n.inputs[0], n.inputs[1]
	if !ok || w == nil || len(w.Shape) != 2 || in.Elements()%w.Shape[1] != 0 {
		return nil, nil
	}
	if opt.KeepNumDims && len(in.Shape) > 0 && in.channels() == w.Shape[1] {
		shape := slices.Clone(in.Shape)
		shape[len(shape)-1] = w.Shape[0]
		return one(shape...), nil
	}
	return one(in.Elements()/w.Shape[1], w.Shape[0]), nil
}

func concatShape(n *node) ([][]int, error) {
	opt, ok := n.options.(model.Concat)
	if !ok || slices.Contains(n.inputs, nil) {
		return nil, nil
	}
	shape := slices.Clone(n.inputs[0].Shape)
	if opt.Axis < 0 || opt.Axis >= len(shape) {
		return nil, nil
	}
	for _, in := range n.inputs[1:] {
		if !sameBut(in.Shape, shape, opt.Axis) {
			return nil, nil
		}
		shape[opt.Axis] += in.Shape[opt.Axis]
	}
	return one(shape...), nil
}

func transposeConvShape(n *node) ([][]int, error) {
	shape, err := n.list(0)
	return one(shape...), err
}

func resizeShape(n *node) ([][]int, error) {
	in := n.inputs[0]
	size, err := n.list(1)
	if err != nil {
		return nil, err
	}
	if len(in.Shape) != 4 || len(size) != 2 {
		return nil, fmt.Errorf("input %v and size %v (want 4 dimensions and height and width): %w", in.Shape, size, model.ErrUnsupported)
	}
	return one(in.Shape[0], size[0], size[1], in.Shape[3]), nil
}

func reducedShape(n *node) ([][]int, error) {
	opt, ok := n.options.(model.Reducer)
	if !ok {
		return nil, nil
	}
	in := n.inputs[0]
	axes, err := n.list(1)
	if err != nil {
		return nil, err
	}
	gone := make([]bool, len(in.Shape))
	for _, a := range axes {
		if a, err = axisOf(in, a); err != nil {
			return nil, err
		}
		gone[a] = true
	}
	shape := []int{}
	for d, size := range in.Shape {
		switch {
		case !gone[d]:
			shape = append(shape, size)
		case opt.KeepDims:
			shape = append(shape, 1)
		}
	}
	return one(shape...), nil
}

func argShape(n *node) ([][]int, error) {
	in := n.inputs[0]
	axis, err := n.list(1)
	if err != nil {
		return nil, err
	}
	if len(axis) != 1 {
		return nil, fmt.Errorf("axes %v (want 1)", axis)
	}
	a, err := axisOf(in, axis[0])
	if err != nil {
		return nil, err
	}
	return one(without(in.Shape, a)...), nil
}

// topKShape is the rule of TOPK_V2: the greatest of each row, and where they are.
func topKShape(n *node) ([][]int, error) {
	k, err := n.list(1)
	if err != nil {
		return nil, err
	}
	in := n.inputs[0]
	if len(k) != 1 || len(in.Shape) == 0 || k[0] > in.channels() {
		return nil, nil
	}
	shape := slices.Clone(in.Shape)
	shape[len(shape)-1] = k[0]
	return [][]int{shape, shape}, nil
}

// batchMatMulShape is the rule of BATCH_MATMUL: products of matrices, whose batches match as in broadcastShape.
func batchMatMulShape(n *node) ([][]int, error) {
	opt, ok := n.options.(model.BatchMatMul)
	if !ok || slices.Contains(n.inputs, nil) || min(len(n.inputs[0].Shape), len(n.inputs[1].Shape)) < 2 {
		return nil, nil
	}
	x, y := n.inputs[0].Shape, n.inputs[1].Shape
	rows, columns := x[len(x)-2], y[len(y)-1]
	if opt.TransposeA {
		rows = x[len(x)-1]
	}
	if opt.TransposeB {
		columns = y[len(y)-2]
	}
	batch, err := broadcastTogether(x[:len(x)-2], y[:len(y)-2])
	if err != nil {
		return nil, err
	}
	return one(append(batch, rows, columns)...), nil
}

// selectShape is the rule of SELECT: what it takes from one of two it gives in their shape.
func selectShape(n *node) ([][]int, error) {
	if len(n.inputs) != 3 || n.inputs[1] == nil {
		return nil, nil
	}
	return one(n.inputs[1].Shape...), nil
}
