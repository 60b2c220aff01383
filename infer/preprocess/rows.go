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
	s := chromaColumns(p, x0, x1)
	out := grow(r.chroma[slot], s.wanted)
	r.chroma[slot], r.held[slot] = out, k
	cb, cr := &p.Plane[1], &p.Plane[2]
	n := s.end - s.first
	r.loops.convert(r.table, out[s.at:s.at+n], cb.Row(k, s.first, s.end, 1), cr.Row(k, s.first, s.end, 1), cb.Step)
	fillEdges(s, out)
	return out
}

// chromaSpan is which columns of a chroma plane are read, from first up to end, and where in the row that is wanted they
// begin: at 1 where the left neighbour is missing.
type chromaSpan struct{ first, end, at, wanted int }

// chromaColumns is what pixel columns x0 to x1 need.
func chromaColumns(p *picture.Planes, x0, x1 int) chromaSpan {
	from, to, last := x0, x1-1, p.Width-1
	if p.SubX == 2 {
		from, to, last = from/2, to/2, last/2
	}
	s := chromaSpan{first: max(from-1, 0), end: min(to+1, last) + 1, wanted: to - from + 3}
	s.at = s.first - (from - 1)
	return s
}

// fillEdges makes the neighbours that are missing.
func fillEdges[T any](s chromaSpan, row []T) {
	row[0] = row[s.at]
	if end := s.at + s.end - s.first; end < s.wanted {
		row[end] = row[end-1]
	}
}
