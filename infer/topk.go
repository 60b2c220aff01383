package infer

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Prediction is one class and its score.
type Prediction struct {
	Index int     // of the model's output
	Score float32 // as the model gives it: a probability if the model ends in softmax
}

// Scores writes the real values of tensor, the bytes of a tensor that s describes, to dst. It returns an error if dst
// has not s.Elements() elements or tensor not s.Bytes() bytes. It allocates nothing.
func (s TensorSpec) Scores(dst []float32, tensor []byte) error {
	if len(dst) != s.Elements() || len(tensor) != s.Bytes() {
		return fmt.Errorf("infer: scores of tensor %q: %d bytes into %d scores (want %d into %d)",
			s.Name, len(tensor), len(dst), s.Bytes(), s.Elements())
	}
	scale := s.Scale
	if scale == 0 {
		scale = 1
	}
	switch s.Type {
	case Uint8:
		for i, q := range tensor {
			dst[i] = scale * float32(int(q)-s.ZeroPoint)
		}
	case Int8:
		for i, q := range tensor {
			dst[i] = scale * float32(int(int8(q))-s.ZeroPoint)
		}
	case Float32:
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(tensor[4*i:]))
		}
	default:
		return fmt.Errorf("infer: scores of tensor %q: element type %v", s.Name, s.Type)
	}
	return nil
}

// TopK appends to dst the at most k scores that are at least threshold, the highest first; of equal ones the lower
// index comes first. A score that is not a number is left out. It allocates nothing if dst has room for k more.
func TopK(dst []Prediction, scores []float32, k int, threshold float32) []Prediction {
	first := len(dst)
	for i, score := range scores {
		if !(score >= threshold) { // also if it is NaN
			continue
		}
		switch n := len(dst) - first; {
		case n < k:
			dst = append(dst, Prediction{})
		case n == 0 || score <= dst[len(dst)-1].Score:
			continue
		}
		at := len(dst) - 1
		for ; at > first && dst[at-1].Score < score; at-- {
			dst[at] = dst[at-1]
		}
		dst[at] = Prediction{Index: i, Score: score}
	}
	return dst
}
