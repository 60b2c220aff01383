package task

import (
	"errors"
	"fmt"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/model"
)

// classify reads the first output.
type classify struct {
	scores infer.TensorSpec
	become Scores
}

func newClassify(outputs []infer.TensorSpec, become Scores) (*classify, error) {
	if err := checkScores(outputs); err != nil {
		return nil, fmt.Errorf("task: %w: %w", err, model.ErrUnsupported)
	}
	return &classify{outputs[0], become}, nil
}

// checkScores says why the first output has no scores.
func checkScores(outputs []infer.TensorSpec) error {
	switch {
	case len(outputs) == 0 || outputs[0].Bytes() == 0:
		return errors.New("the model has no output with scores")
	case !outputs[0].Type.Usual():
		return fmt.Errorf("the model's first output is %v: numbers of classes, perhaps, but no scores (want uint8, int8 or float32)", outputs[0])
	case len(outputs) > 1 && !isList(outputs[0]): // boxes, say: their numbers are no scores
		return fmt.Errorf("the model has %d outputs, and the first, %v, is no list of scores (a classifier's is)", len(outputs), outputs[0])
	}
	return nil
}

// isList tells whether a tensor has one dimension at most that is more than 1.
func isList(s infer.TensorSpec) bool {
	long := 0
	for _, n := range s.Shape {
		if n > 1 {
			long++
		}
	}
	return long <= 1
}

// Kind and Reads are [Task]'s.
func (*classify) Kind() Kind   { return Classify }
func (*classify) Reads() []int { return []int{0} }

// Decode is [Task]'s.
func (c *classify) Decode(dst *Findings, outs [][]byte) error {
	dst.begin()
	if len(outs) == 0 {
		return fmt.Errorf("task: no output (want %v)", c.scores)
	}
	n := c.scores.Elements()
	dst.Classes = sized(dst.Classes, n)
	if err := c.scores.Values(dst.Classes, outs[0]); err != nil {
		return err
	}
	c.become.apply(dst.Classes)
	return nil
}
