package task

import (
	"errors"
	"fmt"

	"github.com/inceptiond/inceptiond/infer"
)

// embed reads the one output that has an embedding, and tells whom that shows.
type embed struct {
	output int
	spec   infer.TensorSpec
	people *People // nil: nobody is asked for
}

func newEmbed(outputs []infer.TensorSpec, o *Options) (*embed, error) {
	i := o.Outputs[0]
	if i < 0 || i >= len(outputs) || !isEmbedding(outputs[i]) {
		return nil, errors.New("the model has no list of features (want an output [1 n])")
	}
	if p := o.People; p != nil && p.features != outputs[i].Elements() {
		return nil, fmt.Errorf("people of %d features, and the model gives %d: they belong to another model", p.features, outputs[i].Elements())
	}
	return &embed{i, outputs[i], o.People}, nil
}

// isEmbedding tells whether a tensor may be an embedding: a list of at least two numbers.
func isEmbedding(s infer.TensorSpec) bool {
	return s.Type.Usual() && isList(s) && s.Elements() > 1
}

// Kind and Reads are [Task]'s.
func (*embed) Kind() Kind     { return Embed }
func (e *embed) Reads() []int { return []int{e.output} }

// Decode is [Task]'s.
func (e *embed) Decode(dst *Findings, outs [][]byte) error {
	dst.begin()
	if e.output >= len(outs) {
		return fmt.Errorf("task: %d outputs (want %v as number %d)", len(outs), e.spec, e.output)
	}
	n := e.spec.Elements()
	dst.Embedding = sized(dst.Embedding, n)
	if err := e.spec.Values(dst.Embedding, outs[e.output]); err != nil {
		return err
	}
	if e.people != nil {
		dst.Who = e.people.who(dst.Embedding, &dst.Classes)
	}
	return nil
}
