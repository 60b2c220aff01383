package infer

// Prediction is one class and its score.
type Prediction struct {
	Index int     // of the model's output
	Score float32 // as the model gives it: a probability if the model ends in softmax
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
