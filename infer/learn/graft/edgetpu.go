package graft

import (
	"fmt"
	"slices"
	"strings"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/model"
)

// OntoEdgeTPU is taught, a file that [Taught] has made, with its feature map computed by an Edge TPU: compiled is the file
// that the Edge TPU's compiler made of the [Extractor] of the same base. The head and the pooling stay as they are, and run on
// the processor; outputs, labels and metadata are those of taught.
//
// The error is about a file that is not what it should be, and wraps [model.ErrUnsupported] or [model.ErrMalformed].
func OntoEdgeTPU(compiled, taught []byte) ([]byte, error) {
	trunk, err := model.Parse(compiled, model.Limits{})
	if err != nil {
		return nil, fmt.Errorf("graft: the compiled file: %w", err)
	}
	m, err := model.Parse(taught, model.Limits{})
	if err != nil {
		return nil, fmt.Errorf("graft: the taught file: %w", err)
	}
	about, err := model.ReadMetadata(taught)
	if err != nil {
		return nil, fmt.Errorf("graft: the taught file: %w: %w", err, model.ErrMalformed)
	}
	labels, err := infer.ReadLabels(strings.NewReader(string(about.Labels)))
	if err != nil {
		return nil, fmt.Errorf("graft: the labels of the taught file: %w: %w", err, model.ErrMalformed)
	}
	made, err := moved(trunk, m)
	if err != nil {
		return nil, fmt.Errorf("graft: %w", err)
	}
	data, err := file(made, Head{Labels: labels, Name: about.Name, Description: about.Description, Mean: about.Mean, Std: about.Std})
	if err != nil {
		return nil, fmt.Errorf("graft: %w", err)
	}
	return data, nil
}

// moved is trunk with all behind it that m has behind its feature map.
func moved(trunk, m *model.Model) (*model.Model, error) {
	at, err := m.Head()
	if err != nil {
		return nil, fmt.Errorf("the taught file: %w", err)
	}
	if err := checkCompiled(trunk, m, at); err != nil {
		return nil, err
	}
	part, number, err := upTo(trunk, trunk.Outputs...)
	if err != nil {
		return nil, err
	}
	b := &builder{Model: part, features: number[trunk.Outputs[0]]}
	b.Description = m.Description
	if err := b.behind(m, at.Map); err != nil {
		return nil, err
	}
	return b.Model, nil
}

// behind appends what m computes of its tensor features, by what it computes of that, and takes over its outputs.
func (b *builder) behind(m *model.Model, features int) error {
	_, before := needed(m, []int{features})
	_, all := needed(m, m.Outputs)
	number := map[int]int{-1: -1, features: b.features}
	for i, o := range m.Operators {
		if !all[i] || before[i] {
			continue
		}
		inputs := make([]int, len(o.Inputs))
		for k, in := range o.Inputs {
			if _, known := number[in]; !known && m.Tensors[in].Data == nil {
				return fmt.Errorf("%s of the taught file reads %.80q, which lies before its feature map: %w", o.Name(), m.Tensors[in].Name, model.ErrUnsupported)
			} else if !known {
				number[in] = b.tensor(m.Tensors[in])
			}
			inputs[k] = number[in]
		}
		outputs := make([]int, len(o.Outputs))
		for k, out := range o.Outputs {
			outputs[k] = b.tensor(m.Tensors[out])
			number[out] = outputs[k]
		}
		o.Inputs, o.Outputs = inputs, outputs
		b.Operators = append(b.Operators, o)
	}
	b.Outputs = nil
	for _, out := range m.Outputs {
		made, known := number[out]
		if !known {
			return fmt.Errorf("output %.80q of the taught file lies before its feature map: %w", m.Tensors[out].Name, model.ErrUnsupported)
		}
		b.Outputs = append(b.Outputs, made)
	}
	return nil
}

// checkCompiled says in what the output of compiled is not the feature map of base, a taught model or what that was made of.
func checkCompiled(compiled, base *model.Model, at model.Head) error {
	want, err := featuresOf(base, at)
	if err != nil {
		return err
	}
	if !compiled.ForEdgeTPU() {
		return fmt.Errorf("the file was not compiled for an Edge TPU: it has no %s: %w", model.EdgeTPUOperator, model.ErrUnsupported)
	}
	if len(compiled.Outputs) != 1 {
		return fmt.Errorf("the compiled file has %d outputs (want 1, as the extractor): %w", len(compiled.Outputs), model.ErrUnsupported)
	}
	got := &compiled.Tensors[compiled.Outputs[0]]
	if got.Type != want.Type || !slices.Equal(got.Shape, want.Shape) || !sameQuant(got.Quant, want.Quant) {
		return fmt.Errorf("the output of the compiled file is %v %v, and the feature map of the base %v %v, or their scales differ: "+
			"compile the extractor of the base that was taught: %w", got.Type, got.Shape, want.Type, want.Shape, model.ErrUnsupported)
	}
	return nil
}

func sameQuant(a, b *model.Quant) bool {
	return a != nil && b != nil && slices.Equal(a.Scale, b.Scale) && slices.Equal(a.ZeroPoint, b.ZeroPoint)
}
