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
	for _, one := range []struct {
		what string
		i    int
		to   *infer.TensorSpec
	}{{"input", m.Inputs[0], &b.input}, {"feature map", at.Map, &b.features}, {"pooling", at.Pooled, &b.pooled}} {
		if *one.to, err = specOf(&m.Tensors[one.i]); err != nil {
			return nil, fmt.Errorf("learn: this model cannot be taught: its %s is %w", one.what, err)
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
// then what it is averaged to (the number after that).
func (b *Base) Tapped() (*model.Model, error) {
	m := *b.Model
	m.Outputs = append(slices.Clone(m.Outputs), b.At.Map, b.At.Pooled)
	return &m, nil
}

// FeatureOutput is the number of the feature map among the outputs of Tapped.
func (b *Base) FeatureOutput() int { return len(b.Model.Outputs) }
