//go:build !purego

package kernel

// argMax is [ArgMax] for bytes.
func argMax(dst []int32, src []uint8, n int) { argMaxBytes(dst, src, n, argMaxSSE, argMaxFewSSE) }

// argMaxSSE is, for n at least 16 and count at least 1, ArgMax of count rows. It is without AVX, for all sets: there is nothing
// to gain from longer vectors.
//
//go:noescape
func argMaxSSE(dst *int32, src *uint8, n, count int)

// argMaxFewSSE is ArgMax of count rows, at least 1, of 1 to 15 numbers. It reads 16 bytes of each.
//
//go:noescape
func argMaxFewSSE(dst *int32, src *uint8, n, count int)
