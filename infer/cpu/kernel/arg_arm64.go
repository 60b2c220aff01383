//go:build !purego

package kernel

// argMax16 is [ArgMax] for bytes.
func argMax16(dst []int32, src []uint8, n int) {
	if n < 16 || len(dst) == 0 {
		ArgMax(dst, src, n)
		return
	}
	_ = src[len(dst)*n-1]
	argMaxNEON(&dst[0], &src[0], n, len(dst))
}

// argMaxNEON is, for n at least 16 and count at least 1, ArgMax of count rows.
//
//go:noescape
func argMaxNEON(dst *int32, src *uint8, n, count int)
