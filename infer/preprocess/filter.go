package preprocess

import "math"

// Weights of the two passes add up to these. Across, three 8-bit channels share one 64-bit word in lanes of 21 bits:
// 8 + 13. Down, lanes are 32 bits: samples of 16 bits (8 of them fraction) times weights of 16.
const (
	acrossBits = 13
	downBits   = 16
)

// axis resamples along one axis: output i is the sum over k < taps of source sample first[i]+k times
// weights[i*taps+k].
type axis struct {
	taps    int
	first   []int32
	weights []uint32 // len(first) * taps; unused ones are 0
	low     int      // the first source sample in use
	high    int      // one past the last
	exact   []float64

	// The same for a sweep, if the axis shrinks: a sample then adds to no more than two outputs, the one whose centre
	// comes before it and the one whose centre comes after. pairs holds these two weights for the samples from low
	// on; centres[i] is where pairs change from output i-1 and i to i and i+1, and the last one is their end.
	shrinks bool
	pairs   [][2]uint32
	centres []int32
}

// plan computes the weights of a triangle filter for the stretch s of an axis of size samples. The filter is that of
// Pillow's BILINEAR with a box: its half width is one output cell, or one source sample when enlarging, and what
// falls off the picture's edge is left out of the sum, which is 1 << bits for each output.
func (a *axis) plan(s span, size, bits int) {
	scale := s.scale()
	reach := max(scale, 1)
	a.taps = min(int(math.Ceil(reach))*2+1, size)
	a.first = grow(a.first, s.n)
	a.weights = grow(a.weights, s.n*a.taps)
	a.exact = grow(a.exact, a.taps)
	a.low, a.high = size, 0
	for i := range a.first {
		centre := s.from + float64((float64(i)+0.5)*scale) // float64 keeps fused operations, which differ by machine, out
		from := max(int(math.Floor(centre-reach+0.5)), 0)
		to := min(int(math.Floor(centre+reach+0.5)), size)
		from = min(from, size-1)
		to = min(max(to, from+1), from+a.taps)
		sum := 0.0
		exact := a.exact[:to-from]
		for k := range exact {
			exact[k] = max(1-math.Abs(float64(from+k)+0.5-centre)/reach, 0)
			sum += exact[k]
		}
		first := min(from, size-a.taps) // all taps inside the axis, so that no read needs a check
		w := a.weights[i*a.taps : (i+1)*a.taps]
		clear(w)
		spread(w[from-first:], exact, sum, bits)
		a.first[i] = int32(first)
		a.low, a.high = min(a.low, first), max(a.high, first+a.taps)
	}
}

// planSweep computes pairs and centres, after plan for the same stretch.
func (a *axis) planSweep(s span) {
	a.shrinks = s.scale() >= 1
	if !a.shrinks {
		return
	}
	a.pairs = grow(a.pairs, a.high-a.low)
	clear(a.pairs)
	a.centres = grow(a.centres, s.n+1)
	for i, first := range a.first {
		centre := s.from + float64((float64(i)+0.5)*s.scale())
		x := min(max(int(math.Ceil(centre-0.5)), a.low), a.high)
		a.centres[i] = int32(x - a.low)
		for k, w := range a.weights[i*a.taps : (i+1)*a.taps] {
			switch at := int(first) + k; {
			case w == 0:
			case at < x:
				a.pairs[at-a.low][1] = w
			default:
				a.pairs[at-a.low][0] = w
			}
		}
	}
	a.centres[s.n] = int32(len(a.pairs))
}

// spread writes weights in proportion to exact, whose sum is given, rounded so that they add up to exactly 1 << bits:
// each is the difference of two rounded running sums.
func spread(w []uint32, exact []float64, sum float64, bits int) {
	if !(sum > 0) { // the centre lies on no sample's triangle: cannot be, but a picture of one colour must stay one
		w[0] = 1 << bits
		return
	}
	unit := float64(int(1)<<bits) / sum
	running, before := 0.0, uint32(0)
	for k, v := range exact {
		running += v
		now := uint32(math.Round(running * unit))
		w[k] = now - before
		before = now
	}
}

// grow returns a slice of n elements that keeps s's memory where it is large enough.
func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
