package task

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestTopK(t *testing.T) {
	nan := float32(math.NaN())
	inf := float32(math.Inf(1))
	scores := []float32{0.1, 0.4, nan, 0.4, 0, 0.7, -1}
	tests := []struct {
		name      string
		scores    []float32
		k         int
		threshold float32
		want      []Class
	}{
		{"one", scores, 1, 0, []Class{{5, 0.7}}},
		{"ties keep their order", scores, 3, 0, []Class{{5, 0.7}, {1, 0.4}, {3, 0.4}}},
		{"a tie at the end", scores, 2, 0, []Class{{5, 0.7}, {1, 0.4}}},
		{"threshold counts in", scores, 5, 0.4, []Class{{5, 0.7}, {1, 0.4}, {3, 0.4}}},
		{"nothing reaches it", scores, 5, 0.8, nil},
		{"more than there are", scores, 100, -inf, []Class{{5, 0.7}, {1, 0.4}, {3, 0.4}, {0, 0.1}, {4, 0}, {6, -1}}},
		{"none", scores, 0, 0, nil},
		{"less than none", scores, -1, 0, nil},
		{"no scores", nil, 5, 0, nil},
		{"not a number", []float32{nan, nan}, 5, -inf, nil},
		{"infinite", []float32{-inf, inf, 1}, 5, -inf, []Class{{1, inf}, {2, 1}, {0, -inf}}},
		{"threshold not a number", scores, 5, nan, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := TopK(nil, &Findings{Classes: test.scores}, test.k, test.threshold); !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

// TestTopKSorts compares with a stable sort.
func TestTopKSorts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 60 {
		scores := make([]float32, n)
		want := make([]Class, n)
		for i := range scores {
			scores[i] = float32(r.IntN(10))
			want[i] = Class{i, scores[i]}
		}
		slices.SortStableFunc(want, func(a, b Class) int { return cmp.Compare(b.Score, a.Score) })
		for _, k := range []int{1, 5, n} {
			if got := TopK(nil, &Findings{Classes: scores}, k, 0); !slices.Equal(got, want[:min(k, n)]) {
				t.Fatalf("%v\ngot %v\nwant %v", scores, got, want[:min(k, n)])
			}
		}
	}
}

func TestTopKAppends(t *testing.T) {
	before := []Class{{9, 0.1}}
	got := TopK(before, &Findings{Classes: []float32{0.2, 0.3}}, 1, 0)
	if want := []Class{{9, 0.1}, {1, 0.3}}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
