package graft

import (
	"fmt"
	"slices"

	"github.com/inceptiond/inceptiond/infer/model"
)

// maxFeatures keeps the sum of 8-bit products in 32 bits, with room for a bias.
const maxFeatures = 1 << 14

// featuresOf is the feature map of base, after a look at all of at that is used here.
func featuresOf(base *model.Model, at model.Head) (*model.Tensor, error) {
	if at.Map < 0 || at.Map >= len(base.Tensors) || at.Pooled < -1 || at.Pooled >= len(base.Tensors) || len(base.Outputs) == 0 {
		return nil, fmt.Errorf("the head %+v is none of a model with %d tensors and %d outputs", at, len(base.Tensors), len(base.Outputs))
	}
	t := &base.Tensors[at.Map]
	if t.Odd != "" || len(t.Shape) != 4 || t.Shape[0] != 1 || t.Shape[3] > maxFeatures {
		return nil, fmt.Errorf("the feature map %.80q is %v (want 1 x height x width x features, at most %d): %w", t.Name, t.Shape, maxFeatures, model.ErrUnsupported)
	}
	switch t.Type {
	case model.Float32:
		return t, nil
	case model.Uint8, model.Int8:
		const least, most = 1e-10, 1e10 // real ones are about 0.02
		if t.Quant != nil && len(t.Quant.Scale) == 1 && t.Quant.Scale[0] > least && t.Quant.Scale[0] < most {
			return t, nil
		}
		return nil, fmt.Errorf("the feature map %.80q has no scale that can be used: %w", t.Name, model.ErrUnsupported)
	}
	return nil, fmt.Errorf("the feature map %.80q is %v (want uint8, int8 or float32): %w", t.Name, t.Type, model.ErrUnsupported)
}

// upTo is the part of m that some of its tensors need, with these as its outputs, and the new number of each old tensor; -1:
// it is not needed. The order of all stays.
func upTo(m *model.Model, outputs ...int) (part *model.Model, number []int, err error) {
	need, operators := needed(m, outputs)
	part = new(model.Model)
	number = make([]int, len(m.Tensors))
	for i := range m.Tensors {
		number[i] = -1
		if need[i] {
			number[i] = len(part.Tensors)
			part.Tensors = append(part.Tensors, m.Tensors[i])
		}
	}
	for i := range m.Operators {
		if operators[i] {
			o := m.Operators[i]
			o.Inputs, o.Outputs = renumbered(o.Inputs, number), renumbered(o.Outputs, number)
			part.Operators = append(part.Operators, o)
		}
	}
	for _, i := range m.Inputs {
		if need[i] {
			part.Inputs = append(part.Inputs, number[i])
		}
	}
	part.Outputs = renumbered(outputs, number)
	if len(part.Inputs) == 0 || len(part.Operators) == 0 {
		return nil, nil, fmt.Errorf("the feature map %.80q does not come of the model's input: %w", m.Tensors[outputs[0]].Name, model.ErrUnsupported)
	}
	return part, number, nil
}

// needed tells which tensors and operators of m the outputs need, themselves included.
func needed(m *model.Model, outputs []int) (tensors, operators []bool) {
	tensors, operators = make([]bool, len(m.Tensors)), make([]bool, len(m.Operators))
	for _, i := range outputs {
		tensors[i] = true
	}
	for i := len(m.Operators) - 1; i >= 0; i-- {
		o := &m.Operators[i]
		if !slices.ContainsFunc(o.Outputs, func(t int) bool { return tensors[t] }) {
			continue
		}
		operators[i] = true
		for _, t := range slices.Concat(o.Inputs, o.Outputs) {
			if t >= 0 {
				tensors[t] = true
			}
		}
	}
	return tensors, operators
}

// renumbered is a list of tensors by their new numbers; -1, an input that is absent, stays.
func renumbered(list, number []int) []int {
	made := make([]int, len(list))
	for k, i := range list {
		made[k] = -1
		if i >= 0 {
			made[k] = number[i]
		}
	}
	return made
}
