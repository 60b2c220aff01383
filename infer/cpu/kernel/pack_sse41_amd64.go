//go:build !purego

package kernel

import "encoding/binary"

// A panel of the SSE4.1 kernels, which begins at a multiple of 16 bytes, is up to four turns of 4 columns. Each is a list of steps, of 8 elements of a segment, in the
// order of its kinds:
//
//	counts  [8]uint16    // quads, couples, singles, words; bytes from here to the first step
//	offsets []int32      // bytes from a pixel's first element to each step's first; of couples and quads, of all
//	quads   [][4][4][8]int8
//	couples [][2][4][8]int8
//	singles [][4][8]int8
//	words   [][2][4][4]int16
//
// Products of bytes are exact where those of neighbours, by elements of at most 255, fit 16 bits when they are added:
// where the positive ones of two weights are at most 128 together, and the negative ones too. In couples, that is so of
// both steps' weights together, in quads of all four's. Words are the steps where it is not, or whose weights do not fit bytes.
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
	step     int
	columns  [sseTurn]uint64 // 8 weights, as bytes
	pos, neg [sseTurn]uint64 // four sums of neighbours of 16 bits: of positive ones, and of negative ones' magnitudes
	words    bool
}

const (
	sseLanes = 0x0001_0001_0001_0001
	sseOnes  = 0x0101_0101_0101_0101
	sseHigh  = 0x80 * sseOnes
)

// sseStep is step i of the columns from n on.
func (c *Columns) sseStep(n, i int) sseWeights {
	w := sseWeights{step: i}
	s, k := c.sseAt(i)
	zero, flip := uint64(uint8(c.Zero))*sseOnes, uint64(c.Flip)*sseOnes
	for j := range min(sseTurn, c.Width-n) {
		x := c.eight(n+j, s, k) ^ flip
		d := (x | sseHigh - zero&^sseHigh) ^ (x^^zero)&sseHigh // each byte less zero
		sign := d >> 7 & sseOnes
		// A difference leaves 8 bits where it is not negative though x is below zero, or the other way round.
		below := (^x&zero | (^x|zero)&d) >> 7 & sseOnes
		mask := sign * 0xFF
		pos, neg := d&^mask, (d^mask)&mask+sign
		w.columns[j], w.pos[j], w.neg[j] = d, neighbours(pos), neighbours(neg)
		w.words = w.words || sign != below || tooMuch(w.pos[j])|tooMuch(w.neg[j]) != 0
	}
	w.words = w.words || c.Zero < 0 || c.Zero > 255
	return w
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
	over := uint64(0)
	for j := range w.pos {
		over |= tooMuch(w.pos[j]+o.pos[j]) | tooMuch(w.neg[j]+o.neg[j])
	}
	return over == 0
}

// sseTurns is the steps of a turn by their kinds.
type sseTurns struct{ quads, couples, singles, words []sseWeights }

// append appends a turn.
func (t *sseTurns) append(list []uint8, c *Columns, n int) []uint8 {
	t.sort(c, n)
	order := binary.LittleEndian
	kinds := [][]sseWeights{t.quads, t.couples, t.singles, t.words}
	offsets := (4*c.Segments*c.sseSteps() + 15) / 16 * 16
	for _, n := range []int{len(t.quads) / 4, len(t.couples) / 2, len(t.singles), len(t.words), sseCounts + offsets, 0, 0, 0} {
		list = order.AppendUint16(list, uint16(n))
	}
	begin := len(list)
	for _, kind := range kinds {
		for i := range kind {
			s, k := c.sseAt(kind[i].step)
			list = order.AppendUint32(list, uint32(s*c.Pitch+k))
		}
	}
	list = append(list, make([]uint8, begin+offsets-len(list))...)
	for _, kind := range kinds[:3] {
		for i := range kind {
			for _, x := range kind[i].columns {
				list = order.AppendUint64(list, x)
			}
		}
	}
	for i := range t.words {
		s, k := c.sseAt(t.words[i].step)
		list = c.appendWords8(list, n, s, k)
	}
	return list
}

// sseAt is the segment of a step, and its first element there.
func (c *Columns) sseAt(step int) (s, k int) {
	return step / c.sseSteps(), step % c.sseSteps() * sseStep
}

// sort finds the steps of each kind.
func (t *sseTurns) sort(c *Columns, n int) {
	t.singles, t.words = t.singles[:0], t.words[:0]
	for i := range c.Segments * c.sseSteps() {
		if w := c.sseStep(n, i); w.words {
			t.words = append(t.words, w)
		} else {
			t.singles = append(t.singles, w)
		}
	}
	t.couples, t.singles = pairs(t.couples[:0], t.singles, 1)
	t.quads, t.couples = pairs(t.quads[:0], t.couples, 2)
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
func (c *Columns) appendWords8(list []uint8, n, s, k int) []uint8 {
	var step [2 * sseBytes]uint8
	for j := range min(sseTurn, c.Width-n) {
		for i := range min(sseStep, c.Segment-k) {
			binary.LittleEndian.PutUint16(step[i/4*sseBytes+(4*j+i%4)*2:], uint16(c.at(n+j, s, k+i)))
		}
	}
	return append(list, step[:]...)
}
