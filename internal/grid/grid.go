// Package grid makes maps of bytes smaller.
package grid

// Small appends a map to dst whose sides are at most side cells long: of width x height numbers in src, row by row, stride from
// the beginning of a row to that of the next. A cell has the number that is in its middle. It allocates nothing if dst has room.
func Small(dst, src []uint8, stride, width, height, side int) (small []uint8, w, h int) {
	w, h = min(width, side), min(height, side)
	for y := range h {
		row := src[middle(y, h, height)*stride:]
		for x := range w {
			dst = append(dst, row[middle(x, w, width)])
		}
	}
	return dst, w, h
}

// middle is which of many numbers is in the middle of cell i of few.
func middle(i, few, many int) int { return (2*i + 1) * many / (2 * few) }
