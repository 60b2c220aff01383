// Package colours makes models of a few operators for tests: they tell red, green and blue pictures from each other.
package colours

import (
	"encoding/binary"
	"math"

	"github.com/inceptiond/inceptiond/infer/model"
)

// Options say which model. The zero value has logits of a float input from 0 to 255.
type Options struct {
	Span float32  // of the input's values, from black to white; 0: 255
	Ends model.Op // what follows the logits: OpSoftmax, OpLogistic; 0: nothing does
}

// Float is a model with float32 input [1 8 8 3] and output [1 3]. Logit k is 6 times the share of channel k that lies
// above black, 0 to 1.
func Float(o Options) *model.Model {
	if o.Span == 0 {
		o.Span = 255
	}
	weights := make([]float32, 9)
	for k := range 3 {
		weights[4*k] = 6 / o.Span
	}
	m := &model.Model{Description: "colours", Inputs: []int{0}, Outputs: []int{5}, Tensors: []model.Tensor{
		{Name: "image", Shape: []int{1, 8, 8, 3}},
		{Name: "means", Shape: []int{1, 1, 1, 3}},
		{Name: "row", Shape: []int{1, 3}},
		{Name: "weights", Shape: []int{3, 3}, Data: floats(weights)},
		{Name: "bias", Shape: []int{3}, Data: floats(make([]float32, 3))},
		{Name: "logits", Shape: []int{1, 3}},
	}, Operators: []model.Operator{
		{Op: model.OpAveragePool2D, Options: model.Pool2D{Padding: model.Valid, StrideH: 8, StrideW: 8, Height: 8, Width: 8}, Inputs: []int{0}, Outputs: []int{1}},
		{Op: model.OpReshape, Options: model.Reshape{NewShape: []int{1, 3}}, Inputs: []int{1}, Outputs: []int{2}},
		{Op: model.OpFullyConnected, Options: model.FullyConnected{}, Inputs: []int{2, 3, 4}, Outputs: []int{5}},
	}}
	if o.Ends != 0 {
		last := model.Operator{Op: o.Ends, Inputs: []int{5}, Outputs: []int{6}}
		if o.Ends == model.OpSoftmax {
			last.Options = model.Softmax{Beta: 1}
		}
		m.Tensors = append(m.Tensors, model.Tensor{Name: "scores", Shape: []int{1, 3}})
		m.Operators, m.Outputs = append(m.Operators, last), []int{6}
	}
	return m
}

func floats(values []float32) []byte {
	var data []byte
	for _, v := range values {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	return data
}
