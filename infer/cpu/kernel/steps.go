package kernel

import "encoding/binary"

// A panel of a [Tiling] that is Listed is a list of steps, each of 4 consecutive elements of a segment times 16 columns:
// first those whose weights are bytes, then those whose weights are 16-bit words, because byte instructions would not be
// exact for them. Where a step's elements lie follows the weights, so steps come in any order:
//
//	bytes   [Steps][16][4]int8       // 4 weights of each column
//	words   [Words][2][16][2]int16   // weights 0 and 2 of each column, then 1 and 3
//	offsets [Steps+Words]int32       // bytes from a pixel's first element to the step's first
//
// Elements are bytes. For words a mask leaves numbers 0 and 2 of a step, as words, and a shift by 8 bits 1 and 3.
const (
	stepSize  = 4
	stepBytes = Panel * stepSize
	stepWords = 2 * stepBytes
)

// CountWords is how many steps of a panel want weights of 16 bits.
func (t *Tiling) CountWords(c *Columns) int {
	n := 0
	if t.Listed {
		for _, wide := range c.wideSteps(t.Couples) {
			if wide {
				n++
			}
		}
	}
	return n
}

// packSteps arranges weights less their zero point as a list of steps.
func (t *Tiling) packSteps(panel []uint8, c Columns) {
	wide := c.wideSteps(t.Couples)
	perSegment := t.Steps(c.Segment)
	bytes := len(wide) - c.Words
	words, offsets := panel[bytes*stepBytes:], panel[bytes*stepBytes+c.Words*stepWords:]
	wordOffsets := offsets[4*bytes:]
	for i, w := range wide {
		s, k := i/perSegment, i%perSegment*stepSize
		at := uint32(s*c.Pitch + k)
		if w {
			c.packWords(words[:stepWords], s, k)
			binary.LittleEndian.PutUint32(wordOffsets, at)
			words, wordOffsets = words[stepWords:], wordOffsets[4:]
			continue
		}
		c.packBytes(panel[:stepBytes], s, k)
		binary.LittleEndian.PutUint32(offsets, at)
		panel, offsets = panel[stepBytes:], offsets[4:]
	}
}

// packBytes writes the weights of a step as bytes.
func (c *Columns) packBytes(dst []uint8, s, k int) {
	const high = 0x80808080
	zero, flip := uint32(uint8(c.Zero))*0x01010101, uint32(c.Flip)*0x01010101
	clear(dst[c.Width*stepSize:])
	for n := range c.Width {
		x := c.four(n, s, k) ^ flip
		x = (x | high - zero&^high) ^ (x^^zero)&high // each byte less zero
		binary.LittleEndian.PutUint32(dst[n*stepSize:], x)
	}
}

// packWords writes the weights of a step as words.
func (c *Columns) packWords(dst []uint8, s, k int) {
	clear(dst)
	for n := range c.Width {
		for i := range min(stepSize, c.Segment-k) {
			x := uint16(c.at(n, s, k+i))
			binary.LittleEndian.PutUint16(dst[i%2*stepBytes+(n*2+i/2)*2:], x)
		}
	}
}

// four is the stored bytes of weights k … k+3 of segment s of column n; behind the segment's end they are zero.
func (c *Columns) four(n, s, k int) uint32 {
	at := (n*c.Segments+s)*c.Segment + k
	if k+stepSize <= c.Segment {
		return binary.LittleEndian.Uint32(c.Weights[at:])
	}
	var four [stepSize]uint8
	Fill(four[:], uint8(c.Zero)^c.Flip)
	copy(four[:], c.Weights[at:at+c.Segment-k])
	return binary.LittleEndian.Uint32(four[:])
}

// wideSteps tells for each step whether its weights are to be words: where they do not fit bytes, or, for couples, where
// two products of neighbours and a byte each could leave 16 bits when they are added.
func (c *Columns) wideSteps(couples bool) []bool {
	perSegment := (c.Segment + stepSize - 1) / stepSize
	wide := make([]bool, c.Segments*perSegment)
	check := newStepCheck(c, couples)
	for n := range c.Width {
		for s := range c.Segments {
			steps := wide[s*perSegment:][:perSegment]
			w := c.Weights[(n*c.Segments+s)*c.Segment:][:c.Segment]
			for ; len(w) >= 2*stepSize; w, steps = w[2*stepSize:], steps[2:] {
				if bad := check.bad(binary.LittleEndian.Uint64(w)); bad != 0 {
					steps[0] = steps[0] || uint32(bad) != 0
					steps[1] = steps[1] || bad>>32 != 0
				}
			}
			for i := range steps {
				four := uint64(c.four(n, s, (perSegment-len(steps)+i)*stepSize))
				steps[i] = steps[i] || check.bad(four|four<<32) != 0
			}
		}
	}
	return wide
}

// stepCheck looks at the stored bytes of two steps at once, in 4 lanes of 16 bits: at even bytes, odd bytes, and sums of
// both. A bit above each lane's number is lost in a subtraction that goes below zero.
type stepCheck struct {
	flip            uint64
	lo, hi          uint64 // of a number
	lowSum, highSum uint64 // of two
}

const (
	lanes   = 0x0001_0001_0001_0001
	borrows = 0x8000 * lanes
)

func newStepCheck(c *Columns, couples bool) stepCheck {
	zero := min(max(c.Zero, 0), 255)
	lane := func(x int32) uint64 { return uint64(max(x, 0)) * lanes }
	s := stepCheck{
		flip: uint64(c.Flip) * (lanes + lanes<<8),
		lo:   lane(zero - 128), hi: lane(zero + 127),
		lowSum: 0, highSum: lane(2 * 255),
	}
	if zero != c.Zero {
		s.lo = lane(256) // nothing fits
	}
	if couples { // 255 * 128 fits 16 bits, with either sign
		s.lowSum, s.highSum = lane(2*zero-128), lane(2*zero+128)
	}
	return s
}

// bad is not 0 in the halves whose weights are to be words.
func (s *stepCheck) bad(x uint64) uint64 {
	x ^= s.flip
	even, odd := x&(0xFF*lanes), x>>8&(0xFF*lanes)
	sum := even + odd
	good := (even | borrows - s.lo) & (odd | borrows - s.lo) & (s.hi | borrows - even) & (s.hi | borrows - odd) &
		(sum | borrows - s.lowSum) & (s.highSum | borrows - sum)
	return ^good & borrows
}
