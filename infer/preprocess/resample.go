package preprocess

import (
	"encoding/binary"

	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer"
)

// bandsPerThread is how many bands each thread finds, so that one that is held up does not hold up all.
const bandsPerThread = 2

// resampler scales a picture into a tensor: each source row across, then those rows down. It does so in bands of output
// rows, which may be done by several threads at once; a band reads the few source rows again that it shares with the one
// before.
type resampler struct {
	loops        *loops
	strip        stripPlan
	tables       *stripTables
	across, down axis
	cells        int // of an output row
	colours      colours
	bands        []band

	// The run under way, for piece.
	planes *picture.Planes
	target *target
	count  int         // of bands
	piece  func(i int) // does band i
}

// band is the memory of who does a band. Only the last few source rows are kept.
type band struct {
	words []uint64   // one source row, packed
	ring  [][]uint64 // rows scaled across; source row y is at y % down.taps
	sum   []uint64   // one output row
	rows  rowReader
	strip strip
}

func newResampler(l *loops) *resampler {
	r := &resampler{loops: l, colours: newColours()}
	r.piece = r.scaleBand
	if l.strips != nil {
		r.piece, r.tables = r.scaleStrips, newStripTables(r.colours)
	}
	return r
}

// plan prepares for pictures of w by h pixels and layout l.
func (r *resampler) plan(l *layout, w, h int) {
	r.across.plan(l.x, w, acrossBits)
	r.across.low &^= 1 // chroma comes in pairs
	r.across.planSweep(l.x)
	r.down.plan(l.y, h, downBits)
	if s := r.loops.strips; s != nil {
		r.strip.plan(&r.across, &r.down, s.rows)
	}
	r.cells = l.x.n
}

// run scales p into t, in bands that the threads of helpers do; nil: in one.
func (r *resampler) run(p *picture.Planes, t *target, helpers infer.Sharer) {
	r.count = 1
	if helpers != nil && helpers.Threads() > 1 {
		r.count = min(bandsPerThread*helpers.Threads(), len(r.down.first))
	}
	for len(r.bands) < r.count {
		reader := rowReader{loops: r.loops, colours: &r.colours}
		r.bands = append(r.bands, band{
			rows:  reader,
			strip: strip{strips: r.loops.strips, chroma: chromaStrip{tables: r.tables}, others: reader},
		})
	}
	r.planes, r.target = p, t
	if r.count == 1 {
		r.piece(0)
	} else {
		helpers.Share(r.count, r.piece)
	}
	r.planes, r.target = nil, nil
}

// fit makes room for the rows of the plan.
func (b *band) fit(r *resampler) {
	b.words = grow(b.words, r.across.high-r.across.low)
	b.sum = grow(b.sum, 2*r.cells)
	b.ring = grow(b.ring, r.down.taps)
	for i := range b.ring {
		b.ring[i] = grow(b.ring[i], 2*r.cells)
	}
}

// scaleBand hands the output rows of band i, packed as accumulate leaves them, to the target.
func (r *resampler) scaleBand(i int) {
	rows := len(r.down.first)
	b := &r.bands[i]
	b.fit(r)
	b.rows.start(r.planes)
	next := 0 // the first source row that is not in the ring
	for row := i * rows / r.count; row < (i+1)*rows/r.count; row++ {
		next = r.fill(b, max(next, int(r.down.first[row])), int(r.down.first[row])+r.down.taps)
		r.weigh(b, row)
		r.target.put(row, b.sum)
	}
}

// fill scales source rows from next on, up to end, across into the ring. It returns the first row that is not in there.
func (r *resampler) fill(b *band, next, end int) int {
	for ; next < end; next++ {
		b.rows.read(b.words, r.planes, next, r.across.low, r.across.high)
		r.scaleRow(b.ring[next%r.down.taps], b.words)
	}
	return next
}

// weigh makes an output row of the rows in the ring.
func (r *resampler) weigh(b *band, row int) {
	const half = uint64(1 << 23)
	for j := range b.sum {
		b.sum[j] = half | half<<32
	}
	first, taps := int(r.down.first[row]), r.down.taps
	for k, w := range r.down.weights[row*taps : (row+1)*taps] {
		if w != 0 {
			r.loops.accumulate(b.sum, b.ring[(first+k)%taps], uint64(w))
		}
	}
}

// rounding makes lanes round to nearest when store shortens them.
const rounding = 1 << (acrossBits - 8 - 1) * each

// scaleRow scales one row of words, which starts at column across.low, across.
func (r *resampler) scaleRow(dst, src []uint64) {
	a := &r.across
	if a.shrinks {
		r.loops.sweep(a, dst, src)
		return
	}
	for i, first := range a.first {
		w := a.weights[i*a.taps : (i+1)*a.taps]
		s := src[int(first)-a.low:][:len(w)]
		v := uint64(rounding)
		for k, weight := range w {
			v += s[k] * uint64(weight)
		}
		store(dst[2*i:], v)
	}
}

// store writes one pixel as two words in 32-bit lanes of 8.8 fixed point: red and green, then blue.
func store(dst []uint64, v uint64) {
	v >>= acrossBits - 8
	dst[0] = v&0xffff | v>>greenShift&0xffff<<32
	dst[1] = v >> blueShift & 0xffff
}

// target is a tensor with the way its cells are reached from the stored picture.
type target struct {
	spec     infer.TensorSpec
	channels int
	table    *table
	flips    bool   // the tensor is bytes of three channels, and all that the table does is to flip bits of them
	flip     byte   // which ones
	bytes    []byte // the caller's tensor
	layout   *layout
}

// put writes output row j, given as sums in lanes of 8.24 fixed point.
func (t *target) put(j int, sum []uint64) {
	l := t.layout
	cell := l.origin + j*l.stepY
	if t.channels == 3 && t.spec.Type != infer.Float32 {
		t.putBytes(cell, sum)
		return
	}
	for i := 0; i+1 < len(sum); i += 2 {
		t.set(cell, byte(sum[i]>>24), byte(sum[i]>>56), byte(sum[i+1]>>24))
		cell += l.stepX
	}
}

// putBytes is put for a tensor of colours in bytes, from a cell on.
func (t *target) putBytes(cell int, sum []uint64) {
	red, green, blue := &t.table[0], &t.table[1], &t.table[2]
	for i := 0; i+1 < len(sum); i += 2 {
		d := t.bytes[3*cell : 3*cell+3 : 3*cell+3]
		d[0], d[1], d[2] = byte(red[byte(sum[i]>>24)]), byte(green[byte(sum[i]>>56)]), byte(blue[byte(sum[i+1]>>24)])
		cell += t.layout.stepX
	}
}

// putPixels writes output row j, given as red, green and blue of each pixel, flipped if the table flips.
func (t *target) putPixels(j int, pixels []byte) {
	l := t.layout
	cell := l.origin + j*l.stepY
	switch {
	case t.flips && l.stepX == 1:
		copy(t.bytes[3*cell:], pixels)
	case t.channels == 3 && t.spec.Type != infer.Float32:
		red, green, blue := &t.table[0], &t.table[1], &t.table[2]
		for ; len(pixels) >= 3; pixels = pixels[3:] {
			d := t.bytes[3*cell : 3*cell+3 : 3*cell+3]
			d[0], d[1], d[2] = byte(red[pixels[0]^t.flip]), byte(green[pixels[1]^t.flip]), byte(blue[pixels[2]^t.flip])
			cell += l.stepX
		}
	case t.channels == 3:
		t.putFloats(cell, pixels)
	default:
		for ; len(pixels) >= 3; pixels = pixels[3:] {
			t.set(cell, pixels[0], pixels[1], pixels[2])
			cell += l.stepX
		}
	}
}

// putFloats is putPixels for a tensor of colours in float32, from a cell on.
func (t *target) putFloats(cell int, pixels []byte) {
	red, green, blue := &t.table[0], &t.table[1], &t.table[2]
	for ; len(pixels) >= 3; pixels = pixels[3:] {
		d := t.bytes[12*cell : 12*cell+12 : 12*cell+12]
		binary.LittleEndian.PutUint32(d, red[pixels[0]])
		binary.LittleEndian.PutUint32(d[4:], green[pixels[1]])
		binary.LittleEndian.PutUint32(d[8:], blue[pixels[2]])
		cell += t.layout.stepX
	}
}

// set writes one pixel.
func (t *target) set(cell int, r, g, b byte) {
	if t.channels == 1 {
		t.element(cell, 0, luma(r, g, b))
		return
	}
	if t.spec.Type != infer.Float32 {
		d := t.bytes[3*cell : 3*cell+3 : 3*cell+3]
		d[0], d[1], d[2] = byte(t.table[0][r]), byte(t.table[1][g]), byte(t.table[2][b])
		return
	}
	t.element(3*cell, 0, r)
	t.element(3*cell+1, 1, g)
	t.element(3*cell+2, 2, b)
}

// element writes element i of the tensor, which belongs to channel c.
func (t *target) element(i, c int, v byte) {
	if t.spec.Type == infer.Float32 {
		binary.LittleEndian.PutUint32(t.bytes[4*i:], t.table[c][v])
		return
	}
	t.bytes[i] = byte(t.table[c][v])
}

// fill colours every cell.
func (t *target) fill(c [3]uint8) {
	t.set(0, c[0], c[1], c[2])
	cells := t.spec.Elements() / t.channels
	for n := len(t.bytes) / cells; n < len(t.bytes); n *= 2 {
		copy(t.bytes[n:], t.bytes[:n])
	}
}

// luma is the brightness of a colour: BT.601 weights in 16.16 fixed point, which add up to 1.
func luma(r, g, b byte) byte {
	return byte((uint32(r)*19595 + uint32(g)*38470 + uint32(b)*7471 + 1<<15) >> 16)
}
