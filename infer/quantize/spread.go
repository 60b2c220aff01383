package quantize

import "math"

// halfBins is how many bins a spread has on either side of 0.
const halfBins = 2048

// spread is how the numbers of a tensor lie, over all pictures.
type spread struct {
	low, high float32
	n         int64
	broken    int64 // that are no finite numbers

	limit float32             // a power of two: bins reach from -limit to limit
	bins  [2 * halfBins]int64 // of equal width

	lows, highs []float32 // by channel, the last dimension
	sums        []float64 // likewise
}

func newSpread(channels int) *spread {
	return &spread{limit: 0x1p-40, lows: make([]float32, channels), highs: make([]float32, channels), sums: make([]float64, channels)}
}

// add takes the numbers of one picture, whose channels change fastest.
func (s *spread) add(values []float32) {
	if len(values) == 0 {
		return
	}
	first := s.n == 0
	s.n += int64(len(values))
	if first {
		for c := range s.lows {
			s.lows[c], s.highs[c] = values[c], values[c]
		}
		s.low, s.high = values[0], values[0]
	}
	channels := len(s.lows)
	for row := values; len(row) > 0; row = row[channels:] {
		for c, v := range row[:channels] {
			if !(v-v == 0) {
				s.broken++
				continue
			}
			s.lows[c], s.highs[c] = min(s.lows[c], v), max(s.highs[c], v)
			s.sums[c] += float64(v)
		}
	}
	for c := range s.lows {
		s.low, s.high = min(s.low, s.lows[c]), max(s.high, s.highs[c])
	}
	if s.broken == 0 {
		s.count(values)
	}
}

// count puts numbers, all of which are finite, in their bins.
func (s *spread) count(values []float32) {
	for s.limit <= s.high || s.limit < -s.low {
		s.widen()
	}
	factor := halfBins / s.limit // exact: both are powers of two
	for _, v := range values {
		s.bins[halfBins+int(math.Floor(float64(v*factor)))]++
	}
}

// widen has the bins reach twice as far.
func (s *spread) widen() {
	s.limit *= 2
	var wide [2 * halfBins]int64
	for i, n := range s.bins {
		wide[halfBins/2+i/2] += n
	}
	s.bins = wide
}

// within is the range that leaves out, on each side of 0, at most a share of all numbers: those that are farthest out.
func (s *spread) within(share float64) (low, high float32) {
	most, width := int64(share*float64(s.n)), s.limit/halfBins
	high, low = s.high, s.low
	beyond := int64(0)
	for i := 2*halfBins - 1; i >= halfBins; i-- {
		if beyond += s.bins[i]; beyond > most {
			high = min(high, float32(i+1-halfBins)*width)
			break
		}
	}
	beyond = 0
	for i := 0; i < halfBins; i++ {
		if beyond += s.bins[i]; beyond > most {
			low = max(low, float32(i-halfBins)*width)
			break
		}
	}
	return low, high
}

// means is the average number of each channel.
func (s *spread) means() []float64 {
	list := make([]float64, len(s.sums))
	for c, sum := range s.sums {
		list[c] = sum / float64(s.n) * float64(len(s.sums))
	}
	return list
}

// dead counts the channels whose numbers are all the same.
func (s *spread) dead() (n int) {
	for c := range s.lows {
		if s.lows[c] == s.highs[c] {
			n++
		}
	}
	return n
}

// widest is the channel that reaches farthest, and how many times as far as the next one; 0: there is none, or it is
// the only one that is not 0.
func (s *spread) widest() (channel int, times float64) {
	var most, next float64
	for c := range s.lows {
		reach := float64(max(s.highs[c], -s.lows[c]))
		switch {
		case reach > most:
			channel, most, next = c, reach, most
		case reach > next:
			next = reach
		}
	}
	if next == 0 {
		return channel, 0
	}
	return channel, most / next
}

// finest is the range, no wider than that of all numbers and 0, whose 256 levels make the least mean square error: a narrower one has finer
// levels, and clips more.
func (s *spread) finest() (low, high float32) {
	const parts = 64
	low, high = min(s.low, 0), max(s.high, 0)
	for range 2 { // one end, then the other, and once more
		for _, end := range []*float32{&high, &low} {
			full := *end
			best, least := full, math.Inf(1)
			for k := parts / 16; k <= parts; k++ {
				*end = full * float32(k) / parts
				if e := s.squares(low, high); e < least {
					best, least = *end, e
				}
			}
			*end = best
		}
	}
	return low, high
}

// squares is the sum of squared errors of all numbers, if 256 levels are spread over a range. Those of 0 have no error.
func (s *spread) squares(low, high float32) (sum float64) {
	step, width := float64(high-low)/255, float64(s.limit)/halfBins
	for i, n := range s.bins {
		if n == 0 {
			continue
		}
		middle := (float64(i-halfBins) + 0.5) * width
		switch {
		case middle > float64(high):
			sum += float64(float64(n) * (middle - float64(high)) * (middle - float64(high)))
		case middle < float64(low):
			sum += float64(float64(n) * (middle - float64(low)) * (middle - float64(low)))
		case i == halfBins: // mostly the zeros that a ReLU leaves
		default:
			sum += float64(float64(n) * step * step / 12)
		}
	}
	return sum
}
