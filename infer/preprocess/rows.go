package preprocess

import "github.com/inceptiond/inceptiond/capture/picture"

// rowReader reads planes row by row as words (see colour.go). It owns the memory for chroma.
type rowReader struct {
	loops   *loops
	colours *colours
	table   *yccTable // the one of the picture

	// The chroma of the last two rows of its plane, converted; row k is at k % 2. Before the first and after the last
	// sample there is one more: the neighbour, or at the picture's edge the sample itself.
	chroma [2][]uint64
	held   [2]int // which rows these are; -1 for none
}

// colours has the tables for the ranges of luma; it does not change.
type colours struct{ full, limited *yccTable }

func newColours() colours {
	return colours{full: newYCC(0, 255, 255), limited: newYCC(16, 235, 224)}
}

// start prepares for the rows of p.
func (r *rowReader) start(p *picture.Planes) {
	r.held = [2]int{-1, -1}
	r.table = r.colours.limited
	if p.Colour == picture.YCC {
		r.table = r.colours.full
	}
}

// read converts columns x0 to x1 of row y into dst, which has x1-x0 words. x0 is even, and x0 and x1 are the same for
// all rows from one start to the next.
func (r *rowReader) read(dst []uint64, p *picture.Planes, y, x0, x1 int) {
	switch p.Colour {
	case picture.Grey:
		readGrey(dst, p.Plane[0].Row(y, x0, x1, 1))
	case picture.RGB:
		r.loops.readRGB(dst, p.Plane[0].Row(y, x0, x1, 3))
	case picture.BGR:
		readBGR(dst, p.Plane[0].Row(y, x0, x1, 3))
	default:
		luma := &p.Plane[0]
		near, far := chromaRows(p, y)
		a, b := r.chromaRow(p, near, x0, x1), r.chromaRow(p, far, x0, x1)
		if p.SubX == 2 {
			r.loops.readHalf(r.table, dst, luma.Row(y, x0, x1, 1), luma.Step, a, b)
		} else {
			r.table.readFull(dst, luma.Row(y, x0, x1, 1), luma.Step, a[1:], b[1:])
		}
	}
}

// chromaRows is the chroma row that pixel row y lies in, and the other one that it is next to: the same at the
// picture's edge, and if chroma has all rows.
func chromaRows(p *picture.Planes, y int) (near, far int) {
	if p.SubY == 1 {
		return y, y
	}
	near = y / 2
	far = near - 1 + y%2*2
	return near, min(max(far, 0), (p.Height-1)/2)
}

// chromaRow returns row k of the chroma planes for pixel columns x0 to x1, as described at rowReader.chroma.
func (r *rowReader) chromaRow(p *picture.Planes, k, x0, x1 int) []uint64 {
	slot := k & 1
	if r.held[slot] == k {
		return r.chroma[slot]
	}
	from, to, last := x0, x1-1, p.Width-1
	if p.SubX == 2 {
		from, to, last = from/2, to/2, last/2
	}
	out := grow(r.chroma[slot], to-from+3)
	r.chroma[slot], r.held[slot] = out, k
	first, end := max(from-1, 0), min(to+1, last)+1
	at := first - (from - 1) // 1 where the left neighbour is missing
	cb, cr := &p.Plane[1], &p.Plane[2]
	n := end - first
	r.loops.convert(r.table, out[at:at+n], cb.Row(k, first, end, 1), cr.Row(k, first, end, 1), cb.Step)
	out[0] = out[at]
	if at+n < len(out) {
		out[at+n] = out[at+n-1]
	}
	return out
}
