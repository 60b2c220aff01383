package cpu

// suppressor chooses boxes by their scores, best first, such that none overlaps a better one too much.
type suppressor struct {
	threshold float32 // lower scores are not chosen
	overlap   float32 // the most intersection over union
	most      int     // boxes that are chosen

	box   func(i int) corners // makes a box, when its turn comes
	queue []int32             // a heap of the boxes that remain, the best at the front
	kept  []int32
	boxes []corners // those kept
}

// run returns the indices of the boxes that are chosen, until the next run. Of equal scores the first comes first. A box with
// edges in the wrong order is not chosen.
func (s *suppressor) run(scores []float32) []int32 {
	s.queue, s.kept, s.boxes = s.queue[:0], s.kept[:0], s.boxes[:0]
	for i, score := range scores {
		if score >= s.threshold {
			s.queue = append(s.queue, int32(i))
		}
	}
	for i := len(s.queue)/2 - 1; i >= 0; i-- {
		s.sift(scores, i)
	}
	for len(s.queue) > 0 && len(s.kept) < s.most {
		next, last := s.queue[0], len(s.queue)-1
		s.queue[0] = s.queue[last]
		s.queue = s.queue[:last]
		s.sift(scores, 0)
		if b := s.box(int(next)); !(b.yMin > b.yMax || b.xMin > b.xMax) && !s.suppressed(&b) {
			s.kept, s.boxes = append(s.kept, next), append(s.boxes, b)
		}
	}
	return s.kept
}

// sift moves element i of the queue back until none behind it is better.
func (s *suppressor) sift(scores []float32, i int) {
	for q := s.queue; ; {
		child := 2*i + 1
		if child >= len(q) {
			return
		}
		if child+1 < len(q) && better(scores, q[child+1], q[child]) {
			child++
		}
		if !better(scores, q[child], q[i]) {
			return
		}
		q[i], q[child] = q[child], q[i]
		i = child
	}
}

func better(scores []float32, a, b int32) bool {
	return scores[a] > scores[b] || scores[a] == scores[b] && a < b
}

// suppressed tells whether a box overlaps one that is chosen too much.
func (s *suppressor) suppressed(b *corners) bool {
	for i := range s.boxes {
		if overlap(&s.boxes[i], b) > s.overlap {
			return true
		}
	}
	return false
}

// overlap is the intersection of two boxes over their union, 0 if one has no area. What is not a number compares false.
func overlap(a, b *corners) float32 {
	areaA := float32((a.yMax - a.yMin) * (a.xMax - a.xMin))
	areaB := float32((b.yMax - b.yMin) * (b.xMax - b.xMin))
	if areaA <= 0 || areaB <= 0 {
		return 0
	}
	common := float32(span(a.yMin, a.yMax, b.yMin, b.yMax) * span(a.xMin, a.xMax, b.xMin, b.xMax))
	return common / (areaA + areaB - common)
}

// span is the length that two intervals have in common.
func span(lowA, highA, lowB, highB float32) float32 {
	low, high := lowA, highA
	if lowA < lowB {
		low = lowB
	}
	if highB < highA {
		high = highB
	}
	if length := high - low; length > 0 {
		return length
	}
	return 0
}
