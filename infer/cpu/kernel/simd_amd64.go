//go:build !purego

package kernel

// minChannels is the fewest channels that loops over windows take, of 16 and more at a time.
const minChannels = 16

func maxRow(dst, src []uint8, n int, r Row, w Window, lo uint8) {
	if n < minChannels {
		MaxRow(dst, src, n, r, w, lo)
		return
	}
	if r.Count > 0 {
		_, _ = dst[(r.Count-1)*r.To+n-1], src[(r.Count-1)*r.From+w.last(n)]
		maxRowAVX2(&dst[0], &src[0], n, r.Count, r.To, r.From, &w, lo)
	}
}

// maxRowAVX2 is MaxRow for at least 16 channels, and 1 pixel, row and column.
//
//go:noescape
func maxRowAVX2(dst, src *uint8, n, count, dstStep, srcStep int, w *Window, lo uint8)

// averageRow is [Set.AverageRow], for what averages tells and many channels.
func averageRow(dst, src []uint8, n int, r Row, w Window, bias, lo, hi int32) bool {
	if n < minChannels || !averages(r, w) {
		return false
	}
	_, _ = dst[(r.Count-1)*r.To+n-1], src[(r.Count-1)*r.From+w.last(n)]
	a := newAveraging(w.Rows*w.Cols, bias, lo, hi)
	for i := range r.Count {
		averageWindowAVX2(&dst[i*r.To], &src[i*r.From], n, w.Rows, w.Cols, w.Pitch, w.Step, &a)
	}
	return true
}

// averageWindowAVX2 is, for at least 16 channels, and 1 row and column, SumWindow and Average together.
//
//go:noescape
func averageWindowAVX2(dst, src *uint8, n, rows, cols, pitch, step int, a *averaging)

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

// averager is Average, of width numbers at once.
func averager(width int, loop func(dst *uint8, acc *int32, n int, count, bias, lo, hi int32)) func([]uint8, []int32, int32, int32, int32, int32) {
	return func(dst []uint8, acc []int32, count, bias, lo, hi int32) {
		dst = dst[:len(acc)]
		n := len(acc) / width * width
		if count > maxExactCount {
			n = 0
		}
		if n > 0 {
			loop(&dst[0], &acc[0], n, count, bias, lo, hi)
		}
		Average(dst[n:], acc[n:], count, bias, lo, hi)
	}
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

// dequantizeAVX2 is, for n a multiple of 8,
//
//	for i := range n {
//		dst[i] = scale * float32(int32(src[i])-zero)
//	}
//
//go:noescape
func dequantizeAVX2(dst *float32, src *uint8, n int, scale float32, zero int32)
