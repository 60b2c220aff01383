//go:build !purego

package kernel

func maxRow512(dst, src []uint8, n int, r Row, w Window, lo uint8) {
	if n > 0 && r.Count > 0 {
		_, _ = dst[(r.Count-1)*r.To+n-1], src[(r.Count-1)*r.From+w.last(n)]
		maxRowAVX512(&dst[0], &src[0], n, r.Count, r.To, r.From, &w, lo)
	}
}

// maxRowAVX512 is MaxRow for at least 1 channel and pixel.
//
//go:noescape
func maxRowAVX512(dst, src *uint8, n, count, dstStep, srcStep int, w *Window, lo uint8)

// averageWindow512 averages each channel of the window that begins at src, as [SumWindow] and [Average] do together. It
// returns false, having done nothing, for windows of more than maxAveraged pixels, or one.
func averageWindow512(dst, src []uint8, w Window, bias, lo, hi int32) bool {
	count := w.Rows * w.Cols
	if count == 1 || count > maxAveraged || len(dst) == 0 {
		return false
	}
	_ = src[w.last(len(dst))]
	a := newAveraging(count, bias, lo, hi)
	averageWindowAVX512(&dst[0], &src[0], len(dst), w.Rows, w.Cols, w.Pitch, w.Step, &a)
	return true
}

// averageWindowAVX512 is, for at least 1 channel, row and column, SumWindow and Average together.
//
//go:noescape
func averageWindowAVX512(dst, src *uint8, n, rows, cols, pitch, step int, a *averaging)
