package cpu

import (
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/infer/model"
)

func rangeShape(n *node) ([][]int, error) {
	start, limit, delta, err := rangeEnds(n)
	if err != nil {
		return nil, err
	}
	if delta == 0 || (limit > start) != (delta > 0) || math.IsNaN(start+limit+delta) {
		return nil, fmt.Errorf("no numbers from %v to %v in steps of %v: %w", start, limit, delta, model.ErrUnsupported)
	}
	count := math.Ceil(math.Abs((limit - start) / delta))
	if n.inputs[0].Type == model.Float32 {
		count = math.Ceil(math.Abs(float64(float32(float32(limit)-float32(start)) / float32(delta))))
	}
	if count > maxElements {
		return nil, fmt.Errorf("%v numbers: %w", count, model.ErrMemory)
	}
	return one(int(count)), nil
}

// rangeEnds reads the start, the limit and the step of a RANGE.
func rangeEnds(n *node) (start, limit, delta float64, err error) {
	var ends [3]float64
	for i := range ends {
		v := n.inputs[i]
		if v.Elements() != 1 || v.Type != n.inputs[0].Type {
			return 0, 0, 0, fmt.Errorf("input %d is %v %v", i, v.Type, v.Shape)
		}
		if v.Type == model.Float32 && v.isConstant() {
			var x [1]float32
			v.read(x[:], 0)
			ends[i] = float64(x[0])
			continue
		}
		list, err := n.list(i)
		if err != nil {
			return 0, 0, 0, err
		}
		ends[i] = float64(list[0])
	}
	return ends[0], ends[1], ends[2], nil
}

// lowerRange makes a RANGE: each number is the one before and the step.
func lowerRange(l *lowering, n *node) (layer, error) {
	if err := n.movable(n.inputs[0], model.Int32, model.Float32); err != nil {
		return nil, err
	}
	start, _, delta, err := rangeEnds(n)
	if err != nil {
		return nil, err
	}
	if n.inputs[0].Type == model.Int32 {
		out, err := l.int32s(n.outputs[0])
		return &counter[int32]{out, int32(start), int32(delta)}, err
	}
	out, err := l.floats(n.outputs[0])
	return &counter[float32]{out, float32(start), float32(delta)}, err
}

// counter writes start, start + delta, …, in one piece.
type counter[T int32 | float32] struct {
	out          []T
	start, delta T
}

func (c *counter[T]) units() int { return 1 }

func (c *counter[T]) run(_ *scratch, _, _ int) {
	x := c.start
	for i := range c.out {
		c.out[i] = x
		x += c.delta
	}
}
