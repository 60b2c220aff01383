package graft

import (
	"encoding/binary"
	"fmt"

	"github.com/inceptiond/inceptiond/infer/model"
)

// The names of the tensors that are added.
const (
	camName         = "taught/cam"
	logitsName      = "taught/logits"
	probabilityName = "taught/probability"
	embeddingName   = "taught/embedding"
)

// builder is a model in the making.
type builder struct {
	*model.Model
	features, embedding int // tensors
}

// newBuilder is base up to the feature map and its averages.
func newBuilder(base *model.Model, at model.Head) (*builder, error) {
	outputs := []int{at.Map}
	if at.Pooled >= 0 {
		outputs = append(outputs, at.Pooled)
	}
	part, number, err := upTo(base, outputs...)
	if err != nil {
		return nil, err
	}
	b := &builder{Model: part, features: number[at.Map]}
	if at.Pooled >= 0 {
		b.embedding = number[at.Pooled]
		return b, nil
	}
	t := b.Tensors[b.features]
	b.embedding = b.mean(b.features, model.Tensor{Name: embeddingName, Shape: []int{1, t.Shape[3]}, Type: t.Type, Quant: t.Quant})
	return b, nil
}

// head appends the layer, and sets the outputs. probability is the type that the first of them shall have.
func (b *builder) head(h Head, probability model.Type) error {
	features := b.Tensors[b.features]
	classes := len(h.Labels)
	cam := model.Tensor{Name: camName, Shape: []int{1, features.Shape[1], features.Shape[2], classes}, Type: features.Type,
		Quant: affine(features.Type, h.CamMin, h.CamMax)}
	logits := model.Tensor{Name: logitsName, Shape: []int{1, classes}, Type: features.Type, Quant: affine(features.Type, h.LogitMin, h.LogitMax)}

	weights, bias := h.tensors(&features, &cam)
	camAt := b.operator(model.OpConv2D, model.Conv2D{Padding: model.Valid, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1},
		cam, b.features, b.tensor(weights), b.tensor(bias))
	logitsAt := b.mean(camAt, logits)
	final := model.Tensor{Name: probabilityName, Shape: logits.Shape, Type: features.Type, Quant: softmaxQuant(features.Type)}
	convert, needs, err := conversion(features.Type, probability)
	if err != nil {
		return err
	}
	if needs {
		final.Name += "/" + features.Type.String()
	}
	finalAt := b.operator(model.OpSoftmax, model.Softmax{Beta: 1}, final, logitsAt)
	if needs {
		finalAt = b.operator(convert, nil,
			model.Tensor{Name: probabilityName, Shape: logits.Shape, Type: probability, Quant: softmaxQuant(probability)}, finalAt)
	}
	b.Outputs = []int{finalAt, camAt, b.embedding}
	return nil
}

// conversion is the operator that makes numbers of one type those of another, if one is needed.
func conversion(from, to model.Type) (op model.Op, needed bool, err error) {
	switch {
	case from == to:
		return 0, false, nil
	case to == model.Float32:
		return model.OpDequantize, true, nil
	case to == model.Uint8 || to == model.Int8:
		return model.OpQuantize, true, nil
	}
	return 0, false, fmt.Errorf("the output of the base is %v (want uint8, int8 or float32): %w", to, model.ErrUnsupported)
}

// mean appends a MEAN over height and width.
func (b *builder) mean(in int, out model.Tensor) int {
	axes := model.Tensor{Name: out.Name + "/axes", Shape: []int{2}, Type: model.Int32}
	axes.Data = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, 1), 2)
	return b.operator(model.OpMean, model.Reducer{}, out, in, b.tensor(axes))
}

func (b *builder) tensor(t model.Tensor) int {
	b.Tensors = append(b.Tensors, t)
	return len(b.Tensors) - 1
}

// operator appends an operator with one output, which is returned.
func (b *builder) operator(op model.Op, options any, out model.Tensor, inputs ...int) int {
	made := b.tensor(out)
	b.Operators = append(b.Operators, model.Operator{Op: op, Options: options, Inputs: inputs, Outputs: []int{made}})
	return made
}
