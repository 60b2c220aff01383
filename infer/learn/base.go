package learn

import (
	"fmt"
	"slices"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/model"
)

// Base is a network that can be taught: one that averages its last feature map ([model.Head]).
type Base struct {
	Model *model.Model
	At    model.Head

	input    infer.TensorSpec
	features infer.TensorSpec // the map, [1 height width features]
	pooled   infer.TensorSpec
}

// The largest map whose sums are exact, and the most features.
const (
	maxCells    = 1 << 16
	maxFeatures = 1 << 15
)

// NewBase finds where m can be taught, and keeps m. The error wraps model.ErrUnsupported, and names what m ends in instead.
func NewBase(m *model.Model) (*Base, error) {
	at, err := m.Head()
	if err != nil {
		return nil, fmt.Errorf("learn: this model cannot be taught: %w", err)
	}
	if len(m.Inputs) != 1 {
		return nil, fmt.Errorf("learn: this model has %d inputs (want one, a picture): %w", len(m.Inputs), model.ErrUnsupported)
	}
	b := &Base{Model: m, At: at}
	specs := []*infer.TensorSpec{&b.input, &b.features, &b.pooled}
	for i, part := range []struct {
		what   string
		tensor int
	}{{"input", m.Inputs[0]}, {"feature map", at.Map}, {"pooling", at.Pooled}} {
		if part.tensor < 0 { // Tapped averages the features itself
			b.pooled = b.features
			b.pooled.Shape = []int{1, b.Features()}
			continue
		}
		if *specs[i], err = specOf(&m.Tensors[part.tensor]); err != nil {
			return nil, fmt.Errorf("learn: this model cannot be taught: its %s is %w", part.what, err)
		}
	}
	if _, _, _, err := b.input.Image(); err != nil {
		return nil, fmt.Errorf("learn: this model cannot be taught: %v: %w", err, model.ErrUnsupported)
	}
	if b.Cells() > maxCells || b.Features() > maxFeatures {
		return nil, fmt.Errorf("learn: this model's feature map %v is too large to be taught: %w", b.features.Shape, model.ErrUnsupported)
	}
	return b, nil
}

// specOf is t as an engine describes it.
func specOf(t *model.Tensor) (infer.TensorSpec, error) {
	types := map[model.Type]infer.DType{model.Uint8: infer.Uint8, model.Int8: infer.Int8, model.Float32: infer.Float32}
	s := infer.TensorSpec{Name: t.Name, Shape: t.Shape, Type: types[t.Type]}
	if !s.Type.Usual() {
		return s, fmt.Errorf("%v (want uint8, int8 or float32): %w", t.Type, model.ErrUnsupported)
	}
	if s.Type == infer.Float32 {
		return s, nil
	}
	if t.Quant == nil || len(t.Quant.Scale) != 1 || t.Quant.Scale[0] == 0 {
		return s, fmt.Errorf("%v without one scale: %w", t.Type, model.ErrUnsupported)
	}
	s.Scale, s.ZeroPoint = t.Quant.Scale[0], int(t.Quant.ZeroPoint[0])
	return s, nil
}

// Features is how many numbers the network says of a picture.
func (b *Base) Features() int { return b.features.Shape[3] }

// Cells is how many places of a picture it says them of, before it averages.
func (b *Base) Cells() int { return b.features.Shape[1] * b.features.Shape[2] }

// Tapped is the model that a [Runner] runs: its outputs are those of the base, then the feature map (number FeatureOutput),
// then what it is averaged to (the number after that), as the taught model has it.
func (b *Base) Tapped() (*model.Model, error) {
	m := *b.Model
	pooled := b.At.Pooled
	if pooled < 0 { // the layer comes before the averages, so nothing averages the features themselves
		features := &m.Tensors[b.At.Map]
		axes, out := len(m.Tensors), len(m.Tensors)+1
		m.Tensors = append(slices.Clone(m.Tensors),
			model.Tensor{Name: "taught/axes", Shape: []int{2}, Type: model.Int32, Data: []byte{1, 0, 0, 0, 2, 0, 0, 0}},
			model.Tensor{Name: "taught/embedding", Shape: b.pooled.Shape, Type: features.Type, Quant: features.Quant})
		m.Operators = append(slices.Clone(m.Operators),
			model.Operator{Op: model.OpMean, Version: 1, Options: model.Reducer{}, Inputs: []int{b.At.Map, axes}, Outputs: []int{out}})
		pooled = out
	}
	m.Outputs = append(slices.Clone(m.Outputs), b.At.Map, pooled)
	return &m, nil
}

// FeatureOutput is the number of the feature map among the outputs of Tapped.
func (b *Base) FeatureOutput() int { return len(b.Model.Outputs) }
