//go:build !purego

package kernel

import (
	"encoding/binary"
	"math/bits"
)

// A turned step is one of bytes whose 4 elements are chosen from 16 that follow each other, so that no two weights come
// together whose products could leave 16 bits: its kernel loads 16 elements and shuffles them. Its weights lie in a panel as
// those of other steps of bytes, and beside the offset of the 16 elements is which of them are taken, as 4 bytes.

// turn makes turned steps of those of first … end-1 of segment s that would be words, and of their neighbours if they need
// them, where it can. The window is the last steps before end.
func (p *stepPacker) turn(c *Columns, kinds *stepKinds, s, first, end int) {
	w, from := &p.window, end-windowSteps
	at := s*c.perSegment() + from
	w.known, w.shift = 0, first-from
	fits := uint16(0) // elements of steps all whose weights are bytes
	for i, found := range p.found[at:][:windowSteps] {
		if found&noBytes == 0 {
			fits |= elementsOf(i)
		}
	}
	bad := w.elements(kinds, asWords) & fits
	if bad == 0 {
		return
	}
	planesOf(&w.planes, &p.bytes[at*stepBytes])
	for _, elements := range []uint16{bad, bad | w.elements(kinds, asBytes)&fits} {
		if w.count, w.tries = 0, 0; !w.match(elements) {
			continue
		}
		for i := range end - first {
			if elements&elementsOf(w.shift+i) != 0 {
				kinds[i] = asTurned
			}
		}
		for i := 0; i < w.count; i += 2 {
			p.putTurned(w, w.pairs[i], w.pairs[i+1], uint32(s*c.Pitch+from*stepSize))
		}
		return
	}
}

// putTurned appends a turned step of two pairs, whose window begins at an offset.
func (p *stepPacker) putTurned(w *turnedWindow, a, b [2]uint8, at uint32) {
	order := [stepSize]uint8{a[0], a[1], b[0], b[1]}
	n := len(p.turned)
	p.turned = append(p.turned, make([]uint8, stepBytes)...)
	turnStep(&p.turned[n], &w.planes, &order)
	p.turnedAt = append(binary.LittleEndian.AppendUint32(p.turnedAt, at), order[:]...)
}

// elementsOf has a bit for each element of step i of a window.
func elementsOf(i int) uint16 { return 0xF << (i * stepSize) }

// turnedWindow is the weights of 16 elements that follow each other, and how they are paired.
type turnedWindow struct {
	planes   [windowSize][Panel]uint8 // all columns of each element
	shift    int                      // steps before the first that is looked at
	known    uint16                   // elements whose partners were looked for
	partners [windowSize]uint16       // those that may be added to each
	pairs    [windowSize / 2][2]uint8
	count    int // of pairs
	tries    int
}

// maxTries bounds the search for pairs.
const maxTries = 64

// elements is those of the steps of a kind.
func (w *turnedWindow) elements(kinds *stepKinds, kind stepKind) uint16 {
	m := uint16(0)
	for i, k := range kinds[:windowSteps-w.shift] {
		if k == kind {
			m |= elementsOf(w.shift + i)
		}
	}
	return m
}

// match pairs all elements in left, if it finds out how.
func (w *turnedWindow) match(left uint16) bool {
	if left == 0 {
		return true
	}
	a := bits.TrailingZeros16(left)
	left &= left - 1
	if w.known>>a&1 == 0 {
		w.known |= 1 << a
		w.partners[a] = partnersOf(&w.planes, a)
	}
	for others := left & w.partners[a]; others != 0; others &= others - 1 {
		if w.tries++; w.tries > maxTries {
			return false
		}
		b := bits.TrailingZeros16(others)
		w.pairs[w.count] = [2]uint8{uint8(a), uint8(b)}
		w.count++
		if w.match(left &^ (1 << b)) {
			return true
		}
		w.count--
	}
	return false
}

// planesOf is
//
//	for i := range 4 {
//		for n := range 16 {
//			for k := range 4 {
//				planes[4*i+k][n] = steps[i*64+n*4+k]
//			}
//		}
//	}
//
//go:noescape
func planesOf(planes *[windowSize][Panel]uint8, steps *uint8)

// partnersOf has a bit for each element whose weights and those of element a add up to -128 … 128 in all columns, as signed
// bytes, so that 255 times each fit 16 bits.
//
//go:noescape
func partnersOf(planes *[windowSize][Panel]uint8, a int) uint16

// turnStep is
//
//	for n := range 16 {
//		for k := range 4 {
//			dst[n*4+k] = planes[order[k]][n]
//		}
//	}
//
//go:noescape
func turnStep(dst *uint8, planes *[windowSize][Panel]uint8, order *[stepSize]uint8)
