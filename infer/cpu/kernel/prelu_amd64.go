//go:build !purego

package kernel

// prelu32 is PReLU32.
func prelu32(dst, a, b []float32, stepA, stepB int) {
	if len(dst) < 8 || stepA != 1 || stepB != 1 {
		PReLU32(dst, a, b, stepA, stepB)
		return
	}
	a, b = a[:len(dst)], b[:len(dst)]
	preluAVX2(&dst[0], &a[0], &b[0], len(dst))
}

// preluAVX2 is PReLU32 of at least 8 numbers, with steps of 1.
//
//go:noescape
func preluAVX2(dst, x, slopes *float32, n int)
