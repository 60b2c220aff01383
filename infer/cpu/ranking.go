package cpu

// ranking finds the best of a list of scores. The order of equal scores is that of the partial_sort of GNU's
// C++ library, which TensorFlow Lite's answers have: a heap of the best so far, the worst of them on top, that all others are
// compared with; then the heap is emptied from the back.
type ranking struct {
	values []float32
	order  []int32
}

func newRanking(n int) ranking { return ranking{make([]float32, n), make([]int32, n)} }

// best is the indices of the best values, k at most, best first, until it is called again.
func (r *ranking) best(k int) []int32 {
	heap, k := r.order, min(k, len(r.order))
	if k == 1 {
		heap[0] = int32(first(r.values))
		return heap[:1]
	}
	for i := range heap {
		heap[i] = int32(i)
	}
	for i := k/2 - 1; i >= 0; i-- {
		r.settle(heap[:k], i, heap[i])
	}
	for _, next := range heap[k:] {
		if r.before(next, heap[0]) {
			r.settle(heap[:k], 0, next)
		}
	}
	for last := k - 1; last > 0; last-- {
		next := heap[last]
		heap[last] = heap[0]
		r.settle(heap[:last], 0, next)
	}
	return heap[:k]
}

func (r *ranking) before(a, b int32) bool { return r.values[a] > r.values[b] }

// settle puts x into a heap where there is a hole: the hole goes all the way down, along the worse children (the left one of
// equals), then x comes up from there.
func (r *ranking) settle(heap []int32, hole int, x int32) {
	top := hole
	for 2*hole+2 < len(heap) {
		child := 2*hole + 2
		if r.before(heap[child], heap[child-1]) {
			child--
		}
		heap[hole] = heap[child]
		hole = child
	}
	if child := 2*hole + 1; child < len(heap) {
		heap[hole] = heap[child]
		hole = child
	}
	for hole > top {
		parent := (hole - 1) / 2
		if !r.before(heap[parent], x) {
			break
		}
		heap[hole] = heap[parent]
		hole = parent
	}
	heap[hole] = x
}
