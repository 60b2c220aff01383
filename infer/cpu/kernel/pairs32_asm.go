//go:build (amd64 || arm64) && !purego

package kernel

// combining32 is Add32 or Mul32.
type combining32 = func(dst, a, b []float32, stepA, stepB int, lo, hi float32)

// pairer32 is plain by vectors.
func pairer32(vectors func(dst, a, b *float32, n int, lo, hi float32), plain combining32) combining32 {
	return func(dst, a, b []float32, stepA, stepB int, lo, hi float32) {
		n := whole32(dst, a, b, stepA, stepB)
		for i := 0; i < n; i += pairs32 {
			vectors(&dst[i], &a[i], &b[i], min(pairs32, n-i), lo, hi)
		}
		plain(dst[n:], a[n*stepA:], b[n*stepB:], stepA, stepB, lo, hi)
	}
}

// pairs32 is the most pairs of a call, which nothing can interrupt.
const pairs32 = 1 << 15

// whole32 is how many numbers are in whole vectors, 0 where an input is one number for all.
func whole32(dst, a, b []float32, stepA, stepB int) int {
	if stepA == 0 || stepB == 0 {
		return 0
	}
	_, _ = a[:len(dst)], b[:len(dst)]
	return len(dst) &^ 7
}

// add32Vectors is, for n a multiple of 8 above 0,
//
//	for i := range n {
//		dst[i] = Clamp32(a[i]+b[i], lo, hi)
//	}
//
//go:noescape
func add32Vectors(dst, a, b *float32, n int, lo, hi float32)

// mul32Vectors is add32Vectors with products.
//
//go:noescape
func mul32Vectors(dst, a, b *float32, n int, lo, hi float32)

// bender32 is PReLU32 by vectors.
func bender32(vectors func(dst, x, slopes *float32, n int)) func(dst, a, b []float32, stepA, stepB int) {
	return func(dst, a, b []float32, stepA, stepB int) {
		if len(dst) < 8 || stepA != 1 || stepB != 1 {
			PReLU32(dst, a, b, stepA, stepB)
			return
		}
		a, b = a[:len(dst)], b[:len(dst)]
		vectors(&dst[0], &a[0], &b[0], len(dst))
	}
}

// prelu32Vectors is PReLU32 of at least 8 numbers, with steps of 1.
//
//go:noescape
func prelu32Vectors(dst, x, slopes *float32, n int)
