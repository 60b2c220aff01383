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

// averageRow512 is [Set.AverageRow], for what averages tells.
func averageRow512(dst, src []uint8, n int, r Row, w Window, bias, lo, hi int32) bool {
	if n == 0 || !averages(r, w) {
		return false
	}
	_, _ = dst[(r.Count-1)*r.To+n-1], src[(r.Count-1)*r.From+w.last(n)]
	a := newAveraging(w.Rows*w.Cols, bias, lo, hi)
	averageRowAVX512(&dst[0], &src[0], n, r.Count, r.To, r.From, &w, &a)
	return true
}

// averageRowAVX512 is, for at least 1 channel, pixel, row and column, SumWindow and Average together for each pixel.
//
//go:noescape
func averageRowAVX512(dst, src *uint8, n, count, dstStep, srcStep int, w *Window, a *averaging)
