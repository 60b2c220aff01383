package kernel

import (
	"encoding/binary"
	"math/bits"
)

// A turned step is one of bytes whose 4 elements are chosen from 16 that follow each other, so that no two weights come
// together whose products could leave 16 bits: its kernel loads 16 elements and shuffles them. Its weights lie in a panel as
// those of other steps of bytes, and beside the offset of the 16 elements is which of them are taken, as 4 bytes.
const turnWindow = 16

// turnedStep is a turned step: elements from+order[0], … of a segment.
type turnedStep struct {
	segment, from uint16
	order         [stepSize]uint8
}

// turn makes turned steps of those that would be words, and of their neighbours if they need them, where it can.
func (c *Columns) turn() {
	p := c.plan
	if c.Zero < 0 || c.Zero > 255 {
		return
	}
	perSegment := len(p.kinds) / c.Segments
	for s := range c.Segments {
		for first := 0; first < perSegment; first += turnWindow / stepSize {
			end := min(first+turnWindow/stepSize, perSegment)
			from := end*stepSize - turnWindow
			kinds := p.kinds[s*perSegment:][first:end]
			if from < 0 || bits.OnesCount16(elementsOf(kinds, asWords)) == 0 {
				continue // the window would leave the segment
			}
			w := turnedWindow{shift: first*stepSize - from}
			w.load(c, s, from)
			c.turnWindow(&w, kinds, s, from)
		}
	}
}

// turnWindow makes turned steps in one window, whose steps are of kinds.
func (c *Columns) turnWindow(w *turnedWindow, kinds []stepKind, s, from int) {
	bad := elementsOf(kinds, asWords) << w.shift & w.fits
	for _, elements := range []uint16{bad, (bad | elementsOf(kinds, asBytes)<<w.shift) & w.fits} {
		if w.count, w.tries = 0, 0; elements == 0 || !w.match(elements) {
			continue
		}
		for i := range kinds {
			if elements>>(w.shift+i*stepSize)&1 != 0 {
				kinds[i] = asTurned
			}
		}
		for i := 0; i < w.count; i += 2 {
			a, b := w.pairs[i], w.pairs[i+1]
			c.plan.turned = append(c.plan.turned, turnedStep{uint16(s), uint16(from), [stepSize]uint8{a[0], a[1], b[0], b[1]}})
		}
		return
	}
}

// elementsOf has a bit for each element of the steps of a kind.
func elementsOf(kinds []stepKind, kind stepKind) uint16 {
	m := uint16(0)
	for i, k := range kinds {
		if k == kind {
			m |= 0xF << (i * stepSize)
		}
	}
	return m
}

// turnedWindow is the weights of 16 elements that follow each other, and how they are paired.
type turnedWindow struct {
	shift    int                           // elements before the first step
	weights  [turnWindow][Panel / 4]uint64 // and turnBias, in lanes of 16 bits: 16 columns of each element
	fits     uint16                        // elements of steps all whose weights are bytes
	known    [turnWindow]uint16            // pairs of elements that were looked at
	together [turnWindow]uint16            // and those that may be added
	pairs    [turnWindow / 2][2]uint8
	count    int // of pairs
	tries    int
}

// maxTries bounds the search for pairs.
const maxTries = 64

// turnBias keeps lanes from going below zero, where they would touch others.
const turnBias = 256

// load fetches weights of a segment. Behind its end, and in columns that are none, they are 0.
func (w *turnedWindow) load(c *Columns, s, from int) {
	w.fits = 0xFFFF
	bias, check := uint64(turnBias-c.Zero)*lanes, newStepCheck(c, false)
	for first := 0; first < Panel; first += 4 {
		for half := 0; half < turnWindow; half += 8 {
			even, odd := [4]uint64{}, [4]uint64{}
			for i := range even {
				if even[i], odd[i] = turnBias*lanes, turnBias*lanes; first+i >= c.Width {
					continue
				}
				x := binary.LittleEndian.Uint64(c.window(first+i, s, from)[half:])
				if c.Zero != 128 && check.bad(x) != 0 {
					w.exclude(half, check.bad(x))
				}
				x ^= check.flip
				even[i], odd[i] = x&(0xFF*lanes)+bias, x>>8&(0xFF*lanes)+bias
			}
			transpose(&even)
			transpose(&odd)
			for i := range even {
				w.weights[half+2*i][first/4] = even[i]
				w.weights[half+2*i+1][first/4] = odd[i]
			}
		}
	}
}

// exclude notes which of the steps of 8 elements from first on have weights that are no bytes: those of elements that are
// bad, in 8 bits each.
func (w *turnedWindow) exclude(first int, bad uint64) {
	for ; bad != 0; bad &= bad - 1 {
		i := first + bits.TrailingZeros64(bad)/8
		w.fits &^= 0xF << ((i-w.shift)&^(stepSize-1) + w.shift)
	}
}

// transpose makes lane j of number i lane i of number j.
func transpose(m *[4]uint64) {
	const words, half = 0x0000FFFF_0000FFFF, 0xFFFFFFFF
	a, b := m[0]&words|m[1]&words<<16, m[0]>>16&words|m[1]&^words
	c, d := m[2]&words|m[3]&words<<16, m[2]>>16&words|m[3]&^words
	m[0], m[1], m[2], m[3] = a&half|c<<32, b&half|d<<32, a>>32|c&^half, b>>32|d&^half
}

// match pairs all elements in left, if it finds out how.
func (w *turnedWindow) match(left uint16) bool {
	if left == 0 {
		return true
	}
	a := bits.TrailingZeros16(left)
	left &= left - 1
	for others := left; others != 0; others &= others - 1 {
		b := bits.TrailingZeros16(others)
		if !w.fit(a, b) {
			continue
		}
		if w.tries++; w.tries > maxTries {
			return false
		}
		w.pairs[w.count] = [2]uint8{uint8(a), uint8(b)}
		w.count++
		if w.match(left &^ (1 << b)) {
			return true
		}
		w.count--
	}
	return false
}

// fit tells whether two elements may be added.
func (w *turnedWindow) fit(a, b int) bool {
	if w.known[a]>>b&1 == 0 {
		w.known[a] |= 1 << b
		if coupled(&w.weights[a], &w.weights[b]) {
			w.together[a] |= 1 << b
		}
	}
	return w.together[a]>>b&1 != 0
}

// coupled tells whether the sums of two elements' weights are -128 … 128 in all columns, so that 255 times each fit 16
// bits.
func coupled(a, b *[Panel / 4]uint64) bool {
	const low, high = (2*turnBias - 128) * lanes, (2*turnBias + 128) * lanes
	good := uint64(borrows)
	for i, x := range a {
		sum := x + b[i]
		good &= (sum | borrows - low) & (high | borrows - sum)
	}
	return good == borrows
}

// window is the stored bytes of weights from … of segment s of column n. Behind its end they are zero.
func (c *Columns) window(n, s, from int) *[turnWindow]uint8 {
	w := c.Weights[(n*c.Segments+s)*c.Segment:][from:c.Segment]
	if len(w) >= turnWindow {
		return (*[turnWindow]uint8)(w)
	}
	padded := new([turnWindow]uint8)
	Fill(padded[:], uint8(c.Zero)^c.Flip)
	copy(padded[:], w)
	return padded
}

// packTurned writes the weights of a turned step.
func (c *Columns) packTurned(dst []uint8, t turnedStep) {
	less := newLess(c)
	a, b, d, e := t.order[0]%turnWindow, t.order[1]%turnWindow, t.order[2]%turnWindow, t.order[3]%turnWindow
	for n := range c.Width {
		w := c.window(n, int(t.segment), int(t.from))
		x := uint32(w[a]) | uint32(w[b])<<8 | uint32(w[d])<<16 | uint32(w[e])<<24
		binary.LittleEndian.PutUint32(dst[n*stepSize:], less.zero(x))
	}
	clear(dst[c.Width*stepSize:])
}
