package preprocess

import (
	"math"

	"github.com/inceptiond/inceptiond/capture/picture"
)

// chromaStrip has the chroma of a picture's last two rows of it, as rowReader does, but in planes of 16-bit words: what red,
// green and blue get of a sample, in units of 1/64 level.
type chromaStrip struct {
	tables *stripTables
	table  *stripTable // the one of the picture
	planes *picture.Planes
	x0, x1 int
	pitch  int // words from plane to plane
	rows   [2]chromaRow
	last   [2][4 * mostBlock / 2]byte // of Cb and Cr
}

// chromaRow is row k of the planes, or of none: -1.
type chromaRow struct {
	words []int16
	k     int
}

// lead is so many words before a row that those that are converted are aligned where they begin at the picture's edge.
const lead = 31

func (c *chromaStrip) start(p *picture.Planes, x0, x1 int) {
	c.planes, c.x0, c.x1 = p, x0, x1
	c.table = &c.tables.limited
	if p.Colour == picture.YCC {
		c.table = &c.tables.full
	}
	if !c.usable(p) {
		return
	}
	c.pitch = lead + up((x1-x0)/2+3, mostBlock/2) + mostBlock/2 + 1
	for i := range c.rows {
		c.rows[i].k, c.rows[i].words = -1, grow(c.rows[i].words, 3*c.pitch)
	}
	for i := range c.last[0] {
		c.last[0][i], c.last[1][i] = 128, 128
	}
}

// usable tells whether there are loops for such a picture.
func (c *chromaStrip) usable(p *picture.Planes) bool {
	return (p.Colour == picture.YCC || p.Colour == picture.YCCLimited) && p.SubX == 2 && p.Plane[0].Step <= 2 && p.Plane[1].Step <= 4
}

// row is row k of the chroma planes, from the sample before the first one on.
func (c *chromaStrip) row(loops *strips, k int) []int16 {
	row := &c.rows[k&1]
	out := row.words[lead:]
	if row.k == k {
		return out
	}
	row.k = k
	s := chromaColumns(c.planes, c.x0, c.x1)
	cb, cr := &c.planes.Plane[1], &c.planes.Plane[2]
	c.convert(loops, out[s.at:], from(cb, k, s.first), from(cr, k, s.first), s.end-s.first)
	for i := range 3 {
		fillEdges(s, out[i*c.pitch:])
	}
	return out
}

// convert converts n samples. A last group that would reach beyond a plane is read from copies.
func (c *chromaStrip) convert(loops *strips, dst []int16, cb, cr []byte, n int) {
	step, group := c.planes.Plane[1].Step, loops.block/2
	whole := wholeBlocks(n, group, step, min(len(cb), len(cr)))
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
}

// lumaTable is what the loop colours needs: what luma is in all colours, in units of 1/256 level, is (base + factor*111*Y) >> 13. The
// assembly knows its layout.
type lumaTable struct{ factor, base vector }

// mixedTable is what the loop mixed needs, for units of 1/1024: luma is base + whole*Y + (Y+offset)*part>>16, with pairs of words:
// the second ones multiply Y<<8 by 1<<8 and shift, which is Y, and that by whole. The assembly knows its layout.
type mixedTable struct{ offset, part, factor, base vector }

// stripTable is yccTable for strips.
type stripTable struct {
	chroma chromaTable
	luma   lumaTable
	mixed  mixedTable
}

// stripTables are those of video and of full range.
type stripTables struct{ limited, full stripTable }

// newStripTables has numbers that were found by trying: all levels get what the tables have.
func newStripTables(c colours) *stripTables {
	return &stripTables{
		limited: stripTable{newChromaTable(255. / 224), newLumaTable(21999, -38020547), newMixedTable(c.limited, 1192, 21545, 19)},
		full:    stripTable{newChromaTable(1), newLumaTable(18893, 1056369), newMixedTable(c.full, 1024, 0, 0)},
	}
}

// newChromaTable makes words of what yccTable has in lanes. chroma is what newYCC calls 255/chroma.
func newChromaTable(chroma float64) chromaTable {
	const (
		kr, kb = 0.299, 0.114
		kg     = 1 - kr - kb
		unit   = 1 << 6
	)
	r, b := 2*(1-kr)*chroma*unit, 2*(1-kb)*chroma*unit
	return chromaTable{
		grey: all(128), crRed: newFactor(r), cbGreen: newFactor(-b * kb / kg), crGreen: newFactor(-r * kr / kg), cbBlue: newFactor(b),
	}
}

func newLumaTable(factor, base int) lumaTable {
	return lumaTable{factor: all(factor), base: pairs(base, base>>16)}
}

func newMixedTable(t *yccTable, whole, part, offset int) mixedTable {
	black := int(t.y[0]&(1<<greenShift-1)) - yOffset<<10
	base := black - offset*part>>16
	return mixedTable{offset: pairs(offset, 0), part: pairs(part, 1<<8), factor: pairs(1, whole), base: pairs(base, base>>16)}
}

// pairs is two words in turn.
func pairs(first, second int) (v vector) {
	for i := range v {
		v[i] = int16(first)
		if i%2 == 1 {
			v[i] = int16(second)
		}
	}
	return v
}
