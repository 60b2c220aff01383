package demo

import (
	"context"
	"fmt"

	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/model"
)

// Quantization. All tensors between the layers have one scale, so joining and pooling change no number.
const (
	inputScale  = 1. / 128 // with the zero point 128 a picture's byte is -1 to 1, as in the hosted models
	hiddenScale = 5. / 255 // 0 to 5 deviations of a channel's weighted sum
	middle      = 128      // the zero point of the input, the weights and the logits
)

// graph builds a model operator by operator. It runs each one at once on the calibration pictures, to learn what the
// next layer's weights have to balance.
type graph struct {
	m       model.Model
	samples [][][]byte // for each tensor, its bytes for each calibration picture; nil for a constant
}

// newGraph returns a graph of nothing but its input.
func newGraph(pictures [][]byte) *graph {
	g := new(graph)
	in := g.tensor("input", model.Uint8, inputScale, middle, 1, side, side, 3)
	g.m.Inputs = []int{in}
	g.samples[in] = pictures
	return g
}

// tensor adds a tensor and returns its index.
func (g *graph) tensor(name string, t model.Type, scale float32, zero int32, shape ...int) int {
	g.m.Tensors = append(g.m.Tensors, model.Tensor{
		Name: name, Shape: shape, Type: t, Quant: &model.Quant{Scale: []float32{scale}, ZeroPoint: []int32{zero}},
	})
	g.samples = append(g.samples, nil)
	return len(g.m.Tensors) - 1
}

// hidden adds a tensor of the scale that they have between the layers.
func (g *graph) hidden(name string, height, width, channels int) int {
	return g.tensor(name, model.Uint8, hiddenScale, 0, 1, height, width, channels)
}

// constant adds a tensor that has a value.
func (g *graph) constant(name string, t model.Type, scale float32, zero int32, data []byte, shape ...int) int {
	c := g.tensor(name, t, scale, zero, shape...)
	g.m.Tensors[c].Data = data
	return c
}

// shape returns the size of an image tensor.
func (g *graph) shape(t int) (height, width, channels int) {
	s := g.m.Tensors[t].Shape
	return s[1], s[2], s[3]
}

// operator adds an operator, and works out its output for the calibration pictures.
func (g *graph) operator(op model.Op, options any, out int, in ...int) error {
	o := model.Operator{Op: op, Options: options, Inputs: in, Outputs: []int{out}}
	g.m.Operators = append(g.m.Operators, o)
	g.m.Outputs = o.Outputs

	alone := model.Model{Tensors: g.m.Tensors, Operators: []model.Operator{o}, Outputs: o.Outputs}
	for _, t := range in {
		if g.m.Tensors[t].Data == nil {
			alone.Inputs = append(alone.Inputs, t)
		}
	}
	e, err := cpu.New(&alone, cpu.Options{})
	if err != nil {
		return fmt.Errorf("demo: %s: %w", g.m.Tensors[out].Name, err)
	}
	defer e.Close()
	ins := make([][]byte, len(alone.Inputs))
	g.samples[out] = make([][]byte, len(g.samples[g.m.Inputs[0]]))
	for i := range g.samples[out] {
		for j, t := range alone.Inputs {
			ins[j] = g.samples[t][i]
		}
		g.samples[out][i] = make([]byte, g.m.Tensors[out].Bytes())
		if _, err := e.RunAll(context.Background(), ins, g.samples[out][i:i+1]); err != nil {
			return fmt.Errorf("demo: %s: %w", g.m.Tensors[out].Name, err)
		}
	}
	return nil
}
