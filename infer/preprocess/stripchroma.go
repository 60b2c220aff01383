package preprocess

import (
	"math"

	"github.com/inceptiond/inceptiond/capture/picture"
)

// chromaStrip has the chroma of a picture's last two rows of it, as rowReader does, but in planes of 16-bit words: what red,
// green and blue get of a sample, in units of 1/64 level.
type chromaStrip struct {
	tables   *stripTables
	table    *stripTable // the one of the picture
	planes   *picture.Planes
	x0, x1   int
	pitch    int // words from plane to plane
	rows     [2]chromaRow
	blend    []int16            // two rows mixed, whose fourth plane is what is below the words of all three
	prepared []int16            // the one of these for the row of pixels at hand
	last     [2][4 * group]byte // of Cb and Cr
}

// chromaRow is row k of the planes, or of none: -1. Cb is from low to high, less 128.
type chromaRow struct {
	words     []int16
	k         int
	low, high int
}

// wide is a difference of two Cb that is too much for 16 bits. In video they lie between 16 and 240.
const wide = 254

// lead is so many words before a row that those that are converted are aligned where they begin at the picture's edge.
const lead = 15

// group is how many samples the loop chroma does at once.
const group = block / 2

func (c *chromaStrip) start(p *picture.Planes, x0, x1 int) {
	c.planes, c.x0, c.x1 = p, x0, x1
	c.table = &c.tables.limited
	if p.Colour == picture.YCC {
		c.table = &c.tables.full
	}
	if !c.usable(p) {
		return
	}
	c.pitch = lead + up((x1-x0)/2+3, group) + group + 1
	for i := range c.rows {
		c.rows[i].k, c.rows[i].words = -1, grow(c.rows[i].words, 3*c.pitch)
	}
	c.blend = grow(c.blend, 4*c.pitch)
	for i := range c.last[0] {
		c.last[0][i], c.last[1][i] = 128, 128
	}
}

// usable tells whether there are loops for such a picture.
func (c *chromaStrip) usable(p *picture.Planes) bool {
	return (p.Colour == picture.YCC || p.Colour == picture.YCCLimited) && p.SubX == 2 && p.Plane[0].Step <= 2 && p.Plane[1].Step <= 4
}

// prepare makes the chroma for row y of the picture, as far as it is mixed down. It tells whether there are loops for it.
func (c *chromaStrip) prepare(loops *strips, y int) bool {
	k, l := chromaRows(c.planes, y)
	near, far := c.row(loops, k), c.row(loops, l)
	if c.planes.Colour == picture.YCCLimited && max(near.high, far.high)-min(near.low, far.low) >= wide {
		return false
	}
	c.prepared = near.words[lead:]
	if c.planes.SubY == 2 {
		loops.blend(&c.blend[0], &near.words[0], &far.words[0], 2*c.pitch, c.pitch)
		c.prepared = c.blend[lead:]
	}
	return true
}

// row is row k of the chroma planes.
func (c *chromaStrip) row(loops *strips, k int) *chromaRow {
	row := &c.rows[k&1]
	if row.k == k {
		return row
	}
	row.k = k
	s := chromaColumns(c.planes, c.x0, c.x1)
	cb, cr := &c.planes.Plane[1], &c.planes.Plane[2]
	out := row.words[lead:]
	c.convert(loops, row, out[s.at:], from(cb, k, s.first), from(cr, k, s.first), s.end-s.first)
	for i := range 3 {
		fillEdges(s, out[i*c.pitch:])
	}
	return row
}

// convert converts n samples. A last group that would reach beyond a plane is read from copies.
func (c *chromaStrip) convert(loops *strips, row *chromaRow, dst []int16, cb, cr []byte, n int) {
	step := c.planes.Plane[1].Step
	whole := wholeBlocks(n, group, step, min(len(cb), len(cr)))
	row.low, row.high = 127, -128
	if whole > 0 {
		row.low, row.high = loops.chroma(&dst[0], 2*c.pitch, &cb[0], &cr[0], step, whole, &c.table.chroma)
	}
	if whole < n {
		copy(c.last[0][:], cb[step*whole:])
		copy(c.last[1][:], cr[step*whole:])
		low, high := loops.chroma(&dst[whole], 2*c.pitch, &c.last[0][0], &c.last[1][0], step, group, &c.table.chroma)
		row.low, row.high = min(row.low, low), max(row.high, high)
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
}

// lumaTable is what the loop colours needs. The assembly knows its layout. With x the luma plus offset, x*part is in the upper
// word what factor*x is short of, and has in the lower one the bits below: found by trying all offsets.
type lumaTable struct{ offset, part, factor, base vector }

// stripTable is yccTable for strips.
type stripTable struct {
	chroma chromaTable
	luma   lumaTable
}

// stripTables are those of video and of full range.
type stripTables struct{ limited, full stripTable }

func newStripTables(c colours) *stripTables {
	return &stripTables{
		limited: newStripTable(c.limited, 255./224, 74, 34115, 49101),
		full:    newStripTable(c.full, 1, 64, 0, 0),
	}
}

// newStripTable makes words of what a table has in lanes. chroma is what newYCC calls 255/chroma.
func newStripTable(t *yccTable, chroma float64, factor, part, offset int) stripTable {
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
		},
		luma: lumaTable{
			offset: all(offset), part: all(part), factor: all(factor), base: all(black - factor*offset - offset*part>>16),
		},
	}
}
