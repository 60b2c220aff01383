package cpu

import (
	"fmt"
	"slices"

	"github.com/inceptiond/inceptiond/infer/model"
)

// plainly is m without tensors that are odd though the engine knows what to do with them: variables, and such as are stored
// sparsely, which are no longer. What these have then is limit bytes at most.
func plainly(m *model.Model, limit int64) (*model.Model, error) {
	known := func(t model.Tensor) bool { return t.Sparse != nil || t.Variable }
	if !slices.ContainsFunc(m.Tensors, known) {
		return m, nil
	}
	made := *m
	made.Tensors = slices.Clone(m.Tensors)
	for i := range made.Tensors {
		t := &made.Tensors[i]
		if t.Variable {
			t.Odd, t.Data = "", nil
		}
		if t.Sparse == nil {
			continue
		}
		dense, err := t.Dense(limit)
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		limit -= int64(len(dense.Data))
		*t = *dense
	}
	return &made, nil
}
