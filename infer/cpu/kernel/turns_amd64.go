//go:build !purego

package kernel

import "encoding/binary"

// A turned step is one of bytes whose 4 elements are chosen from 16 that follow each other, so that no two weights come
// together whose products could leave 16 bits: its kernel loads 16 elements and shuffles them. Its weights lie in a panel as
// those of other steps of bytes, and beside the offset of the 16 elements is which of them are taken, as 4 bytes.

// turn makes turned steps of those of first … end-1 of segment s that would be words, and of their neighbours if they need
// them, where it can. The window is the last steps before end.
func (p *stepPacker) turn(c *Columns, kinds *stepKinds, s, first, end int) {
	w, from := p.turning(), end-windowSteps
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
		if !w.pair(elements) {
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

// turnedWindow is the weights of the elements of a window.
type turnedWindow struct {
	pairing
	planes [windowSize][Panel]uint8 // all columns of each element
	shift  int                      // steps before the first that is looked at
}

// turning is the memory for windows.
func (p *stepPacker) turning() *turnedWindow {
	w := &p.window
	if w.partnersOf == nil {
		w.partnersOf = func(a int) uint16 { return partnersOf(&w.planes, a) }
	}
	return w
}

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
