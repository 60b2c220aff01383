package infer

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestScores(t *testing.T) {
	tests := []struct {
		name   string
		spec   TensorSpec
		tensor []byte
		want   []float32
	}{
		{"uint8", TensorSpec{Shape: []int{1, 3}, Type: Uint8, Scale: 0.5, ZeroPoint: 52}, []byte{0, 52, 255}, []float32{-26, 0, 101.5}},
		{"int8", TensorSpec{Shape: []int{3}, Type: Int8, Scale: 1. / 256, ZeroPoint: -128}, []byte{0x80, 0, 127}, []float32{0, 0.5, 255. / 256}},
		{"not quantized", TensorSpec{Shape: []int{2}, Type: Int8}, []byte{0xff, 5}, []float32{-1, 5}},
		{"float32", TensorSpec{Shape: []int{2}, Type: Float32}, []byte{0, 0, 0x80, 0x3f, 0, 0, 0x80, 0xff}, []float32{1, float32(math.Inf(-1))}},
		{"scalar", TensorSpec{Type: Uint8, Scale: 2}, []byte{7}, []float32{14}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := make([]float32, len(test.want))
			if err := test.spec.Values(got, test.tensor); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestScoresErrors(t *testing.T) {
	spec := TensorSpec{Name: "softmax", Shape: []int{4}, Type: Float32}
	for _, sizes := range [][2]int{{16, 3}, {15, 4}, {17, 4}, {4, 4}, {0, 0}} {
		err := spec.Values(make([]float32, sizes[1]), make([]byte, sizes[0]))
		if err == nil || !strings.Contains(err.Error(), `"softmax"`) || !strings.Contains(err.Error(), "want 16 into 4") {
			t.Errorf("%d bytes into %d scores: %v", sizes[0], sizes[1], err)
		}
	}
	spec.Type = 0
	if err := spec.Values(make([]float32, 4), nil); err == nil {
		t.Error("no error for a tensor without a type")
	}
}

func TestTopK(t *testing.T) {
	nan := float32(math.NaN())
	inf := float32(math.Inf(1))
	scores := []float32{0.1, 0.4, nan, 0.4, 0, 0.7, -1}
	tests := []struct {
		name      string
		scores    []float32
		k         int
		threshold float32
		want      []Prediction
	}{
		{"one", scores, 1, 0, []Prediction{{5, 0.7}}},
		{"ties keep their order", scores, 3, 0, []Prediction{{5, 0.7}, {1, 0.4}, {3, 0.4}}},
		{"a tie at the end", scores, 2, 0, []Prediction{{5, 0.7}, {1, 0.4}}},
		{"threshold counts in", scores, 5, 0.4, []Prediction{{5, 0.7}, {1, 0.4}, {3, 0.4}}},
		{"nothing reaches it", scores, 5, 0.8, nil},
		{"more than there are", scores, 100, -inf, []Prediction{{5, 0.7}, {1, 0.4}, {3, 0.4}, {0, 0.1}, {4, 0}, {6, -1}}},
		{"none", scores, 0, 0, nil},
		{"less than none", scores, -1, 0, nil},
		{"no scores", nil, 5, 0, nil},
		{"not a number", []float32{nan, nan}, 5, -inf, nil},
		{"infinite", []float32{-inf, inf, 1}, 5, -inf, []Prediction{{1, inf}, {2, 1}, {0, -inf}}},
		{"threshold not a number", scores, 5, nan, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := TopK(nil, test.scores, test.k, test.threshold); !slices.Equal(got, test.want) {
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
		want := make([]Prediction, n)
		for i := range scores {
			scores[i] = float32(r.IntN(10))
			want[i] = Prediction{i, scores[i]}
		}
		slices.SortStableFunc(want, func(a, b Prediction) int { return cmp.Compare(b.Score, a.Score) })
		for _, k := range []int{1, 5, n} {
			if got := TopK(nil, scores, k, 0); !slices.Equal(got, want[:min(k, n)]) {
				t.Fatalf("%v\ngot %v\nwant %v", scores, got, want[:min(k, n)])
			}
		}
	}
}

func TestTopKAppends(t *testing.T) {
	before := []Prediction{{9, 0.1}}
	got := TopK(before, []float32{0.2, 0.3}, 1, 0)
	if want := []Prediction{{9, 0.1}, {1, 0.3}}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestNoAllocation(t *testing.T) {
	spec := TensorSpec{Shape: []int{1, 1001}, Type: Uint8, Scale: 1. / 256}
	tensor := make([]byte, spec.Bytes())
	for i := range tensor {
		tensor[i] = byte(i * 7)
	}
	scores := make([]float32, spec.Elements())
	top := make([]Prediction, 0, 5)
	n := testing.AllocsPerRun(10, func() {
		if err := spec.Values(scores, tensor); err != nil {
			t.Fatal(err)
		}
		top = TopK(top[:0], scores, 5, 0)
	})
	if n != 0 || len(top) != 5 {
		t.Errorf("%v allocations, %d predictions", n, len(top))
	}
}
