//go:build !purego

package kernel

func maxRow(dst, src []uint8, n int, r Row, w Window, lo uint8) {
	for i := range r.Count {
		out := dst[i*r.To:][:n]
		Fill(out, lo)
		maxWindow(out, src[i*r.From:], w)
	}
}

func maxWindow(dst, src []uint8, w Window) {
	n := len(dst) &^ 15
	if n > 0 {
		_ = src[w.last(n)]
		maxWindowAVX2(&dst[0], &src[0], n, w.Rows, w.Cols, w.Pitch, w.Step)
	}
	if n < len(dst) {
		MaxWindow(dst[n:], src[n:], w)
	}
}

// maxWindowAVX2 is, for n a multiple of 16, and at least 1 row and column,
//
//	for c := range n {
//		for y := range rows {
//			for x := range cols {
//				dst[c] = max(dst[c], src[y*pitch+x*step+c])
//			}
//		}
//	}
//
//go:noescape
func maxWindowAVX2(dst, src *uint8, n, rows, cols, pitch, step int)

func sumWindow(acc []int32, src []uint8, w Window) {
	n := len(acc) &^ 15
	if n > 0 {
		_ = src[w.last(n)]
		sumWindowAVX2(&acc[0], &src[0], n, w.Rows, w.Cols, w.Pitch, w.Step)
	}
	if n < len(acc) {
		SumWindow(acc[n:], src[n:], w)
	}
}

// sumWindowAVX2 is, for n a multiple of 16, and at least 1 row and column,
//
//	for c := range n {
//		acc[c] = 0
//		for y := range rows {
//			for x := range cols {
//				acc[c] += src[y*pitch+x*step+c]
//			}
//		}
//	}
//
//go:noescape
func sumWindowAVX2(acc *int32, src *uint8, n, rows, cols, pitch, step int)

// maxExactCount is the greatest count of bytes whose average float32 division finds: the sum has 24 bits, and the
// quotient, below 256 with an error below 2^-16, is less than 1/count from a whole number only where it is one.
const maxExactCount = 1 << 15

func average(dst []uint8, acc []int32, count, bias, lo, hi int32) {
	dst = dst[:len(acc)]
	n := len(acc) &^ 7
	if count > maxExactCount {
		n = 0
	}
	if n > 0 {
		averageAVX2(&dst[0], &acc[0], n, count, bias, lo, hi)
	}
	Average(dst[n:], acc[n:], count, bias, lo, hi)
}

// averageAVX2 is, for n a multiple of 8, sums of count bytes, and lo … hi in 0 … 255,
//
//	for i := range n {
//		s := acc[i] - bias*count
//		dst[i] = Clamp((s + sign(s)*(count/2)) / count + bias, lo, hi)
//	}
//
//go:noescape
func averageAVX2(dst *uint8, acc *int32, n int, count, bias, lo, hi int32)

func dequantize(dst []float32, src []uint8, scale float32, zero int32) {
	dst = dst[:len(src)]
	n := len(src) &^ 7
	if n > 0 {
		dequantizeAVX2(&dst[0], &src[0], n, scale, zero)
	}
	Dequantize(dst[n:], src[n:], scale, zero)
}

// dequantizeAVX2 is, for n a multiple of 8,
//
//	for i := range n {
//		dst[i] = scale * float32(int32(src[i])-zero)
//	}
//
//go:noescape
func dequantizeAVX2(dst *float32, src *uint8, n int, scale float32, zero int32)
