package model_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
)

// blocks is a matrix of 4 × 4 bytes of which two blocks of 2 × 2 are stored.
func blocks() model.Tensor {
	return model.Tensor{
		Name: "w", Shape: []int{4, 4}, Type: model.Int8, Data: []byte{1, 2, 3, 4, 5, 6, 7, 8},
		Sparse: &model.Sparsity{
			Order: []int{0, 1, 2, 3}, Blocks: []int{0, 1},
			Levels: []model.SparseLevel{
				{Size: 2}, {Sparse: true, Segments: []int{0, 1, 2}, Indices: []int{1, 0}}, {Size: 2}, {Size: 2},
			},
		},
	}
}

// TestSparse reads a sparse tensor back from a file, and all of its elements.
func TestSparse(t *testing.T) {
	m := model.Model{Tensors: []model.Tensor{blocks(), {Name: "x", Shape: []int{4, 4}, Type: model.Int8}}, Inputs: []int{1}, Outputs: []int{1}}
	data, err := write.Model(&m)
	if err != nil {
		t.Fatal(err)
	}
	got, err := model.Parse(data, model.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	stored := &got.Tensors[0]
	if !strings.Contains(stored.Odd, "sparsely") {
		t.Errorf("odd: %q", stored.Odd)
	}
	dense, err := stored.Dense(16)
	want := []byte{0, 0, 1, 2, 0, 0, 3, 4, 5, 6, 0, 0, 7, 8, 0, 0}
	if err != nil || !bytes.Equal(dense.Data, want) || dense.Odd != "" || dense.Sparse != nil {
		t.Errorf("%v: %v", dense, err)
	}
	if _, err := stored.Dense(15); !errors.Is(err, model.ErrMemory) {
		t.Errorf("with a limit of 15 bytes: %v", err)
	}
}

func TestSparseRefuses(t *testing.T) {
	for says, change := range map[string]func(t *model.Tensor, s *model.Sparsity){
		"in 3 levels":                       func(_ *model.Tensor, s *model.Sparsity) { s.Levels = s.Levels[:3] },
		"order [1 1 2 3]":                   func(_ *model.Tensor, s *model.Sparsity) { s.Order[0] = 1 },
		"order [9 1 2 3]":                   func(_ *model.Tensor, s *model.Sparsity) { s.Order[0] = 9 },
		"blocks [0 0] of [4 4]":             func(_ *model.Tensor, s *model.Sparsity) { s.Blocks[1] = 0 },
		"blocks [0 -1] of [4 4]":            func(_ *model.Tensor, s *model.Sparsity) { s.Blocks[1] = -1 },
		"blocks [0 1] of [4 4]":             func(_ *model.Tensor, s *model.Sparsity) { s.Levels[3].Size = 3 },
		"a dimension of 2 is stored as one": func(_ *model.Tensor, s *model.Sparsity) { s.Levels[0].Size = 1 << 30 },
		"an index beyond a dimension of 2":  func(_ *model.Tensor, s *model.Sparsity) { s.Levels[1].Indices[0] = 2 },
		"segments of 1 indices":             func(_ *model.Tensor, s *model.Sparsity) { s.Levels[1].Indices = s.Levels[1].Indices[:1] },
		"segments of 2 indices":             func(_ *model.Tensor, s *model.Sparsity) { s.Levels[1].Segments[1] = -1 },
		"do not fit how they are stored":    func(t *model.Tensor, _ *model.Sparsity) { t.Data = t.Data[:7] },
		"its elements do not fit":           func(_ *model.Tensor, s *model.Sparsity) { s.Levels[1].Segments = []int{0, 1} },
	} {
		tensor := blocks()
		change(&tensor, tensor.Sparse)
		if _, err := tensor.Dense(1 << 20); !errors.Is(err, model.ErrUnsupported) || !strings.Contains(err.Error(), says) {
			t.Errorf("%v (want %q)", err, says)
		}
	}
}
