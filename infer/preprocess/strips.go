package preprocess

import "github.com/inceptiond/inceptiond/capture/picture"

// strips are the loops of a processor with vectors of bytes and 16-bit words, for which words of 64 bits are no gain. A picture
// is done in strips of 8 rows, or 16: each is converted into planes of bytes, in the order that ordered says; tiles of them have
// the pairs of pixels of all rows side by side, so that a vector is scaled across in all of them; what comes out lies in a ring, two
// rows side by side, and is scaled down. The bytes of the tensor are those of plain Go.
type strips struct {
	block int // pixels that the loops do at once
	rows  int // of a strip

	chroma  func(dst *int16, pitch int, cb, cr *byte, step, n int, t *chromaTable)
	colours func(dst *byte, pitch int, luma *byte, step int, chroma *int16, chromaPitch, n int, t *lumaTable)
	mixed   func(dst *byte, pitch int, luma *byte, step int, near, far *int16, chromaPitch, n int, t *mixedTable)
	order   func(dst, src *byte, n int)
	split   func(first, second, third, src *byte, n int)
	tile    func(dst *int16, src *byte, pitch, n int)
	across  func(dst *int16, pitch int, tiles *int16, colour int, firsts, weights *int32, pairs, cells int)
	down    func(dst *byte, ring *int16, entries *entry, n, cells int, flip uint32)
}

const (
	mostBlock   = 64   // pixels, of all processors
	tileColumns = 16   // that the loop tile does at once
	downCells   = 16   // that the loop down may do at once
	sectionSize = 2048 // pixels of all rows that there are tiles of at once: three colours of two bytes each
)

//go:generate go run ../../internal/gen/strips -o strips_avx512_amd64.s
//go:generate go run ../../internal/gen/strips -o strips_avx2_amd64.s
//go:generate go run ../../internal/gen/strips -o strips_sse41_amd64.s

// strip is the memory of who does a band in strips.
type strip struct {
	*strips
	plan   *stripPlan
	picked *picture.Planes
	x0, x1 int // columns in use; x0 is even
	high   int // one past the last row in use

	pitch   int    // from a row of a plane to the next
	planes  []byte // of each row red, green and blue
	colour  int    // bytes from the tiles of a colour to those of the next; 0 if there is one
	tiles   []int16
	chroma  chromaStrip
	others  rowReader // what has no loops of its own
	words   []uint64
	ring    []int16 // pairs of rows, four by four
	entries []entry
	pixels  []byte // of one output row, red, green and blue
	last    [3 * mostBlock]byte
}

// entry is two rows of the ring, from a byte on, and their weights.
type entry struct {
	offset  int32
	weights [2]int16
}

// up is n, or the next multiple of step.
func up(n, step int) int { return (n + step - 1) / step * step }

// fit makes room for the rows of the plan, and starts a picture.
func (s *strip) fit(r *resampler) {
	s.plan, s.picked = &r.strip, r.planes
	s.x0, s.x1, s.high = r.across.low, r.across.high, r.down.high
	s.pitch = up(s.x1-s.x0, mostBlock) + mostBlock
	s.planes = grow(s.planes, 3*s.rows*s.pitch)
	pairs := s.plan.tilePairs
	s.tiles = grow(s.tiles, 3*2*s.rows*pairs)
	s.colour = 4 * s.rows * pairs
	if r.planes.Colour == picture.Grey {
		s.colour = 0
	}
	s.ring = grow(s.ring, s.plan.ringPairs*s.plan.pitch/2)
	s.pixels = grow(s.pixels, 3*up(s.plan.cells, downCells)+4)
	s.words = grow(s.words, s.x1-s.x0)
	s.chroma.start(r.planes, s.x0, s.x1)
	s.others.start(r.planes)
}

// scaleStrips is scaleBand.
func (r *resampler) scaleStrips(i int) {
	rows := len(r.down.first)
	from, end := i*rows/r.count, (i+1)*rows/r.count
	if from == end {
		return
	}
	s := &r.bands[i].strip
	s.fit(r)
	begin := int(r.down.first[from]) &^ 1
	next := begin // the first source row that is not in the ring
	for row := from; row < end; row++ {
		for next < int(r.down.first[row])+r.down.taps {
			s.fill(next, (next-begin)/2)
			next += s.rows
		}
		s.weigh(row, begin/2, r.target.flip)
		r.target.putPixels(row, s.pixels[:3*r.cells])
	}
}

// fill scales the strip from row y on across. pair is its first one since the ring was begun.
func (s *strip) fill(y, pair int) {
	for k := range min(s.rows, s.high-y) {
		s.read(k, y+k)
	}
	p := s.plan
	to := s.ring[pair%p.ringPairs*p.pitch/2:][:s.rows/2*p.pitch/2]
	begin, end := 0, 0 // columns that there are tiles of
	for i := range p.sections {
		t := &p.sections[i]
		s.makeTiles(t, begin, end)
		begin, end = t.column, max(end, t.columnEnd)
		tiles := &s.tiles[(2*int(p.firsts[t.cell])-begin)*s.rows]
		s.across(&to[8*t.cell], p.pitch, tiles, s.colour, &p.steps[t.cell], &p.weights[t.cell*p.pairs], p.pairs, t.cellEnd-t.cell)
	}
}

// makeTiles makes the tiles of a section, where there were those of columns from begin to end: what of these it needs is moved.
func (s *strip) makeTiles(t *section, begin, end int) {
	at := max(t.column, end)
	for c := range 3 {
		if c > 0 && s.colour == 0 {
			break
		}
		tiles := s.tiles[c*s.colour/2:]
		if t.column < end {
			copy(tiles, tiles[(t.column-begin)*s.rows:(end-begin)*s.rows])
		}
		if at < t.columnEnd {
			s.tile(&tiles[(at-t.column)*s.rows], &s.planes[c*s.pitch+at], 3*s.pitch, t.columnEnd-at)
		}
	}
}

// weigh makes an output row of the pairs of rows in the ring, which was begun with a certain one, and flips bits of its bytes.
func (s *strip) weigh(row, begin int, flip byte) {
	p := s.plan
	list := p.entries[p.begins[row]:p.begins[row+1]]
	s.entries = grow(s.entries, len(list))
	first := int(list[0].offset)
	at := (first - begin) % p.ringPairs // where that pair is in the ring; the next ones follow
	for i, e := range list {
		place := at + int(e.offset) - first
		if place >= p.ringPairs {
			place -= p.ringPairs
		}
		s.entries[i] = entry{int32(place * p.pitch), e.weights}
	}
	s.down(&s.pixels[0], &s.ring[0], &s.entries[0], len(list), up(p.cells, s.block/4), uint32(flip)*0x01010101)
}

// read makes planes of row y, the kth of its strip.
func (s *strip) read(k, y int) {
	at := s.planes[3*k*s.pitch:][:3*s.pitch]
	first, second, third := at[:s.pitch], at[s.pitch:2*s.pitch], at[2*s.pitch:]
	p := s.picked
	row := from(&p.Plane[0], y, s.x0)
	switch {
	case p.Colour == picture.Grey && p.Plane[0].Step == 1:
		s.readOne(first, row)
	case p.Colour == picture.RGB && p.Plane[0].Step == 3:
		s.readThree(first, second, third, row)
	case p.Colour == picture.BGR && p.Plane[0].Step == 3:
		s.readThree(third, second, first, row)
	case s.chroma.usable(p):
		s.readHalf(at, row, y)
	default:
		s.others.read(s.words, p, y, s.x0, s.x1)
		for i, v := range s.words {
			at := ordered(i)
			first[at], second[at], third[at] = byte(v), byte(v>>greenShift), byte(v>>blueShift)
		}
	}
}

// ordered is where pixel i is in a plane, or which one is there: of four, the two in the middle are exchanged. So the loop tile gets
// words of neighbours from 16 bits.
func ordered(i int) int { return i&^3 | i&1<<1 | i>>1&1 }

// from is what a plane has from column x of row y on: more than that row, so that loops may read whole blocks.
func from(p *picture.Plane, y, x int) []byte { return p.Pix[y*p.Stride+x*p.Step:] }

// wholeBlocks is how many of n samples, step bytes apart, loops may do that read so many bytes in blocks.
func wholeBlocks(n, block, step, bytes int) int { return min(up(n, block), bytes/(step*block)*block) }

// readOne takes bytes as they are. A last block that would reach beyond the plane is read from a copy.
func (s *strip) readOne(dst, src []byte) {
	n := s.x1 - s.x0
	whole := wholeBlocks(n, s.block, 1, len(src))
	if whole > 0 {
		s.order(&dst[0], &src[0], whole)
	}
	if whole < n {
		copy(s.last[:], src[whole:])
		s.order(&dst[whole], &s.last[0], s.block)
	}
}

// readThree splits pixels of three bytes, and reads a last block likewise.
func (s *strip) readThree(first, second, third, src []byte) {
	n := s.x1 - s.x0
	whole := wholeBlocks(n, s.block, 3, len(src))
	if whole > 0 {
		s.split(&first[0], &second[0], &third[0], &src[0], whole)
	}
	if whole < n {
		copy(s.last[:], src[3*whole:])
		s.split(&first[whole], &second[whole], &third[whole], &s.last[0], s.block)
	}
}

// readHalf adds luma, and chroma of row y, which has half the columns.
func (s *strip) readHalf(dst, luma []byte, y int) {
	k, l := chromaRows(s.picked, y)
	near, far := s.chroma.row(s.strips, k), s.chroma.row(s.strips, l)
	step := s.picked.Plane[0].Step
	n := s.x1 - s.x0
	whole := wholeBlocks(n, s.block, step, len(luma))
	if whole > 0 {
		s.addColours(dst, luma, near, far, whole)
	}
	if whole < n {
		copy(s.last[:], luma[step*whole:])
		s.addColours(dst[whole:], s.last[:], near[whole/2:], far[whole/2:], s.block)
	}
}

// addColours does so for n pixels.
func (s *strip) addColours(dst, luma []byte, near, far []int16, n int) {
	step, pitch := s.picked.Plane[0].Step, 2*s.chroma.pitch
	if s.picked.SubY == 2 {
		s.mixed(&dst[0], s.pitch, &luma[0], step, &near[0], &far[0], pitch, n, &s.chroma.table.mixed)
		return
	}
	s.colours(&dst[0], s.pitch, &luma[0], step, &near[0], pitch, n, &s.chroma.table.luma)
}
