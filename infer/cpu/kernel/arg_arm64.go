//go:build !purego

package kernel

// argMax is [ArgMax] for bytes.
func argMax(dst []int32, src []uint8, n int) { argMaxBytes(dst, src, n, argMaxNEON, argMaxFewNEON) }

// argMaxNEON is, for n at least 16 and count at least 1, ArgMax of count rows.
//
//go:noescape
func argMaxNEON(dst *int32, src *uint8, n, count int)

// argMaxFewNEON is ArgMax of count rows, at least 1, of 1 to 15 numbers. It reads 16 bytes of each.
//
//go:noescape
func argMaxFewNEON(dst *int32, src *uint8, n, count int)
