// Package graft puts a taught last layer on a base network, as a file that every TensorFlow Lite runs.
//
// The layer is a 1x1 convolution of the base's last feature map, whose output is the class activation map; the averages of
// that are the logits. Pooling and a linear layer may change places: see [model.Head].
package graft

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
)

// Head is a taught last layer, linear in the features of the base: the logit of class c is the mean, over all cells of the
// feature map, of Weights[c] . features + Bias[c].
type Head struct {
	Labels  []string    // of the classes, 2 or more
	Weights [][]float64 // by class, then feature, for the map's real numbers (zero point removed, times scale)
	Bias    []float64   // by class

	// The ranges that tensors of 8 bits shall hold, margins included; they are made to include 0. What lies outside is
	// clipped.
	LogitMin, LogitMax float64
	CamMin, CamMax     float64 // of a cell of the map: Weights[c] . features + Bias[c]

	Name, Description string    // for the metadata
	Mean, Std         []float32 // of the input, for the metadata: what the base's metadata says, or nil
}

// Taught is the base up to its feature map, with the head behind it, as a .tflite file; at is base.Head(). Its outputs are,
// in this order:
//
//   - the probability of each class [1 classes], of the type of the base's first output;
//   - "taught/cam", the class activation map [1 height width classes]: its mean over height and width is the logits;
//   - the embedding: the averages of the feature map, by the base's own pooling.
//
// The labels are in its metadata and, as labels.txt, in the archive behind it. Tensors and operators that nothing needs any
// more are dropped. The same input gives the same bytes, on every machine.
//
// The error says what of the head is wrong, or wraps [model.ErrUnsupported] and says what of the base cannot be written or
// continued.
func Taught(base *model.Model, at model.Head, h Head) ([]byte, error) {
	file, err := taught(base, at, h)
	if err != nil {
		return nil, fmt.Errorf("graft: %w", err)
	}
	return file, nil
}

// Extractor is the base up to its feature map, which is its output, as a .tflite file: what the Edge TPU's compiler takes. The
// error wraps [model.ErrUnsupported].
func Extractor(base *model.Model, at model.Head) ([]byte, error) {
	features, err := featuresOf(base, at)
	if err != nil {
		return nil, fmt.Errorf("graft: %w", err)
	}
	if features.Type == model.Float32 {
		return nil, fmt.Errorf("graft: the base computes in float32, and an Edge TPU in 8 bits (take a quantized base): %w", model.ErrUnsupported)
	}
	part, _, err := upTo(base, at.Map)
	if err != nil {
		return nil, fmt.Errorf("graft: %w", err)
	}
	part.Description = base.Description
	file, err := write.Model(part)
	if err != nil {
		return nil, fmt.Errorf("graft: the base: %w", err)
	}
	return file, nil
}

func taught(base *model.Model, at model.Head, h Head) ([]byte, error) {
	features, err := featuresOf(base, at)
	if err != nil {
		return nil, err
	}
	if err := h.check(features.Shape[3]); err != nil {
		return nil, err
	}
	made, err := newBuilder(base, at)
	if err != nil {
		return nil, err
	}
	made.Description = h.Description
	if err := made.head(h, base.Tensors[base.Outputs[0]].Type); err != nil {
		return nil, err
	}
	return file(made.Model, h)
}

// file is the file of m, with the labels of h.
func file(m *model.Model, h Head) ([]byte, error) {
	const labels = "labels.txt"
	about, err := (&write.Metadata{
		Name: h.Name, Description: h.Description, Mean: h.Mean, Std: h.Std,
		Outputs: []write.Output{
			{Name: "probability", Description: "of each class"},
			{Name: "activation map", Description: "of each class: where in the picture it is seen"},
			{Name: "embedding", Description: "averages of the features"},
		},
		Files: []write.AssociatedFile{{Name: labels, Type: write.AxisLabels}},
	}).Bytes()
	if err != nil {
		return nil, err
	}
	data, err := write.ModelWithMetadata(m, about)
	if err != nil {
		return nil, err
	}
	if _, err := model.Parse(data, model.Limits{Memory: math.MaxInt}); err != nil { // a base at the limits of what is read
		return nil, err
	}
	return write.Append(data, write.File{Name: labels, Data: []byte(labelFile(h.Labels))})
}

func labelFile(labels []string) string { return strings.Join(labels, "\n") + "\n" }

// check says what of the head is wrong, for a base with so many features.
func (h *Head) check(features int) error {
	if len(h.Labels) < 2 || len(h.Weights) != len(h.Labels) || len(h.Bias) != len(h.Labels) {
		return fmt.Errorf("a head of %d labels, %d rows of weights and %d biases (want 2 or more of each, and as many)",
			len(h.Labels), len(h.Weights), len(h.Bias))
	}
	again, err := infer.ReadLabels(strings.NewReader(labelFile(h.Labels)))
	if err != nil {
		return fmt.Errorf("the labels as a file: %w", err)
	}
	if !slices.Equal(again, h.Labels) {
		return fmt.Errorf("labels %.80q are others when they are read from a file (want none with space around it, and no numbers before them)", h.Labels)
	}
	for c, row := range h.Weights {
		if len(row) != features {
			return fmt.Errorf("%d weights for class %d, of %d features", len(row), c, features)
		}
		if !plain(row...) {
			return fmt.Errorf("the weights of class %d are no finite numbers of a sensible size", c)
		}
	}
	if !plain(h.Bias...) || !plain(h.LogitMin, h.LogitMax, h.CamMin, h.CamMax) || h.LogitMin > h.LogitMax || h.CamMin > h.CamMax {
		return fmt.Errorf("bias %.4g, logits %g to %g, map %g to %g (want finite numbers of a sensible size)",
			h.Bias[:min(4, len(h.Bias))], h.LogitMin, h.LogitMax, h.CamMin, h.CamMax)
	}
	return nil
}
