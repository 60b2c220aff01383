package kernel

import "encoding/binary"

// A panel of a [Tiling] that is Listed is a list of steps, each of 4 elements of a segment times 16 columns: first those
// whose weights are bytes, then turned ones, see turns.go, and last those whose weights are 16-bit words, because byte
// instructions would not be exact for them. Where a step's elements lie follows the weights, so steps come in any order:
//
//	bytes   [Steps][16][4]int8        // 4 weights of each column
//	turned  [Turned][16][4]int8
//	words   [Words][2][16][2]int16    // weights 0 and 2 of each column, then 1 and 3
//	offsets [Steps]int32              // bytes from a pixel's first element to the step's first
//	offsets [Turned]struct { at int32; order [4]uint8 }
//	offsets [Words]int32
//
// Elements are bytes. For words a mask leaves numbers 0 and 2 of a step, as words, and a shift by 8 bits 1 and 3.
const (
	stepSize  = 4
	stepBytes = Panel * stepSize
	stepWords = 2 * stepBytes
)

// stepKind is how the weights of a step lie in a panel.
type stepKind uint8

const (
	asBytes stepKind = iota
	asTurned
	asWords
)

// stepPlan is what becomes of the steps of a panel.
type stepPlan struct {
	kinds  []stepKind   // in the order of the weights
	turned []turnedStep // which are as many as those of their kind
}

// Plan decides how weights are packed, where there is a choice.
func (t *Tiling) Plan(c *Columns) {
	if !t.Listed {
		return
	}
	c.plan = &stepPlan{kinds: c.stepKinds(t.Couples)}
	if t.Turns {
		c.turn()
	}
	c.Turned, c.Words = len(c.plan.turned), 0
	for _, k := range c.plan.kinds {
		if k == asWords {
			c.Words++
		}
	}
}

// listBytes is the size of a panel that is a list.
func (c *Columns) listBytes() int {
	steps := len(c.plan.kinds)
	return (steps-c.Words)*stepBytes + c.Words*stepWords + 4*(steps+c.Turned)
}

// packSteps arranges weights less their zero point as the list of steps that is planned.
func packSteps(panel []uint8, c Columns) {
	steps := len(c.plan.kinds)
	perSegment, plain := steps/c.Segments, steps-c.Turned-c.Words
	turned := panel[plain*stepBytes:]
	words := turned[c.Turned*stepBytes:]
	offsets := words[c.Words*stepWords:]
	turnedAt := offsets[4*plain:]
	wordsAt := turnedAt[8*c.Turned:]
	for i, kind := range c.plan.kinds {
		s, k := i/perSegment, i%perSegment*stepSize
		switch at := uint32(s*c.Pitch + k); kind {
		case asBytes:
			c.packBytes(panel[:stepBytes], s, k)
			binary.LittleEndian.PutUint32(offsets, at)
			panel, offsets = panel[stepBytes:], offsets[4:]
		case asWords:
			c.packWords(words[:stepWords], s, k)
			binary.LittleEndian.PutUint32(wordsAt, at)
			words, wordsAt = words[stepWords:], wordsAt[4:]
		}
	}
	for i, step := range c.plan.turned {
		c.packTurned(turned[i*stepBytes:][:stepBytes], step)
		binary.LittleEndian.PutUint32(turnedAt[8*i:], uint32(int(step.segment)*c.Pitch+int(step.from)))
		copy(turnedAt[8*i+4:], step.order[:])
	}
}

// packBytes writes the weights of a step as bytes.
func (c *Columns) packBytes(dst []uint8, s, k int) {
	less := newLess(c)
	at, pitch, whole := s*c.Segment+k, c.Segments*c.Segment, k+stepSize <= c.Segment
	for n := range c.Width {
		var x uint32
		if whole {
			x = binary.LittleEndian.Uint32(c.Weights[at+n*pitch:])
		} else {
			x = c.last(n, s, k)
		}
		binary.LittleEndian.PutUint32(dst[n*stepSize:], less.zero(x))
	}
	clear(dst[c.Width*stepSize:])
}

// less takes the zero point from 4 stored bytes at once, each of which wraps around.
type less struct{ flip, low, inverse uint32 }

const highBits = 0x80808080

func newLess(c *Columns) less {
	zero := uint32(uint8(c.Zero)) * 0x01010101
	return less{uint32(c.Flip) * 0x01010101, zero &^ highBits, ^zero & highBits}
}

func (l *less) zero(x uint32) uint32 {
	x ^= l.flip
	return (x | highBits - l.low) ^ (x&highBits ^ l.inverse)
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

// last is the stored bytes of weights k … k+3 of segment s of column n, of which some lie behind its end: these are zero.
func (c *Columns) last(n, s, k int) uint32 {
	var four [stepSize]uint8
	Fill(four[:], uint8(c.Zero)^c.Flip)
	copy(four[:], c.Weights[(n*c.Segments+s)*c.Segment:][k:c.Segment])
	return binary.LittleEndian.Uint32(four[:])
}

// stepKinds tells for each step whether its weights are to be words: where they do not fit bytes, or, for couples, where
// two products of neighbours and a byte each could leave 16 bits when they are added.
func (c *Columns) stepKinds(couples bool) []stepKind {
	perSegment := (c.Segment + stepSize - 1) / stepSize
	kinds := make([]stepKind, 0, c.Segments*perSegment)
	bad, check := make([]uint64, (perSegment+1)/2), newStepCheck(c, couples) // of two steps each
	for s := range c.Segments {
		clear(bad)
		for n := range c.Width {
			c.checkSegment(bad, &check, n, s)
		}
		for k := range perSegment {
			kind := asBytes
			if uint32(bad[k/2]>>(k%2*32)) != 0 {
				kind = asWords
			}
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// checkSegment adds to bad what check finds in a segment of a column.
func (c *Columns) checkSegment(bad []uint64, check *stepCheck, n, s int) {
	w := c.Weights[(n*c.Segments+s)*c.Segment:][:c.Segment]
	whole := len(w) / (2 * stepSize)
	for i := range bad[:whole] {
		bad[i] |= check.bad(binary.LittleEndian.Uint64(w[i*2*stepSize:]))
	}
	if rest := w[whole*2*stepSize:]; len(rest) > 0 {
		var eight [2 * stepSize]uint8
		Fill(eight[:], uint8(c.Zero)^c.Flip)
		copy(eight[:], rest)
		bad[whole] |= check.bad(binary.LittleEndian.Uint64(eight[:]))
	}
}

// stepCheck looks at the stored bytes of two steps at once, in 4 lanes of 16 bits: at even bytes, odd bytes, and sums of
// both. A bit above each lane's number is lost in a subtraction that goes below zero.
type stepCheck struct {
	flip            uint64
	lo, hi          uint64 // of a number
	lowSum, highSum uint64 // of two
}

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

// bad is not 0 in the halves whose weights are to be words. A bit is in the word of two bytes that it is about.
func (s *stepCheck) bad(x uint64) uint64 {
	x ^= s.flip
	even, odd := x&(0xFF*lanes), x>>8&(0xFF*lanes)
	sum := even + odd
	good := (even | borrows - s.lo) & (odd | borrows - s.lo) & (s.hi | borrows - even) & (s.hi | borrows - odd) &
		(sum | borrows - s.lowSum) & (s.highSum | borrows - sum)
	return ^good & borrows
}
