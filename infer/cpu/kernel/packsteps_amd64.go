//go:build !purego

package kernel

import "encoding/binary"

// A panel of a [Tiling] with Steps of 4 elements is a list of steps, each of 4 elements of a segment times 16 columns: first
// those whose weights are bytes, then turned ones, see turns_amd64.go, and last those whose weights are 16-bit words, because
// byte instructions would not be exact for them. Where a step's elements lie follows the weights, so steps come in any order:
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

	// windowSteps is how many steps are looked at together.
	windowSteps = windowSize / stepSize
)

// What gatherSteps finds of a step.
const (
	noBytes = 1 << iota // some weight less the zero point does not fit 8 bits
	clashes             // two weights of neighbours do not add up to -128 … 128, so that 255 times each leave 16 bits
)

// perSegment is how many steps a segment has.
func (c *Columns) perSegment() int { return (c.Segment + stepSize - 1) / stepSize }

// stepPacker is the memory in which lists of steps are put together.
type stepPacker struct {
	rows   []uint8 // of a segment, padded
	found  []uint8 // of each step
	bytes  []uint8 // weights of the panel's steps, then of those that stay bytes, then all of the panel
	turned []uint8 // of turned steps, and so on
	words  []uint8

	bytesAt, turnedAt, wordsAt []uint8
	window                     turnedWindow
}

// pack makes a list of the steps of a panel. Couples tells that products of neighbours are added in 16 bits, turns that
// neighbours may be chosen.
func (p *stepPacker) pack(c *Columns, couples, turns bool) []uint8 {
	p.gather(c)
	bad := uint8(noBytes)
	if couples {
		bad |= clashes
	}
	perSegment := c.perSegment()
	p.turned, p.words, p.bytesAt, p.turnedAt, p.wordsAt = p.turned[:0], p.words[:0], p.bytesAt[:0], p.turnedAt[:0], p.wordsAt[:0]
	kept := 0
	for s := range c.Segments {
		for first := 0; first < perSegment; first += windowSteps {
			end := min(first+windowSteps, perSegment)
			kinds := p.kinds(s*perSegment+first, end-first, bad)
			if turns && kinds != (stepKinds{}) && end >= windowSteps {
				p.turn(c, &kinds, s, first, end)
			}
			for i := first; i < end; i++ {
				kept = p.put(c, kinds[i-first], kept, s, i)
			}
		}
	}
	panel := append(append(p.bytes[:kept*stepBytes], p.turned...), p.words...)
	p.bytes = append(append(append(panel, p.bytesAt...), p.turnedAt...), p.wordsAt...)
	c.Turned, c.Words = len(p.turned)/stepBytes, len(p.words)/stepWords
	return p.bytes
}

// gather arranges all steps as bytes, and finds out which cannot be.
func (p *stepPacker) gather(c *Columns) {
	perSegment := c.perSegment()
	steps := c.Segments*perSegment + windowSteps // segments are gathered by whole windows
	p.bytes, p.found = grown(p.bytes, steps*stepBytes), grown(p.found, steps)
	windows := (c.Segment + windowSize - 1) / windowSize
	padded := c.Width < Panel || c.Segment%windowSize != 0
	if padded {
		p.rows = grown(p.rows, Panel*windows*windowSize)
		Fill(p.rows, uint8(c.Zero)^c.Flip)
	}
	for s := range c.Segments {
		rows, pitch := c.Weights[s*c.Segment:], c.Segments*c.Segment
		if padded {
			for n := range c.Width {
				copy(p.rows[n*windows*windowSize:], rows[n*pitch:][:c.Segment])
			}
			rows, pitch = p.rows, windows*windowSize
		}
		at := s * perSegment
		// The sign bit is changed, so that the instructions for signed bytes find what leaves them.
		gatherSteps(&p.bytes[at*stepBytes], &p.found[at], &rows[0], pitch, windows, c.Flip^0x80, uint8(c.Zero)^0x80)
	}
	if c.Zero < 0 || c.Zero > 255 {
		Fill(p.found, noBytes)
	}
}

// gatherSteps is, for at least 1 window,
//
//	for i := range windows*4 {
//		found[i] = …
//		for n := range 16 {
//			for k := range 4 {
//				dst[i*64+n*4+k] = (rows[n*pitch+i*4+k] ^ flip) - zero
//			}
//		}
//	}
//
// where found has noBytes if a difference of signed bytes leaves 8 bits, and clashes if two results of neighbours, k and k+1
// for an even k, are less than -128 or more than 128 together.
//
//go:noescape
func gatherSteps(dst, found, rows *uint8, pitch, windows int, flip, zero uint8)

// stepKind is how the weights of a step lie in a panel.
type stepKind uint8

const (
	asBytes stepKind = iota
	asTurned
	asWords
)

// stepKinds is those of the steps of a window.
type stepKinds [windowSteps]stepKind

// kinds is what becomes of count steps from one on, if nothing is turned: words where something that is bad was found.
func (p *stepPacker) kinds(from, count int, bad uint8) (kinds stepKinds) {
	for i, found := range p.found[from:][:count] {
		if found&bad != 0 {
			kinds[i] = asWords
		}
	}
	return kinds
}

// put appends step i of segment s to those of its kind; turned ones are there. It returns how many are kept as bytes.
func (p *stepPacker) put(c *Columns, kind stepKind, kept, s, i int) int {
	step := s*c.perSegment() + i
	at := uint32(s*c.Pitch + i*stepSize)
	switch kind {
	case asBytes:
		if kept != step {
			copy(p.bytes[kept*stepBytes:][:stepBytes], p.bytes[step*stepBytes:])
		}
		p.bytesAt = binary.LittleEndian.AppendUint32(p.bytesAt, at)
		return kept + 1
	case asWords:
		p.words = c.appendWords(p.words, s, i*stepSize)
		p.wordsAt = binary.LittleEndian.AppendUint32(p.wordsAt, at)
	}
	return kept
}

// appendWords appends weights k … k+3 of segment s of all columns, as words.
func (c *Columns) appendWords(list []uint8, s, k int) []uint8 {
	var step [stepWords]uint8
	size := min(stepSize, c.Segment-k)
	for n := range c.Width {
		for i, x := range c.Weights[(n*c.Segments+s)*c.Segment+k:][:size] {
			binary.LittleEndian.PutUint16(step[i%2*stepBytes+(n*2+i/2)*2:], uint16(int32(x^c.Flip)-c.Zero))
		}
	}
	return append(list, step[:]...)
}
