package engines

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/tflite"
	"github.com/inceptiond/inceptiond/internal/text"
)

// tpuPlan is how an Edge TPU runs a model.
type tpuPlan struct {
	device string // as edgetpu.Match names it
	file   string // the model that was compiled for it
	sha256 string // of file
	alone  bool   // there is no other file, for the CPU
}

// planTPU finds the file of the model in f, which is o's, that an Edge TPU can run. It does not look for one.
func planTPU(o Options, f File) (*tpuPlan, error) {
	section := TPU{Device: "any"}
	if o.TPU != nil {
		section = *o.TPU
	}
	if section.File == "" {
		if !f.Parsed.ForEdgeTPU() {
			return nil, fmt.Errorf("the model is not compiled for an Edge TPU: name what edgetpu_compiler made of it in edgetpu.file: %w", model.ErrUnsupported)
		}
		return &tpuPlan{device: section.Device, file: o.File, sha256: f.Parsed.SHA256, alone: true}, nil
	}
	plan := &tpuPlan{device: section.Device, file: section.File}
	err := Read(section.File, o.Memory, func(compiled File) error {
		plan.sha256 = compiled.Parsed.SHA256
		if err := checkTwin(f.Parsed, compiled.Parsed); err != nil {
			return fmt.Errorf("edgetpu.file %s: %w: %w", section.File, err, model.ErrUnsupported)
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
			return fmt.Errorf("it has %s, where file has %d: it was compiled from another model", text.Plural(len(tensors.with), tensors.what), len(tensors.of))
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

// findTPU says why there is no such Edge TPU. It asks libedgetpu itself, in a worker.
func findTPU(ctx context.Context, device string) error {
	worker, err := FindWorker(EdgeTPU)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	_, err = tflite.FindEdgeTPU(ctx, worker, device)
	return err
}
