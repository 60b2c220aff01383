package preprocess

import (
	"math"

	"github.com/inceptiond/inceptiond/capture/picture"
)

// chromaStrip has the chroma of a picture's last two rows of it, as rowReader does, but in planes of 16-bit words: what red,
// green and blue get of a sample in units of 1/64 level, shifted right, and after these three what that shifts out.
type chromaStrip struct {
	tables *stripTables
	table  *stripTable // the one of the picture

	planes *picture.Planes
	x0, x1 int
	pitch  int // words from plane to plane
	rows   [2][]int16
	held   [2]int // which rows these are; -1 for none
	blend  []int16
	last   [2][4 * group]byte // of Cb and Cr
}

// group is how many samples the loop chroma does at once.
const group = block / 2

func (c *chromaStrip) start(p *picture.Planes, x0, x1 int) {
	c.planes, c.x0, c.x1 = p, x0, x1
	c.held = [2]int{-1, -1}
	full, blended := 0, 0
	if p.Colour == picture.YCC {
		full = 1
	}
	if p.SubY == 2 {
		blended = 1
	}
	c.table = &c.tables[full][blended]
	if !c.usable(p) {
		return
	}
	c.pitch = up((x1-x0)/2, block) + 2*block
	for i := range c.rows {
		c.rows[i] = grow(c.rows[i], 6*c.pitch)
	}
	c.blend = grow(c.blend, 6*c.pitch)
}

// usable tells whether there are loops for such a picture.
func (c *chromaStrip) usable(p *picture.Planes) bool {
	return (p.Colour == picture.YCC || p.Colour == picture.YCCLimited) && p.SubX == 2 && p.Plane[0].Step <= 2 && p.Plane[1].Step <= 4
}

// mixed is the chroma for row y of the picture, as far as it is mixed down.
func (c *chromaStrip) mixed(loops *strips, y int) []int16 {
	near, far := chromaRows(c.planes, y)
	a := c.row(loops, near)
	if c.planes.SubY == 1 {
		return a
	}
	b := c.row(loops, far)
	loops.blend(&c.blend[0], &a[0], &b[0], len(c.blend))
	return c.blend
}

// row is row k of the chroma planes.
func (c *chromaStrip) row(loops *strips, k int) []int16 {
	slot := k & 1
	if c.held[slot] == k {
		return c.rows[slot]
	}
	out := c.rows[slot]
	c.held[slot] = k
	s := chromaColumns(c.planes, c.x0, c.x1)
	cb, cr := &c.planes.Plane[1], &c.planes.Plane[2]
	c.convert(loops, out[s.at:], cb.Row(k, s.first, s.end, 1), cr.Row(k, s.first, s.end, 1), cb.Step, s.end-s.first)
	for i := range 6 {
		fillEdges(s, out[i*c.pitch:])
	}
	return out
}

// convert converts n samples. The last 16 are read from copies, beyond which there is memory.
func (c *chromaStrip) convert(loops *strips, dst []int16, cb, cr []byte, step, n int) {
	whole := len(cb) / (step * group) * group
	if whole > 0 {
		loops.chroma(&dst[0], 2*c.pitch, &cb[0], &cr[0], step, whole, &c.table.chroma)
	}
	if whole < n {
		copy(c.last[0][:], cb[step*whole:])
		copy(c.last[1][:], cr[step*whole:])
		loops.chroma(&dst[whole], 2*c.pitch, &c.last[0][0], &c.last[1][0], step, group, &c.table.chroma)
	}
}

// vector is a number in all words of a vector.
type vector [16]int16

func all(v int) (all vector) {
	for i := range all {
		all[i] = int16(v)
	}
	return all
}

// factor multiplies x, from -128 to 127, by a number of which only some bits fit into a word: whole*x + (part*x + 1<<14) >> 15.
type factor struct{ whole, part vector }

func newFactor(v float64) factor {
	whole := math.Round(v)
	return factor{all(int(whole)), all(int(math.Round((v - whole) * (1 << 15))))}
}

// chromaTable is what the loop chroma needs. The assembly knows its layout.
type chromaTable struct {
	grey                            vector // 128
	crRed, cbGreen, crGreen, cbBlue factor
	below                           vector // the bits that the shift shifts out
	shift                           uint64
}

// lumaTable is what the loop colours needs. The assembly knows its layout. With x the luma plus offset, x*part is in the upper
// word what factor*x is short of, and has in the lower one the bits below: found by trying all offsets.
type lumaTable struct {
	offset, part, factor, base vector
	shift, rest                uint64 // of what lies below, in chroma and, from 16 bits, in luma
}

// stripTable is yccTable for strips.
type stripTable struct {
	chroma chromaTable
	luma   lumaTable
}

// stripTables are those of video and of full range, each for chroma in all rows and for chroma that is blended.
type stripTables [2][2]stripTable

func newStripTables(c colours) *stripTables {
	t := new(stripTables)
	for blended, bits := range []int{2, 4} { // the weights of the samples of a pixel add up to 1<<bits
		t[0][blended] = newStripTable(c.limited, 255./224, 74, 34115, 49101, bits)
		t[1][blended] = newStripTable(c.full, 1, 64, 0, 0, bits)
	}
	return t
}

// newStripTable makes words of what a table has in lanes. chroma is what newYCC calls 255/chroma.
func newStripTable(t *yccTable, chroma float64, factor, part, offset, bits int) stripTable {
	const (
		kr, kb = 0.299, 0.114
		kg     = 1 - kr - kb
		unit   = 1 << 6
	)
	r, b := 2*(1-kr)*chroma*unit, 2*(1-kb)*chroma*unit
	black := (int(t.y[0]&(1<<greenShift-1)) - yOffset<<10) >> 4
	return stripTable{
		chroma: chromaTable{
			grey: all(128), crRed: newFactor(r), cbGreen: newFactor(-b * kb / kg), crGreen: newFactor(-r * kr / kg), cbBlue: newFactor(b),
			below: all(1<<bits - 1), shift: uint64(bits),
		},
		luma: lumaTable{
			offset: all(offset), part: all(part), factor: all(factor), base: all(black - factor*offset - offset*part>>16),
			shift: uint64(bits), rest: uint64(16 - bits),
		},
	}
}
