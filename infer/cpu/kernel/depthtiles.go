package kernel

// DepthTiles is one block of a depthwise convolution, by 16-bit products: Count pixels of 16 channels, of which Width are
// written. The input lies in lines as that of [Tiles] does; 16 channels are read, whatever Width is.
// The fields are read by assembly: their order is part of it.
type DepthTiles struct {
	Lines  *int16 // the first pixel's first tap
	Step   int    // bytes from one pixel's to the next one's
	Count  int    // pixels
	Taps   *int   // where each tap lies, in bytes from the first, in pairs; of an odd last one the second does not count
	Pairs  int
	Panel  *int16 // weights, see DepthBlock.Panel
	Block  *DepthBlock
	Dst    *uint8
	Stride int // bytes from one pixel to the next in Dst
	Width  int // 1 to 16

	// For a window of 3x3, what lies between taps of a row and between rows, in bytes; 0 for others.
	Column, Row int
}

// DepthBlock is how the sums of 16 channels become bytes, by [Multiplier.HalfAway], in the form that vector code wants:
// channels 4 … 7 and 8 … 11 have changed places, see depthSlot.
type DepthBlock struct {
	bias, left, right, mask, zero [Panel]int32
	even, odd                     [2][4]int64 // multipliers of even and odd channels
	lo, hi                        [Panel]uint8
	away                          int32 // -1, or 0 to round half up as [Multiplier.HalfUp], which [RawSums] may want

	// If fast is set, (sum*mult + add) >> 32 >> shift does it, as in a Block: with limits that leave nothing below the zero
	// point, where the two roundings differ.
	fast            int32
	addEven, addOdd [2][4]int64
	shift           [Panel]int32
}

// depthSlot is the place of channel c of 16 among the sums.
func depthSlot(c int) int { return c&^12 | c&4<<1 | c&8>>1 }

// NewDepthBlocks prepares n channels, 16 in a block. weights is taps rows of n, less their zero point, za the input's.
func NewDepthBlocks(n int, weights []int16, bias []int32, za int32, out Output) []DepthBlock {
	blocks := NewSumBlocks(&out, HalfAway)
	for i := range n {
		sum := int32(0)
		for t := i; t < len(weights); t += n {
			sum += int32(weights[t])
		}
		blocks[i/Panel].bias[depthSlot(i%Panel)] = bias[i] - za*sum
	}
	return blocks
}

// NewSumBlocks prepares the columns of an output, 16 in a block, whose sums begin at 0.
func NewSumBlocks(out *Output, how Rounding) []DepthBlock {
	blocks := make([]DepthBlock, (len(out.Mult)+Panel-1)/Panel)
	for i, m := range out.Mult {
		b, at := &blocks[i/Panel], depthSlot(i%Panel)
		b.left[at], b.right[at], b.zero[at] = int32(m.Left&31), int32(m.Right&31), out.Zero
		b.mask[at] = 1<<(m.Right&31) - 1
		half := &b.even
		if at%2 == 1 {
			half = &b.odd
		}
		half[at/8][at%8/2] = int64(m.M)
	}
	for i := range blocks {
		b := &blocks[i]
		Fill(b.lo[:], uint8(out.Lo))
		Fill(b.hi[:], uint8(out.Hi))
		if how == HalfAway {
			b.away = -1
		}
		if part := out.Slice(i*Panel, min(Panel, len(out.Mult)-i*Panel)); part.Plain() && part.Rounds(how, HalfUp) {
			b.quicken(part)
		}
	}
	return blocks
}

// quicken prepares for the fast way.
func (b *DepthBlock) quicken(out *Output) {
	b.fast = 1
	for i, m := range out.Mult {
		at := depthSlot(i)
		b.shift[at] = int32(m.Right) - 1
		half := &b.addEven
		if at%2 == 1 {
			half = &b.addOdd
		}
		half[at/8][at%8/2] = int64(1)<<30 + int64(1)<<(30+m.Right) + int64(out.Zero)<<(31+m.Right)
	}
}

// DepthPanels arranges weights, taps rows of n, for blocks of 16 channels: pairs of taps, each for 16 sums.
func DepthPanels(n int, weights []int16) []int16 {
	taps := len(weights) / n
	size := (taps + 1) / 2 * 2 * Panel
	panels := make([]int16, (n+Panel-1)/Panel*size)
	for t := range taps {
		for c := range n {
			panels[c/Panel*size+(t/2*Panel+depthSlot(c%Panel))*2+t%2] = weights[t*n+c]
		}
	}
	return panels
}
