//go:build !purego

package kernel

// depth32AVX2 is, with number(a, i) what lies i bytes behind a,
//
//	for p := range r.Count {
//		for c := range r.Channels {
//			sum := r.Begin[c]
//			for y := range r.Rows {
//				for x := range r.Cols {
//					tap := number(r.Src, p*r.From+y*r.Pitch+x*r.Step+4*c)
//					sum = fma(tap, number(r.Weights, y*r.WeightPitch+x*r.WeightStep+4*c), sum)
//				}
//			}
//			number(r.Dst, p*r.To+4*c) = Clamp32(sum, r.Lo, r.Hi)
//		}
//	}
//
//go:noescape
func depth32AVX2(r *Row32)

// max32AVX2 is depth32AVX2 with the greater of the sum and the tap instead of their sum.
//
//go:noescape
func max32AVX2(r *Row32)

// average32AVX2 is depth32AVX2 without weights and with sum/r.Divisor instead of sum.
//
//go:noescape
func average32AVX2(r *Row32)

// add32 is Add32, mul32 is Mul32.
func add32(dst, a, b []float32, stepA, stepB int, lo, hi float32) {
	n := whole32(dst, a, b, stepA, stepB)
	for i := 0; i < n; i += pairs32 {
		add32AVX2(&dst[i], &a[i], &b[i], min(pairs32, n-i), lo, hi)
	}
	Add32(dst[n:], a[n*stepA:], b[n*stepB:], stepA, stepB, lo, hi)
}

func mul32(dst, a, b []float32, stepA, stepB int, lo, hi float32) {
	n := whole32(dst, a, b, stepA, stepB)
	for i := 0; i < n; i += pairs32 {
		mul32AVX2(&dst[i], &a[i], &b[i], min(pairs32, n-i), lo, hi)
	}
	Mul32(dst[n:], a[n*stepA:], b[n*stepB:], stepA, stepB, lo, hi)
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

// add32AVX2 is, for n a multiple of 8 above 0,
//
//	for i := range n {
//		dst[i] = Clamp32(a[i]+b[i], lo, hi)
//	}
//
//go:noescape
func add32AVX2(dst, a, b *float32, n int, lo, hi float32)

// mul32AVX2 is add32AVX2 with products.
//
//go:noescape
func mul32AVX2(dst, a, b *float32, n int, lo, hi float32)
