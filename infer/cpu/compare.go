package cpu

import (
	"fmt"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// comparisons has the operators that lowerCompare makes.
var comparisons = map[model.Op]kernel.Comparison{
	model.OpLess:         {Less: 1},
	model.OpLessEqual:    {Less: 1, Equal: 1},
	model.OpGreater:      {Greater: 1},
	model.OpGreaterEqual: {Greater: 1, Equal: 1},
	model.OpEqual:        {Equal: 1},
	model.OpNotEqual:     {Less: 1, Greater: 1, Unordered: 1},
}

// lowerCompare makes a comparison of two tensors of one type.
func lowerCompare(l *lowering, n *node) (layer, error) {
	if len(n.inputs) != 2 || n.inputs[0] == nil || n.inputs[1] == nil || n.inputs[0].Type != n.inputs[1].Type {
		return nil, fmt.Errorf("it wants two inputs of one type: %w", model.ErrUnsupported)
	}
	c := comparisons[n.op]
	switch n.inputs[0].Type {
	case model.Uint8, model.Int8:
		return lowerCompare8(l, n, c)
	case model.Int32:
		return newPairwise(l.int32s, l.bools, n, comparing[int32](c))
	case model.Int64:
		return newPairwise(l.int64s, l.bools, n, comparing[int64](c))
	case model.Float32:
		return newPairwise(l.floats, l.bools, n, comparing[float32](c))
	case model.Bool:
		if n.op == model.OpEqual || n.op == model.OpNotEqual {
			return newPairwise(l.bools, l.bools, n, comparing[uint8](c))
		}
	}
	return nil, n.noType()
}

func comparing[T uint8 | kernel.Number](c kernel.Comparison) combine[T, uint8] {
	return func(dst []uint8, a, b []T, stepA, stepB int) { kernel.Compare(dst, a, b, stepA, stepB, c) }
}

// lowerCompare8 compares the real numbers of quantized tensors, by tables, or the numbers as they are stored, if they have no
// scale (tflite/kernels/comparisons.cc).
func lowerCompare8(l *lowering, n *node, c kernel.Comparison) (layer, error) {
	if n.inputs[0].Quant == nil {
		return newPairwise(l.bytes, l.bools, n, comparing[uint8](c))
	}
	var tables [2]*[256]int32
	for i, v := range n.inputs {
		q, err := v.quant()
		if err != nil {
			return nil, err
		}
		if q.scale >= 1 {
			return nil, fmt.Errorf("bytes with a scale of %g (want less than 1): %w", q.scale, model.ErrUnsupported)
		}
		m, err := multiplier(float64(q.scale))
		if err != nil {
			return nil, err
		}
		tables[i] = new([256]int32)
		for x := range tables[i] {
			tables[i][x] = m.HalfAway((int32(x) - q.zero) << compareFraction)
		}
	}
	return newPairwise(l.bytes, l.bools, n, func(dst, a, b []uint8, stepA, stepB int) {
		kernel.CompareMapped(dst, a, b, stepA, stepB, tables[0], tables[1], c)
	})
}

// compareFraction is the number of bits of fraction that numbers are compared with (tflite/kernels/comparisons.cc).
const compareFraction = 8

// lowerLogical makes a LOGICAL_AND or LOGICAL_OR.
func lowerLogical(l *lowering, n *node) (layer, error) {
	if len(n.inputs) != 2 {
		return nil, fmt.Errorf("%d inputs (want 2)", len(n.inputs))
	}
	f := kernel.And
	if n.op == model.OpLogicalOr {
		f = kernel.Or
	}
	return newPairwise(l.bools, l.bools, n, f)
}

// lowerNot makes a LOGICAL_NOT.
func lowerNot(l *lowering, n *node) (layer, error) {
	return newPointwise(l.bools, l.bools, n, func(dst, src []uint8) {
		for i, x := range src {
			dst[i] = x ^ 1
		}
	})
}
