package cpu

import (
	"fmt"
	"slices"

	"github.com/inceptiond/inceptiond/infer/model"
)

// dense is m with no tensor that is stored sparsely; what these have then is limit bytes at most.
func dense(m *model.Model, limit int64) (*model.Model, error) {
	stored := func(t model.Tensor) bool { return t.Sparse != nil }
	if !slices.ContainsFunc(m.Tensors, stored) {
		return m, nil
	}
	made := *m
	made.Tensors = slices.Clone(m.Tensors)
	for i := range made.Tensors {
		t := &made.Tensors[i]
		if !stored(*t) {
			continue
		}
		d, err := t.Dense(limit)
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		limit -= int64(len(d.Data))
		*t = *d
	}
	return &made, nil
}
