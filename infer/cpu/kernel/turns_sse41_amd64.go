//go:build !purego

package kernel

import "encoding/binary"

// sseWindow is two steps that follow each other, of four columns.
type sseWindow struct {
	pairing
	steps   [2]sseWeights
	columns [sseTurn][windowSize]uint8 // their weights
}

// turn makes turned steps of those that would be words, and of the other if they need it, where it can. It returns the set of
// them. With one step, of count, the window would leave the segment.
func (w *sseWindow) turn(count int) (turned int) {
	if count < len(w.steps) {
		return 0
	}
	words, others := 0, 0
	for i := range w.steps {
		switch s := &w.steps[i]; {
		case s.wide:
		case s.words:
			words |= 1 << i
		default:
			others |= 1 << i
		}
	}
	if words == 0 {
		return 0
	}
	w.load()
	for _, set := range []int{words, words | others} {
		if w.pair(uint16(set&1*0xFF | set>>1*0xFF00)) {
			w.take(set)
			return set
		}
	}
	return 0
}

// load brings the weights of both steps together.
func (w *sseWindow) load() {
	w.known = 0
	if w.partnersOf == nil {
		w.partnersOf = func(a int) uint16 { return partnersSSE(&w.columns, a) }
	}
	for i := range w.steps {
		for j, x := range w.steps[i].columns {
			binary.LittleEndian.PutUint64(w.columns[j][i*sseStep:], x)
		}
	}
}

// partnersSSE has a bit for each element whose weights and those of element a add up to -128 … 128 in all columns, as signed
// bytes.
//
//go:noescape
func partnersSSE(columns *[sseTurn][windowSize]uint8, a int) uint16

// take makes the steps of a set of the pairs that were found.
func (w *sseWindow) take(set int) {
	from, pairs := w.steps[0].from, w.pairs[:]
	for i := range w.steps {
		if set>>i&1 == 0 {
			continue
		}
		s := sseWeights{segment: w.steps[i].segment, from: from}
		for k, p := range pairs[:sseStep/2] {
			s.mask[2*k], s.mask[2*k+1] = p[0], p[1]
		}
		pairs = pairs[sseStep/2:]
		for j := range w.columns {
			var chosen [sseStep]uint8
			for k, at := range s.mask {
				chosen[k] = w.columns[j][at]
			}
			s.set(j, binary.LittleEndian.Uint64(chosen[:]))
		}
		w.steps[i] = s
	}
}
