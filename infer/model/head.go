package model

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// Head is how a classifier ends: a map of features, each of which is averaged over all of the map, and mostly a layer that
// makes a logit of each class of the averages. What is linear in the averages is so in the map, cell by cell: that says
// where in a picture a class was seen (class activation maps: Zhou et al., Learning Deep Features for Discriminative
// Localization, 2016). For the same reason the layer may as well come first: it makes logits of each cell, whose averages
// are those of the model.
type Head struct {
	Map    int // tensor [1 height width features]
	Pooled int // tensor of the averages; -1: the layer comes first, and nothing averages the features themselves
	Layer  int // operator, FULLY_CONNECTED or a 1x1 CONV_2D, whose weights are [classes … features]; -1: there is none
	Logits int // tensor of the logits; -1 without a layer
}

// Head finds the head of m, from its first output backwards. The error wraps ErrUnsupported and names what was met
// instead: a network that ends otherwise, as with several layers after the pooling, has none.
func (m *Model) Head() (Head, error) {
	if len(m.Outputs) == 0 {
		return Head{}, unsupported("it has no output")
	}
	maker := m.Makers()
	if logits := m.logits(maker); logits >= 0 {
		if h, ok := m.layerFirst(maker, logits); ok {
			return h, nil
		}
	}
	t := m.skip(maker, m.Outputs[0], OpQuantize, OpDequantize, OpSoftmax, OpLogistic, OpReshape, OpSqueeze)
	h := Head{Layer: -1, Logits: -1}
	if i := maker[t]; i >= 0 && m.isDense(i) {
		h.Layer, h.Logits = i, t
		t = m.skip(maker, m.Operators[i].Inputs[0], OpReshape, OpSqueeze)
	}
	i := maker[t]
	if i < 0 {
		return Head{}, unsupported("it ends in %s, and has no pooling before it", m.describe(h.Layer))
	}
	if !m.poolsAll(i) {
		return Head{}, unsupported("it ends in %s where a pooling over all of a feature map is wanted", m.describe(i))
	}
	h.Pooled, h.Map = t, m.Operators[i].Inputs[0]
	return h, nil
}

// layerFirst finds a head whose layer comes before the averages, which are the logits.
func (m *Model) layerFirst(maker []int, logits int) (Head, bool) {
	t := m.skip(maker, logits, OpReshape, OpSqueeze)
	pool := maker[t]
	if pool < 0 || !m.poolsAll(pool) {
		return Head{}, false
	}
	layer := maker[m.Operators[pool].Inputs[0]]
	if layer < 0 || !m.isPointwise(layer) {
		return Head{}, false
	}
	h := Head{Map: m.Operators[layer].Inputs[0], Pooled: -1, Layer: layer, Logits: t}
	for i := range m.Operators {
		if m.poolsAll(i) && m.Operators[i].Inputs[0] == h.Map {
			h.Pooled = m.Operators[i].Outputs[0]
			break
		}
	}
	return h, true
}

// Logits is the tensor that the first output of m makes probabilities of, by SOFTMAX or LOGISTIC; -1: m does not end so.
func (m *Model) Logits() int {
	if len(m.Outputs) == 0 {
		return -1
	}
	return m.logits(m.Makers())
}

func (m *Model) logits(maker []int) int {
	t := m.skip(maker, m.Outputs[0], OpQuantize, OpDequantize, OpReshape, OpSqueeze)
	if i := maker[t]; i >= 0 && m.Operators[i].Odd == "" && (m.Operators[i].Op == OpSoftmax || m.Operators[i].Op == OpLogistic) {
		return m.Operators[i].Inputs[0]
	}
	return -1
}

// Makers is the operator that computes each tensor; -1: none does.
func (m *Model) Makers() []int {
	maker := make([]int, len(m.Tensors))
	for i := range maker {
		maker[i] = -1
	}
	for i := range m.Operators {
		for _, t := range m.Operators[i].Outputs {
			maker[t] = i
		}
	}
	return maker
}

// skip goes back from tensor t over operators that change no order of values.
func (m *Model) skip(maker []int, t int, over ...Op) int {
	for range m.Operators {
		i := maker[t]
		if i < 0 || m.Operators[i].Odd != "" || !slices.Contains(over, m.Operators[i].Op) || m.Operators[i].Inputs[0] < 0 {
			return t
		}
		t = m.Operators[i].Inputs[0]
	}
	return t
}

// isDense tells whether operator i is a matrix of constant weights applied to a vector, and nothing after it.
func (m *Model) isDense(i int) bool {
	o := &m.Operators[i]
	if options, ok := o.Options.(FullyConnected); ok {
		return o.Odd == "" && m.Weights(i) != nil && o.Inputs[0] >= 0 && options.Activation == NoActivation && !options.ShuffledWeights
	}
	if !m.isPointwise(i) {
		return false
	}
	in := m.Tensors[o.Inputs[0]].Shape
	return in[1] == 1 && in[2] == 1
}

// isPointwise tells whether operator i is a matrix of constant weights applied to each cell of a map, and nothing after it.
func (m *Model) isPointwise(i int) bool {
	o := &m.Operators[i]
	options, ok := o.Options.(Conv2D)
	if !ok || o.Odd != "" || m.Weights(i) == nil || o.Inputs[0] < 0 {
		return false
	}
	in, w := &m.Tensors[o.Inputs[0]], m.Weights(i).Shape
	return options.Activation == NoActivation && options.StrideH == 1 && options.StrideW == 1 && in.Data == nil &&
		len(in.Shape) == 4 && in.Shape[0] == 1 && len(w) == 4 && w[1] == 1 && w[2] == 1 && w[3] == in.Shape[3]
}

// poolsAll tells whether operator i averages each feature over all of a map.
func (m *Model) poolsAll(i int) bool {
	o := &m.Operators[i]
	if o.Odd != "" || len(o.Inputs) == 0 || o.Inputs[0] < 0 {
		return false
	}
	in, out := &m.Tensors[o.Inputs[0]], &m.Tensors[o.Outputs[0]]
	if len(in.Shape) != 4 || in.Shape[0] != 1 || in.Data != nil || out.Elements() != in.Shape[3] {
		return false
	}
	switch options := o.Options.(type) {
	case Pool2D:
		return o.Op == OpAveragePool2D && options.Activation == NoActivation && options.Height >= in.Shape[1] && options.Width >= in.Shape[2]
	case Reducer:
		return o.Op == OpMean && m.areAxes(o.Inputs[1], 1, 2)
	}
	return false
}

// areAxes tells whether tensor t lists exactly these two dimensions of four.
func (m *Model) areAxes(t, a, b int) bool {
	if t < 0 || m.Tensors[t].Type != Int32 || len(m.Tensors[t].Data) != 8 {
		return false
	}
	d := m.Tensors[t].Data
	first, second := axis(d), axis(d[4:])
	return first == a && second == b || first == b && second == a
}

// axis is the dimension that an int32 names, of four; from the end if it is negative.
func axis(b []byte) int { return (int(int32(binary.LittleEndian.Uint32(b))) + 4) % 4 }

// describe names operator i for people.
func (m *Model) describe(i int) string {
	if i < 0 {
		return "its own input"
	}
	return fmt.Sprintf("%s (operator %d)", m.Operators[i].Name(), i)
}
