package task

import "github.com/inceptiond/inceptiond/infer"

// Unread is the kind of a model whose outputs nobody reads, whatever they are: one that is only timed. No configuration can ask for it.
const Unread Kind = "unread"

// unread takes all outputs and finds nothing in them.
type unread struct{ outputs int }

func newUnread(outputs []infer.TensorSpec) unread { return unread{len(outputs)} }

// Kind and Reads are [Task]'s.
func (unread) Kind() Kind { return Unread }
func (u unread) Reads() (all []int) {
	for i := range u.outputs {
		all = append(all, i)
	}
	return all
}

// Decode is [Task]'s.
func (unread) Decode(dst *Findings, _ [][]byte) error {
	dst.begin()
	return nil
}
