// Package graft puts a taught last layer on a base network, as a file that every TensorFlow Lite runs.
package graft

import (
	"fmt"

	"github.com/inceptiond/inceptiond/infer/model"
)

// Head is a taught last layer, linear in the features of the base: the logit of class c is the mean, over all cells of the
// feature map, of Weights[c] . features + Bias[c].
type Head struct {
	Labels  []string    // of the classes, 2 or more
	Weights [][]float64 // by class, then feature, for the map's real numbers (zero point removed, times scale)
	Bias    []float64   // by class

	// The ranges that tensors of 8 bits shall hold, margins included; 0 is added to them. What lies outside is clipped.
	LogitMin, LogitMax float64
	CamMin, CamMax     float64 // of a cell of the map: Weights[c] . features + Bias[c]

	Name, Description string    // for the metadata
	Mean, Std         []float32 // of the input, for the metadata: what the base's metadata says, or nil
}

// Taught is the base up to its feature map, with the head behind it, as a .tflite file. Its outputs are, in this order:
//
//   - the probability of each class [1 classes];
//   - "taught/cam", the class activation map [1 height width classes]: its mean over height and width is the logits;
//   - the embedding: the averages of the feature map, by the base's own pooling.
//
// The labels are in its metadata and, as labels.txt, in the archive behind it. Tensors and operators that nothing needs any
// more are dropped. The same input gives the same bytes, on every machine.
//
// The error says what of the head is wrong, or wraps model.ErrUnsupported and says what of the base cannot be written or
// continued.
func Taught(base *model.Model, at model.Head, h Head) ([]byte, error) {
	return nil, fmt.Errorf("graft: %w", model.ErrUnsupported)
}

// Extractor is the base up to its feature map, which is its output, as a .tflite file: what the Edge TPU's compiler takes.
func Extractor(base *model.Model, at model.Head) ([]byte, error) {
	return nil, fmt.Errorf("graft: %w", model.ErrUnsupported)
}

// OntoEdgeTPU is Taught behind compiled, which is what the Edge TPU's compiler made of the Extractor of base: the head runs
// on the CPU. The embedding is a MEAN of the feature map there.
func OntoEdgeTPU(compiled, base *model.Model, at model.Head, h Head) ([]byte, error) {
	return nil, fmt.Errorf("graft: %w", model.ErrUnsupported)
}
