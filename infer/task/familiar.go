package task

import (
	"fmt"

	"github.com/inceptiond/inceptiond/infer"
)

// familiar is a classifier that knows the pictures it was taught with.
type familiar struct {
	*classify
	taught    *Taught
	output    int // that has the embedding
	embedding infer.TensorSpec
	unknown   float64
	codes     []byte // of the frame at hand
}

func newFamiliar(c *classify, outputs []infer.TensorSpec, o Options) (Task, error) {
	if o.Embedding < 0 || o.Embedding >= len(outputs) {
		return nil, fmt.Errorf("task: the embedding is output %d, and the model has %d", o.Embedding, len(outputs))
	}
	if !(o.Unknown >= 0 && o.Unknown < 1) {
		return nil, fmt.Errorf("task: a share of %v unknown is not possible (want 0 to 1)", o.Unknown)
	}
	spec := outputs[o.Embedding]
	zero, err := codesZero(spec)
	if err != nil {
		return nil, err
	}
	if t := o.Taught; spec.Elements() != t.features || zero != t.zero || c.scores.Elements() != len(t.labels) {
		return nil, fmt.Errorf("task: the model gives %d classes and %v, and the pictures that it was taught with are of %d classes and "+
			"%d features with zero point %d: they belong to another model", c.scores.Elements(), spec, len(t.labels), t.features, t.zero)
	}
	return &familiar{c, o.Taught, o.Embedding, spec, o.Unknown, make([]byte, spec.Elements())}, nil
}

// Reads is [Task]'s.
func (f *familiar) Reads() []int { return []int{0, f.output} }

// Decode is [Task]'s.
func (f *familiar) Decode(dst *Findings, outs [][]byte) error {
	if err := f.classify.Decode(dst, outs); err != nil {
		return err
	}
	if f.output >= len(outs) {
		return fmt.Errorf("task: %d outputs (want %v as number %d)", len(outs), f.embedding, f.output)
	}
	if _, err := Codes(f.codes, outs[f.output], f.embedding); err != nil {
		return err
	}
	dst.Familiar, dst.Nearest = f.taught.Familiar(f.codes)
	dst.Taught, dst.Unknown = true, f.taught.Strange(dst.Familiar, f.unknown)
	return nil
}
