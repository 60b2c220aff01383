package task

// Class is one class and its score.
type Class struct {
	Index int // of the model's output
	Score float32
}

// TopK appends to dst the at most k classes whose scores are at least threshold, the highest first; of equal ones the
// lower index comes first. A score that is not a number is left out. It allocates nothing if dst has room for k more.
func TopK(dst []Class, f *Findings, k int, threshold float32) []Class {
	first := len(dst)
	for i, score := range f.Classes {
		if !(score >= threshold) { // also if it is NaN
			continue
		}
		switch n := len(dst) - first; {
		case n < k:
			dst = append(dst, Class{})
		case n == 0 || score <= dst[len(dst)-1].Score:
			continue
		}
		at := len(dst) - 1
		for ; at > first && dst[at-1].Score < score; at-- {
			dst[at] = dst[at-1]
		}
		dst[at] = Class{Index: i, Score: score}
	}
	return dst
}
