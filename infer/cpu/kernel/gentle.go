package kernel

import "math"

// gentleRight is the shift of the multipliers that Gentle makes: blocks take it with any zero point.
const gentleRight = 22

// Gentle finds a multiplier for a channel whose own shifts further to the right than blocks can. Of sums lo … hi, offset
// added, it makes what m makes of them alone. Where a large shift leaves many results, and so more to be met than a
// shorter multiplier can, ok is false.
//
// Such channels are nearly dead: their weights are next to nothing compared with the output's scale, and their few sums
// give one result or two.
func (m Multiplier) Gentle(lo, hi int32, how Rounding) (gentle Multiplier, offset int32, ok bool) {
	const maxSteps = 16
	own := staircase{m, how}
	first, last := own.at(int64(lo)), own.at(int64(hi))
	switch {
	case m.Right <= gentleRight || m.Left != 0 || lo > hi || last-first > maxSteps:
		return m, 0, false
	case first == 0 && last == 0:
		return Multiplier{Right: 1}, 0, true
	}
	shorter := m.M >> (m.Right - gentleRight)
	for _, short := range []int32{shorter, shorter + 1} {
		g := staircase{Multiplier{M: short, Right: gentleRight}, how}
		if d := own.move(g, int64(lo), int64(hi)); d == int64(int32(d)) && own.same(g, int64(lo), int64(hi), d) {
			return g.Multiplier, int32(d), true
		}
	}
	return m, 0, false
}

// staircase is what a multiplier without a left shift makes of sums: it never falls.
type staircase struct {
	Multiplier
	how Rounding
}

func (s staircase) at(x int64) int32 {
	return s.Round(int32(x), s.how)
}

// step is the least int32 of which s makes y or more, 2^31 if there is none.
func (s staircase) step(y int32) int64 {
	low, high := int64(math.MinInt32), int64(math.MaxInt32)+1
	for low < high {
		if middle := (low + high) >> 1; s.at(middle) >= y {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return low
}

// move is how far apart g and s have the first step of s within lo … hi; without one, g's next step and lo.
func (s staircase) move(g staircase, lo, hi int64) int64 {
	first := s.at(lo)
	if s.at(hi) == first {
		return g.step(first) - lo
	}
	return g.step(first+1) - s.step(first+1)
}

// same tells whether g has the steps of s within lo … hi, all of them d further on.
func (s staircase) same(g staircase, lo, hi, d int64) bool {
	if lo+d < math.MinInt32 || hi+d > math.MaxInt32 || g.at(lo+d) != s.at(lo) || g.at(hi+d) != s.at(hi) {
		return false
	}
	for y := s.at(lo) + 1; y <= s.at(hi); y++ {
		if g.step(y) != s.step(y)+d {
			return false
		}
	}
	return true
}
