//go:build !arm && !arm64

package kernel

// Block is how 16 columns of sums become bytes, in the form that vector code wants. With s the sum, which begins at bias:
//
//	x = s*mult + add
//	y = int32(x >> 32) >> shift
//
// where add holds both roundings of [Multiplier.HalfUp] and the output's zero point. This is for multipliers that
// blockTakes, as nearly all are, see [Output.Plain].
type Block struct {
	bias              [Panel]int32
	multEven, multOdd [Panel / 2]int64 // of columns 0, 2, …, and 1, 3, …: 64-bit arithmetic takes every other sum
	addEven, addOdd   [Panel / 2]int64
	shift             [Panel]int32
	lo, hi            [64]uint8

	// If quick is 1, these do it, see Quick.
	quickMult, quickAdd [Panel]float32
	quick               int32
	_                   [15]int32
}

// NewBlock prepares up to 16 columns, whose sums begin at bias.
func NewBlock(bias []int32, out Output) Block {
	var b Block
	for i := range bias {
		m := out.Mult[i]
		right := max(m.Right, 1)
		add := int64(1)<<30 + int64(1)<<(30+right) + int64(out.Zero)<<(31+right)
		b.bias[i], b.shift[i] = bias[i], int32(right)-1
		mult, adds := &b.multEven, &b.addEven
		if i%2 == 1 {
			mult, adds = &b.multOdd, &b.addOdd
		}
		mult[i/2], adds[i/2] = int64(m.M), add
	}
	for i := len(bias); i > 0 && i < Panel; i++ {
		b.shift[i] = b.shift[i-1]
	}
	for i := range b.lo {
		b.lo[i], b.hi[i] = uint8(out.Lo), uint8(out.Hi)
	}
	return b
}

// Quicken makes b heed list, for a [Tiling] that takes such blocks.
func (b *Block) Quicken(list []Quick) {
	b.quick = 1
	for i, q := range list {
		b.bias[i] += q.shift
		b.quickMult[i], b.quickAdd[i] = q.mult, q.add
	}
}

// blockTakes tells whether a block can express m with an output's zero point: x must stay in 64 bits, and y has 33-Right
// of them. It is at most 2^(31-Right) away from zero. So a zero point of 0 leaves all shifts to the right, and any leaves
// those up to 23.
func blockTakes(m Multiplier, zero int32) bool {
	return m.Left == 0 && m.Right >= 1 && m.Right <= 31 && zero < 1<<(31-m.Right)
}
