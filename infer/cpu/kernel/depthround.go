package kernel

// RoundBlock is how the sums of 16 channels become bytes by [Multiplier.HalfAway], in the form that code wants which has
// instructions for rounding. Multipliers of all kinds are welcome. Assembly knows the order of the fields.
type RoundBlock struct {
	bias, left, mult [16]int32
	right            [16]int32 // negative
	zero             [8]int16
	lo, hi           [16]uint8
	away             int64 // 0 if rounding half up makes no difference, and sums need no care
	nine             bool  // there are 9 taps, and away is 0
}

const roundChannels = 16

// NewRoundPanel makes a [Depthwise.Panel] of signed weights -127 … 127, a row of 16 for each of an even number of taps. Lines
// have signed bytes, 128 less than the tensor's.
func NewRoundPanel(n int, weights []int16, bias []int32, za int32, out *Output, channel func(i int) int) DepthPanel {
	b := new(RoundBlock)
	p := DepthPanel{Round: b}
	var sums [roundChannels]int32
	for tap := range len(weights) / n {
		var rest [roundChannels]int16
		for i := range rest {
			rest[i] = weights[tap*n+channel(i)]
			sums[i] += int32(rest[i])
		}
		for first := true; first || rest != [roundChannels]int16{}; first = false {
			p.addRow(tap, &rest)
		}
	}
	b.nine = len(p.Taps) == 9
	if len(p.Taps)%2 == 1 {
		p.addRow(p.Taps[0], new([roundChannels]int16))
	}
	for i := range b.bias {
		m := out.Mult[channel(i)]
		b.bias[i] = bias[channel(i)] - (za-128)*sums[i]
		b.left[i], b.mult[i], b.right[i] = int32(m.Left&31), m.M, -int32(m.Right&31)
		b.lo[i], b.hi[i] = uint8(out.Lo), uint8(out.Hi)
		// Only numbers below zero round differently, and these are limited to lo. A shift to the right keeps sums small.
		if m.Left != 0 || m.Right == 0 || out.Lo < out.Zero {
			b.away, b.nine = 1, false
		}
	}
	Fill(b.zero[:], int16(out.Zero))
	return p
}

// addRow adds a tap with as much of the weights as fits 8 bits, which it takes from them.
func (p *DepthPanel) addRow(tap int, weights *[roundChannels]int16) {
	p.Taps = append(p.Taps, tap)
	for i, w := range weights {
		part := min(max(w, -127), 127)
		weights[i] -= part
		p.Panel = append(p.Panel, uint8(part))
	}
}
