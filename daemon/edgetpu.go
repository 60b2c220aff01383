package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/tflite"
)

// edgeTPU is how an Edge TPU runs a model.
type edgeTPU struct {
	device string // as edgetpu.Match names it
	file   string // the model that was compiled for it
	sha256 string // of file
	alone  bool   // there is no other file, for the CPU
}

// anyEdgeTPU is the section edgetpu of a model that has none.
var anyEdgeTPU = config.EdgeTPU{Device: "any"}

// planEdgeTPU finds the file of the model in f, which is c's, that an Edge TPU can run. It does not look for one.
func planEdgeTPU(c config.Model, f modelFile) (*edgeTPU, error) {
	section := anyEdgeTPU
	if c.EdgeTPU != nil {
		section = *c.EdgeTPU
	}
	if section.File == "" {
		if !f.parsed.ForEdgeTPU() {
			return nil, fmt.Errorf("the model is not compiled for an Edge TPU: name what edgetpu_compiler made of it in edgetpu.file: %w", infer.ErrUnsupported)
		}
		return &edgeTPU{device: section.Device, file: c.File, sha256: f.parsed.SHA256, alone: true}, nil
	}
	plan := &edgeTPU{device: section.Device, file: section.File}
	err := withModel(section.File, c.MemoryLimit, func(compiled modelFile) error {
		plan.sha256 = compiled.parsed.SHA256
		if err := checkTwin(f.parsed, compiled.parsed); err != nil {
			return fmt.Errorf("edgetpu.file %s: %w: %w", section.File, err, infer.ErrUnsupported)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return plan, nil
}

// checkTwin says why compiled, which is for an Edge TPU, cannot take the place of m, which is for the CPU: both must
// take the same input and give the same output, down to the quantization.
func checkTwin(m, compiled *model.Model) error {
	switch {
	case !compiled.ForEdgeTPU():
		return errors.New("it is not compiled for an Edge TPU (it has no operator " + model.EdgeTPUOperator + "): edgetpu_compiler does that")
	case m.ForEdgeTPU():
		return errors.New("file is compiled for an Edge TPU, too: name the model that it was compiled from there, for the CPU")
	}
	for _, tensors := range []struct {
		what     string
		of, with []int
	}{{"input", m.Inputs, compiled.Inputs}, {"output", m.Outputs, compiled.Outputs}} {
		if len(tensors.of) != len(tensors.with) {
			return fmt.Errorf("it has %s, where file has %d: it was compiled from another model", plural(len(tensors.with), tensors.what), len(tensors.of))
		}
		for i := range tensors.of {
			a, b := &m.Tensors[tensors.of[i]], &compiled.Tensors[tensors.with[i]]
			if !sameTensor(a, b) {
				return fmt.Errorf("its %s is %s, where file has %s: it was compiled from another model", tensors.what, tensorWords(b), tensorWords(a))
			}
		}
	}
	return nil
}

// sameTensor compares all but the names.
func sameTensor(a, b *model.Tensor) bool {
	if a.Type != b.Type || !slices.Equal(a.Shape, b.Shape) || (a.Quant == nil) != (b.Quant == nil) {
		return false
	}
	return a.Quant == nil || slices.Equal(a.Quant.Scale, b.Quant.Scale) && slices.Equal(a.Quant.ZeroPoint, b.Quant.ZeroPoint)
}

// tensorWords is "uint8 [1 224 224 3], scale [0.0078125], zero point [128]".
func tensorWords(t *model.Tensor) string {
	if t.Quant == nil {
		return fmt.Sprintf("%v %v", t.Type, t.Shape)
	}
	return fmt.Sprintf("%v %v, scale %v, zero point %v", t.Type, t.Shape, t.Quant.Scale, t.Quant.ZeroPoint)
}

// findEdgeTPU says why there is no such Edge TPU. It asks libedgetpu itself, in a worker.
func findEdgeTPU(ctx context.Context, device string) error {
	worker, err := findWorker(engineEdgeTPU)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	_, err = tflite.FindEdgeTPU(ctx, worker, device)
	return err
}
