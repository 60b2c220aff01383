//go:build !purego

package kernel

import "math/bits"

// windowSize is how many elements that follow each other are paired.
const windowSize = 16

// pairing divides elements of a window into pairs whose weights may be added.
type pairing struct {
	partnersOf func(a int) uint16 // those of element a

	known    uint16 // elements whose partners were looked for
	partners [windowSize]uint16
	pairs    [windowSize / 2][2]uint8
	count    int // of pairs
	tries    int
}

// maxTries bounds the search for pairs.
const maxTries = 64

// pair pairs all elements of a set, if it finds out how.
func (p *pairing) pair(elements uint16) bool {
	p.count, p.tries = 0, 0
	return p.match(elements)
}

// match pairs all elements in left.
func (p *pairing) match(left uint16) bool {
	if left == 0 {
		return true
	}
	a := bits.TrailingZeros16(left)
	left &= left - 1
	if p.known>>a&1 == 0 {
		p.known |= 1 << a
		p.partners[a] = p.partnersOf(a)
	}
	for others := left & p.partners[a]; others != 0; others &= others - 1 {
		if p.tries++; p.tries > maxTries {
			return false
		}
		b := bits.TrailingZeros16(others)
		p.pairs[p.count] = [2]uint8{uint8(a), uint8(b)}
		p.count++
		if p.match(left &^ (1 << b)) {
			return true
		}
		p.count--
	}
	return false
}
