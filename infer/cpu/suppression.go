package cpu

import (
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/infer/model"
)

// suppressShape is the rule of NON_MAX_SUPPRESSION_V4 and V5: the third input says how many boxes are chosen at most.
func suppressShape(n *node) ([][]int, error) {
	most, err := n.list(2)
	if err != nil {
		return nil, err
	}
	if len(most) != 1 {
		return nil, fmt.Errorf("%d numbers of boxes (want 1)", len(most))
	}
	if n.op == model.OpSuppressionV4 {
		return [][]int{most, {}}, nil
	}
	return [][]int{most, most, {}}, nil
}

// lowerSuppression makes a NON_MAX_SUPPRESSION_V4 or V5, of float32: of boxes that overlap too much, the one with the best score. V5 has
// a score lose by each overlap too (tflite/kernels/internal/reference/non_max_suppression.h).
func lowerSuppression(l *lowering, n *node) (layer, error) {
	count, outputs := 5, []model.Type{model.Int32, model.Int32}
	if n.op == model.OpSuppressionV5 {
		count, outputs = 6, []model.Type{model.Int32, model.Float32, model.Int32}
	}
	if len(n.inputs) != count || len(n.outputs) != len(outputs) {
		return nil, fmt.Errorf("%d inputs and %d outputs (want %d and %d)", len(n.inputs), len(n.outputs), count, len(outputs))
	}
	boxes, scores := n.inputs[0].Shape, n.inputs[1].Shape
	if len(boxes) != 2 || boxes[1] != 4 || len(scores) != 1 || scores[0] != boxes[0] {
		return nil, fmt.Errorf("boxes %v and scores %v (want [n 4] and [n])", boxes, scores)
	}
	s := &suppression{most: n.outputs[0].Elements()}
	for i, to := range []*[]float32{&s.boxes, &s.scores, nil, &s.overlap, &s.least, &s.sigma}[:count] {
		if to == nil {
			continue
		}
		var err error
		if *to, err = l.floats(n.inputs[i]); err != nil {
			return nil, err
		}
		if i > 2 && len(*to) != 1 {
			return nil, fmt.Errorf("input %d is %v (want 1 number)", i, n.inputs[i].Shape)
		}
	}
	for i, typ := range outputs {
		if err := oneOf(n.outputs[i], typ); err != nil {
			return nil, err
		}
	}
	var err error
	if s.chosen, err = l.int32s(n.outputs[0]); err != nil {
		return nil, err
	}
	if s.count, err = l.int32s(n.outputs[len(outputs)-1]); err != nil {
		return nil, err
	}
	if count == 6 {
		if s.best, err = l.floats(n.outputs[1]); err != nil {
			return nil, err
		}
	}
	s.queue = make(candidates, 0, len(s.scores))
	if err := l.work(float64(len(s.scores)) * float64(min(s.most, len(s.scores)))); err != nil {
		return nil, err
	}
	return s, l.take(12 * int64(len(s.scores)))
}

// suppression chooses boxes; what it does not choose is 0. It is one piece.
type suppression struct {
	boxes, scores         []float32
	overlap, least, sigma []float32 // a number each; sigma is nil in V4
	most                  int
	chosen, count         []int32
	best                  []float32 // the scores of those chosen, nil in V4
	queue                 candidates
}

func (s *suppression) units() int { return 1 }

func (s *suppression) run(*scratch, int, int) {
	clear(s.chosen)
	clear(s.best)
	s.queue = s.queue[:0]
	for i, score := range s.scores {
		if score > s.least[0] {
			s.queue.push(candidate{index: int32(i), score: score})
		}
	}
	n := 0
	for most := min(s.most, len(s.queue)); n < most && len(s.queue) > 0; {
		c := s.queue.pop()
		score := c.score
		if s.suppressed(&c, n) {
			continue
		}
		if c.score == score {
			s.chosen[n] = c.index
			if s.best != nil {
				s.best[n] = score
			}
			n++
		}
		if c.score > s.least[0] { // also one that is chosen: it overlaps itself, unless it has no area
			s.queue.push(c)
		}
	}
	s.count[0] = int32(n)
}

// suppressed compares a candidate with those of the n chosen boxes that it has not met, the latest first, and tells whether
// one overlaps it too much. It may lose of its score.
func (s *suppression) suppressed(c *candidate, n int) bool {
	for i := n - 1; i >= int(c.met); i-- {
		iou := overlapping(s.boxes[4*c.index:], s.boxes[4*s.chosen[i]:])
		if iou >= s.overlap[0] {
			return true
		}
		if s.sigma != nil && s.sigma[0] > 0 {
			c.score *= float32(math.Exp(float64(float32(float32(-0.5/s.sigma[0])*iou) * iou)))
		}
		if c.score <= s.least[0] {
			break
		}
	}
	c.met = int32(n)
	return false
}

// overlapping is the intersection of two boxes, each two corners in any order, over their union; 0 if one has no area.
func overlapping(a, b []float32) float32 {
	var low, high [2][2]float32 // of the boxes, y and x
	for i, box := range [][]float32{a, b} {
		for d := range 2 {
			low[i][d], high[i][d] = lesser(box[d], box[d+2]), greater(box[d], box[d+2])
		}
	}
	area := func(low, high [2]float32) float32 { return float32((high[0] - low[0]) * (high[1] - low[1])) }
	areaA, areaB := area(low[0], high[0]), area(low[1], high[1])
	if areaA <= 0 || areaB <= 0 {
		return 0
	}
	common := float32(1)
	for d := range 2 {
		common = float32(common * greater(lesser(high[0][d], high[1][d])-greater(low[0][d], low[1][d]), 0))
	}
	if union := areaA + areaB - common; union != 0 {
		return common / union
	}
	return 0
}

// lesser and greater are a where one is no number.
func lesser(a, b float32) float32 {
	if b < a {
		return b
	}
	return a
}

func greater(a, b float32) float32 {
	if a < b {
		return b
	}
	return a
}

// candidate is a box that may be chosen.
type candidate struct {
	index int32
	score float32
	met   int32 // how many of the chosen boxes it has been compared with
}

// candidates is a heap, the best score first. Of equal scores the one comes first that does in a std::priority_queue of
// GNU's library: TensorFlow Lite's answers are in that order.
type candidates []candidate

func (q *candidates) push(c candidate) {
	*q = append(*q, c)
	q.rise(len(*q)-1, c)
}

// rise puts c at place at, or at that of one that it is better than.
func (q candidates) rise(at int, c candidate) {
	for at > 0 && q[(at-1)/2].score < c.score {
		q[at] = q[(at-1)/2]
		at = (at - 1) / 2
	}
	q[at] = c
}

// pop takes the best: the gap goes down to a leaf, and the last one rises from there.
func (q *candidates) pop() candidate {
	list := *q
	best, n := list[0], len(list)-1
	last := list[n]
	list = list[:n]
	*q = list
	if n == 0 {
		return best
	}
	gap := 0
	for child := 2; child <= n; child = 2*gap + 2 {
		if child == n || list[child].score < list[child-1].score {
			child--
		}
		list[gap], gap = list[child], child
	}
	list.rise(gap, last)
	return best
}
