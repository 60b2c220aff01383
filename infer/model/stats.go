package model

import (
	"slices"
	"sort"
)

// Stats sums up a model for people.
type Stats struct {
	Operators   []OpCount // the most frequent first, then by name
	MACs        int64     // multiply-accumulate steps of one run; see Model.MACs
	Weights     int64     // bytes of the weights of the operators that MACs counts, without biases
	Constants   int64     // bytes of all constants; tensors that share their bytes count once
	Activations int64     // bytes of all tensors computed at run time; an engine that shares memory needs less
}

// OpCount is how often a model has an operator.
type OpCount struct {
	Name string
	N    int
}

// Stats sums up m.
func (m *Model) Stats() Stats {
	var s Stats
	count := map[string]int{}
	for i := range m.Operators {
		count[m.Operators[i].Name()]++
		s.MACs += m.MACs(i)
		if w := m.Weights(i); w != nil {
			s.Weights += int64(len(w.Data))
		}
	}
	seen := map[*byte]bool{}
	for i := range m.Tensors {
		t := &m.Tensors[i]
		switch {
		case t.Data == nil:
			s.Activations += int64(t.Bytes())
		case len(t.Data) != 0 && !seen[&t.Data[0]]:
			seen[&t.Data[0]] = true
			s.Constants += int64(len(t.Data))
		}
	}
	for name, n := range count {
		s.Operators = append(s.Operators, OpCount{name, n})
	}
	sort.Slice(s.Operators, func(i, j int) bool {
		a, b := s.Operators[i], s.Operators[j]
		return a.N > b.N || a.N == b.N && a.Name < b.Name
	})
	return s
}

// MACs is how many products operator i adds up in one run: for each output element, one for each weight that has part
// in it, padding included. It is 0 for operators other than convolutions and fully connected layers.
func (m *Model) MACs(i int) int64 {
	w := m.Weights(i)
	if w == nil {
		return 0
	}
	o := &m.Operators[i] // sound, since it has weights
	outputs := int64(m.Tensors[o.Outputs[0]].Elements())
	switch {
	case o.Op == OpTransposeConv: // an input sees all weights of its channel
		in := m.Tensors[o.Inputs[2]].Elements()
		return int64(in) * int64(w.Elements()/w.Shape[len(w.Shape)-1])
	case o.Op == OpDepthwiseConv2D: // [1 height width out]: an output sees one channel
		return outputs * int64(w.Elements()/w.Shape[len(w.Shape)-1])
	default: // [out …]
		return outputs * int64(w.Elements()/w.Shape[0])
	}
}

// Weights is the constant that operator i, a convolution or fully connected layer, multiplies by, as the file stores it:
// a DEQUANTIZE between the two is looked through. nil if it has none.
func (m *Model) Weights(i int) *Tensor {
	o := &m.Operators[i]
	switch o.Op {
	case OpConv2D, OpDepthwiseConv2D, OpTransposeConv, OpFullyConnected:
	default:
		return nil
	}
	if o.Odd != "" {
		return nil
	}
	w := &m.Tensors[o.Inputs[1]]
	if w.Data == nil {
		w = m.dequantized(o.Inputs[1], i)
	}
	if w == nil || w.Data == nil || w.Odd != "" || len(w.Shape) == 0 {
		return nil
	}
	return w
}

// dequantized is what a DEQUANTIZE before operator i makes tensor t of, nil if none does.
func (m *Model) dequantized(t, i int) *Tensor {
	const far = 1 << 12 // converters write them before the operator, or all at the start
	for k := i - 1; k >= max(0, i-far); k-- {
		if o := &m.Operators[k]; slices.Contains(o.Outputs, t) {
			if o.Op != OpDequantize || o.Odd != "" {
				return nil
			}
			return &m.Tensors[o.Inputs[0]]
		}
	}
	return nil
}
