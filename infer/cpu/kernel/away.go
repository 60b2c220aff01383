package kernel

import (
	"math"
	"slices"
)

// AwayBlock is how 64 channels of sums become bytes by [Multiplier.HalfAway], in the form that vector code wants. With s
// the sum, which begins at bias:
//
//	x = s*mult + add - (2^31 if s < 0)
//	y = int32(x >> 32) >> shift
//
// This is for the multipliers that a [Block] can express, see [Output.Plain]. (Where s is -1 and its product rounds to 0,
// a half is not 0's, but then 2^31 less makes no difference either.)
//
// Channels are in the order of awaySlot. How it is done is awayLimited where only numbers that are not below zero count, see
// [Output.Rounds]: then code may leave the 2^31 alone. It is awayQuick if all channels have Quicks, for any multipliers.
type AwayBlock struct {
	bias                [64]int32
	multEven, multOdd   [32]int64
	addEven, addOdd     [32]int64
	shift               [64]int32
	lo, hi              [64]uint8
	quickMult, quickAdd [64]float32
	how                 int64
}

const awayChannels = 64

// How an AwayBlock is done; assembly knows the numbers.
const (
	awayLimited = iota
	awayAll
	awayQuick
)

// awaySlot is the place of channel c of 64 among the sums: unpacking bytes twice leaves 4 channels of each of 4 lanes of
// 16 together.
func awaySlot(c int) int { return c&3 | c>>4<<2 | c>>2&3<<4 }

// newAwayBlock prepares channels, whose sums begin at bias; channel(i) is the number in out of channel i of 64.
func newAwayBlock(bias [64]int32, out *Output, channel func(i int) int) AwayBlock {
	var b AwayBlock
	for i := range bias {
		m := out.Mult[channel(i)]
		right, at := max(m.Right, 1), awaySlot(i)
		b.bias[at], b.shift[at] = bias[i], int32(right)-1
		mult, add := &b.multEven, &b.addEven
		if at%2 == 1 {
			mult, add = &b.multOdd, &b.addOdd
		}
		mult[at/2] = int64(m.M)
		add[at/2] = int64(1)<<30 + int64(1)<<(30+right) + int64(out.Zero)<<(31+right)
	}
	for i := range b.lo {
		b.lo[i], b.hi[i] = uint8(out.Lo), uint8(out.Hi)
	}
	if !out.Rounds(HalfAway, HalfUp) {
		b.how = awayAll
	}
	return b
}

// NewAwayPanel makes a [Depthwise.Panel] of 64 channels, with taps in fours.
func NewAwayPanel(n int, weights []int16, bias []int32, za int32, out *Output, channel func(i int) int) DepthPanel {
	taps, panels := awayTaps(n, channel, weights)
	return DepthPanel{Taps: taps, Panel: panels[0], Away: newAwaySums(n, weights, bias, za, out, channel)}
}

// NewAwayPair makes a [Depthwise.Pair] of 64 channels, with taps in fours: those of the upper row, and then for the same taps
// those of the lower one.
func NewAwayPair(n, row int, weights []int16, bias []int32, za int32, out *Output, channel func(i int) int) DepthPanel {
	none := make([]int16, row*n)
	taps, panels := awayTaps(n, channel, slices.Concat(weights, none), slices.Concat(none, weights))
	return DepthPanel{Taps: taps, Panel: slices.Concat(panels...), Away: newAwaySums(n, weights, bias, za, out, channel)}
}

// awayTaps arranges weights of 64 channels, several for each tap. A tap comes again with what does not fit 8 bits.
func awayTaps(n int, channel func(i int) int, weights ...[]int16) (taps []int, panels [][]uint8) {
	panels = make([][]uint8, len(weights))
	rest := make([][64]int16, len(weights))
	add := func(tap int) (more bool) {
		for k := range rest {
			panels[k] = addAway(panels[k], len(taps)%4, &rest[k])
			more = more || rest[k] != [64]int16{}
		}
		taps = append(taps, tap)
		return more
	}
	for tap := range len(weights[0]) / n {
		for i := range awayChannels {
			for k, w := range weights {
				rest[k][i] = w[tap*n+channel(i)]
			}
		}
		for add(tap) {
		}
	}
	for len(taps)%4 != 0 {
		add(taps[0])
	}
	return taps, panels
}

// addAway adds tap number at of four to a panel, with as much of the weights as fits 8 bits, which it takes from them.
func addAway(panel []uint8, at int, weights *[64]int16) []uint8 {
	if at == 0 {
		panel = append(panel, make([]uint8, 4*64)...)
	}
	four := panel[len(panel)-4*64:]
	for i, w := range weights {
		part := min(max(w, -128), 127)
		weights[i] -= part
		four[awaySlot(i)*4+at] = uint8(part)
	}
	return panel
}

// newAwaySums prepares 64 channels of n, with rows of weights.
func newAwaySums(n int, weights []int16, bias []int32, za int32, out *Output, channel func(i int) int) *AwayBlock {
	var starts [64]int32
	list := Output{Zero: out.Zero, Lo: out.Lo, Hi: out.Hi}
	most := int64(0)
	for i := range starts {
		c := channel(i)
		list.Mult = append(list.Mult, out.Mult[c])
		starts[i] = bias[c]
		for w := c; w < len(weights); w += n {
			starts[i] -= za * int32(weights[w])
		}
		most = max(most, int64(bias[c]), -int64(bias[c]))
	}
	b := newAwayBlock(starts, out, channel)
	most += int64(len(weights)/n) * math.MaxUint8 * math.MaxUint8
	quicks := list.Quicks(HalfAway, most, func(i int) (lo, hi int64) {
		c := channel(i)
		lo, hi = int64(bias[c]), int64(bias[c])
		for w := c; w < len(weights); w += n {
			x := int64(weights[w])
			lo, hi = lo+min(-int64(za)*x, int64(255-za)*x), hi+max(-int64(za)*x, int64(255-za)*x)
		}
		return lo, hi
	})
	for i, q := range quicks {
		at := awaySlot(i)
		b.bias[at] += q.shift
		b.quickMult[at], b.quickAdd[at], b.how = q.mult, q.add, awayQuick
	}
	return &b
}
