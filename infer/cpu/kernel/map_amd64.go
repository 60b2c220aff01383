//go:build !purego

package kernel

const (
	// minMapped is the fewest bytes that pay for preparing the table.
	minMapped = 96
	// maxMapped is the most vectors of a call.
	maxMapped = 1 << 13
)

// mapper is Map by vectors.
type mapper func(dst, src *uint8, pitch, count int, table *[256]uint8)

func (f mapper) list(dst, src []uint8, table *[256]uint8) {
	dst = dst[:len(src)]
	for len(src) >= minMapped {
		n := min(len(src)/16, maxMapped)
		f(&dst[0], &src[0], 16, n, table)
		dst, src = dst[16*n:], src[16*n:]
	}
	Map(dst, src, table)
}

func (f mapper) rows(data []uint8, pitch, count, n int, table *[256]uint8) {
	if count == 0 {
		return
	}
	whole := 0
	if 16*count >= minMapped {
		whole = n &^ 15
	}
	_ = data[(count-1)*pitch+n-1]
	for c := 0; c < whole; c += 16 {
		for p := 0; p < count; p += maxMapped {
			at := &data[p*pitch+c]
			f(at, at, pitch, min(maxMapped, count-p), table)
		}
	}
	for p := 0; p < count && whole < n; p++ {
		rest := data[p*pitch+whole:][:n-whole]
		Map(rest, rest, table)
	}
}

// mapAVX2 is, for at least 1 pixel,
//
//	for p := range count {
//		for c := range 16 {
//			dst[p*pitch+c] = table[src[p*pitch+c]]
//		}
//	}
//
//go:noescape
func mapAVX2(dst, src *uint8, pitch, count int, table *[256]uint8)
