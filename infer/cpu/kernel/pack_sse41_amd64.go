//go:build !purego

package kernel

import (
	"encoding/binary"
	"slices"
)

// A panel of the SSE4.1 kernels, which begins at a multiple of 16 bytes, is up to four turns of 4 columns. Each is a list of steps, of 8 elements of a segment, in the
// order of its kinds:
//
//	counts  [8]uint16    // quads, couples, singles, the same turned, words; bytes from here to the first step
//	offsets []int32      // bytes from a pixel's first element to each step's first; of couples and quads, of all
//	quads   [][4][4][8]int8
//	couples [][2][4][8]int8
//	singles [][4][8]int8
//	turned  []struct { masks [4][16]int8; weights [4][4][8]int8 } // and so on, of 2, of 1
//	words   [][2][4][4]int16
//
// Products of bytes are exact where those of neighbours, by elements of at most 255, fit 16 bits when they are added:
// where the positive ones of two weights are at most 128 together, and the negative ones too. In couples, that is so of
// both steps' weights together, in quads of all four's. Turned steps choose their 8 elements from 16 that follow each other,
// to make it so. Words are the steps where it is not, or whose weights do not fit bytes.
const (
	sseTurn   = 4 // columns
	sseStep   = 8 // elements
	sseCounts = 16
	sseBytes  = sseTurn * sseStep // of a step
	sseReach  = 32                // how many singles are looked through for one that makes a couple
)

// ssePacker is the memory in which panels are put together.
type ssePacker struct {
	panel []uint8
	turn  sseTurns
}

// pack arranges weights less their zero point.
func (p *ssePacker) pack(c *Columns) []uint8 {
	p.panel = p.panel[:0]
	for n := 0; n < c.Width; n += sseTurn {
		p.panel = p.turn.append(p.panel, c, n)
	}
	return p.panel
}

// sseSteps is the number of steps of a segment.
func (c *Columns) sseSteps() int { return (c.Segment + sseStep - 1) / sseStep }

// sseWeights is a step of four columns.
type sseWeights struct {
	segment, from int             // where its elements lie
	mask          [sseStep]uint8  // of a turned one: which of those after from
	columns       [sseTurn]uint64 // 8 weights, as bytes
	pos, neg      [sseTurn]uint64 // four sums of neighbours of 16 bits: of positive ones, and of negative ones' magnitudes
	wide          bool            // weights do not fit bytes
	words         bool            // or they do, but not products of neighbours
}

const (
	sseLanes = 0x0001_0001_0001_0001
	sseOnes  = 0x0101_0101_0101_0101
	sseHigh  = 0x80 * sseOnes
)

// sseStep is step i of segment s of the columns from n on.
func (c *Columns) sseStep(n, s, i int) sseWeights {
	w := sseWeights{segment: s, from: i * sseStep, wide: c.Zero < 0 || c.Zero > 255}
	zero, flip := uint64(uint8(c.Zero))*sseOnes, uint64(c.Flip)*sseOnes
	for j := range min(sseTurn, c.Width-n) {
		x := c.eight(n+j, s, w.from) ^ flip
		d := (x | sseHigh - zero&^sseHigh) ^ (x^^zero)&sseHigh // each byte less zero
		// A difference leaves 8 bits where it is not negative though x is below zero, or the other way round.
		below := (^x&zero | (^x|zero)&d) >> 7 & sseOnes
		w.wide = w.wide || d>>7&sseOnes != below
		w.set(j, d)
	}
	w.words = w.words || w.wide
	return w
}

// set sets the weights of a column.
func (w *sseWeights) set(j int, x uint64) {
	sign := x >> 7 & sseOnes
	mask := sign * 0xFF
	pos, neg := x&^mask, (x^mask)&mask+sign
	w.columns[j], w.pos[j], w.neg[j] = x, neighbours(pos), neighbours(neg)
	w.words = w.words || tooMuch(w.pos[j])|tooMuch(w.neg[j]) != 0
}

// eight is the stored bytes of weights k … k+7 of segment s of column n; behind the segment's end they are zero.
func (c *Columns) eight(n, s, k int) uint64 {
	at := (n*c.Segments+s)*c.Segment + k
	if k+sseStep <= c.Segment {
		return binary.LittleEndian.Uint64(c.Weights[at:])
	}
	var rest [sseStep]uint8
	Fill(rest[:], uint8(c.Zero)^c.Flip)
	copy(rest[:], c.Weights[at:at+c.Segment-k])
	return binary.LittleEndian.Uint64(rest[:])
}

// neighbours adds the bytes of each word.
func neighbours(x uint64) uint64 { return x&(0xFF*sseLanes) + x>>8&(0xFF*sseLanes) }

// tooMuch has a bit of each word that is above 128.
func tooMuch(x uint64) uint64 { return (x + (0x7FFF-128)*sseLanes) & (0x8000 * sseLanes) }

// fits tells whether two steps make a couple.
func (w *sseWeights) fits(o *sseWeights) bool {
	for j := range w.pos {
		if tooMuch(w.pos[j]+o.pos[j])|tooMuch(w.neg[j]+o.neg[j]) != 0 {
			return false
		}
	}
	return true
}

// sseTurns is the steps of a turn by their kinds.
type sseTurns struct {
	plain, turned sseUnits
	words         []sseWeights
	window        sseWindow
}

// sseUnits is steps whose weights are bytes.
type sseUnits struct{ quads, couples, singles []sseWeights }

// append appends a turn.
func (t *sseTurns) append(list []uint8, c *Columns, n int) []uint8 {
	t.sort(c, n)
	order := binary.LittleEndian
	kinds := [...][]sseWeights{
		t.plain.quads, t.plain.couples, t.plain.singles, t.turned.quads, t.turned.couples, t.turned.singles, t.words,
	}
	units := [...]int{4, 2, 1, 4, 2, 1, 1}
	for i, kind := range kinds {
		list = order.AppendUint16(list, uint16(len(kind)/units[i]))
	}
	offsets := (4*c.Segments*c.sseSteps() + 15) / 16 * 16
	list = order.AppendUint16(list, uint16(sseCounts+offsets))
	begin := len(list)
	for _, kind := range kinds {
		for i := range kind {
			list = order.AppendUint32(list, uint32(kind[i].segment*c.Pitch+kind[i].from))
		}
	}
	list = append(list, make([]uint8, begin+offsets-len(list))...)
	for i, kind := range kinds[:6] {
		for unit := range slices.Chunk(kind, units[i]) {
			list = appendUnit(list, unit, i >= 3)
		}
	}
	for i := range t.words {
		list = c.appendWords8(list, n, &t.words[i])
	}
	return list
}

// appendUnit appends steps whose products are added in 16 bits.
func appendUnit(list []uint8, unit []sseWeights, turned bool) []uint8 {
	for i := range unit {
		if turned {
			list = append(append(list, unit[i].mask[:]...), unit[i].mask[:]...)
		}
	}
	for i := range unit {
		for _, x := range unit[i].columns {
			list = binary.LittleEndian.AppendUint64(list, x)
		}
	}
	return list
}

// sort finds the steps of each kind.
func (t *sseTurns) sort(c *Columns, n int) {
	t.plain.singles, t.turned.singles, t.words = t.plain.singles[:0], t.turned.singles[:0], t.words[:0]
	w, steps := &t.window, c.sseSteps()
	for s := range c.Segments {
		for i := 0; i < steps; i += len(w.steps) {
			count := min(len(w.steps), steps-i)
			for j := range count {
				w.steps[j] = c.sseStep(n, s, i+j)
			}
			t.put(w.steps[:count], w.turn(count))
		}
	}
	t.plain.combine()
	t.turned.combine()
}

// put takes steps, of which those of a set are turned.
func (t *sseTurns) put(steps []sseWeights, turned int) {
	for i := range steps {
		switch w := &steps[i]; {
		case turned>>i&1 != 0:
			t.turned.singles = append(t.turned.singles, *w)
		case w.words:
			t.words = append(t.words, *w)
		default:
			t.plain.singles = append(t.plain.singles, *w)
		}
	}
}

// combine makes couples of singles, and quads of couples.
func (u *sseUnits) combine() {
	u.couples, u.singles = pairs(u.couples[:0], u.singles, 1)
	u.quads, u.couples = pairs(u.quads[:0], u.couples, 2)
}

// pairs moves those of list that fit, size each, to paired: a partner is the first of the last ones before that fits. It
// returns both lists. The first of a group has the sums of all.
func pairs(paired, list []sseWeights, size int) (both, rest []sseWeights) {
	rest = list[:0]
	for i := 0; i < len(list); i += size {
		w := list[i]
		partner := max(0, len(rest)-sseReach*size)
		for partner < len(rest) && !w.fits(&rest[partner]) {
			partner += size
		}
		if partner == len(rest) {
			rest = append(rest, list[i:i+size]...)
			continue
		}
		first := len(paired)
		paired = append(append(paired, rest[partner:partner+size]...), list[i:i+size]...)
		for j := range w.pos {
			paired[first].pos[j] += w.pos[j]
			paired[first].neg[j] += w.neg[j]
		}
		rest = append(rest[:partner], rest[partner+size:]...)
	}
	return paired, rest
}

// appendWords8 appends a step's weights as words: the first four of each column, then the others.
func (c *Columns) appendWords8(list []uint8, n int, w *sseWeights) []uint8 {
	var step [2 * sseBytes]uint8
	for j := range min(sseTurn, c.Width-n) {
		for i := range min(sseStep, c.Segment-w.from) {
			binary.LittleEndian.PutUint16(step[i/4*sseBytes+(4*j+i%4)*2:], uint16(c.at(n+j, w.segment, w.from+i)))
		}
	}
	return append(list, step[:]...)
}
