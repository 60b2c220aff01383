package preprocess

import (
	"encoding/binary"

	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer"
)

// resampler scales a picture into a tensor: each source row across, then those rows down. Only the last few rows are
// kept.
type resampler struct {
	across, down axis
	words        []uint64   // one source row, packed
	ring         [][]uint64 // rows scaled across; source row y is at y % down.taps
	sum          []uint64   // one output row
	rows         rowReader
}

// plan prepares for pictures of w by h pixels and layout l.
func (r *resampler) plan(l *layout, w, h int) {
	r.across.plan(l.x, w, acrossBits)
	r.across.low &^= 1 // chroma comes in pairs
	r.across.planSweep(l.x)
	r.down.plan(l.y, h, downBits)
	r.words = grow(r.words, r.across.high-r.across.low)
	r.sum = grow(r.sum, 2*l.x.n)
	r.ring = grow(r.ring, r.down.taps)
	for i := range r.ring {
		r.ring[i] = grow(r.ring[i], 2*l.x.n)
	}
}

// run scales p and hands each output row, packed as accumulate leaves it, to t.
func (r *resampler) run(p *picture.Planes, t *target) {
	r.rows.start(p)
	next := 0 // the first source row that is not in the ring
	taps := r.down.taps
	for i, first := range r.down.first {
		for next = max(next, int(first)); next < int(first)+taps; next++ {
			r.rows.read(r.words, p, next, r.across.low, r.across.high)
			r.across.scaleRow(r.ring[next%taps], r.words)
		}
		weights := r.down.weights[i*taps : (i+1)*taps]
		half := uint64(1 << 23)
		for j := range r.sum {
			r.sum[j] = half | half<<32
		}
		for k, w := range weights {
			if w != 0 {
				accumulate(r.sum, r.ring[(int(first)+k)%taps], uint64(w))
			}
		}
		t.put(i, r.sum)
	}
}

// rounding makes lanes round to nearest when store shortens them.
const rounding = 1 << (acrossBits - 8 - 1) * each

// scaleRow scales one row of words, which starts at column a.low, across.
func (a *axis) scaleRow(dst, src []uint64) {
	if a.shrinks {
		a.sweep(dst, src)
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
	for i := range t.spec.Elements() / t.channels {
		t.set(i, c[0], c[1], c[2])
	}
}

// luma is the brightness of a colour: BT.601 weights in 16.16 fixed point, which add up to 1.
func luma(r, g, b byte) byte {
	return byte((uint32(r)*19595 + uint32(g)*38470 + uint32(b)*7471 + 1<<15) >> 16)
}
