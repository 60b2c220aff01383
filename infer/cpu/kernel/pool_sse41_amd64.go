//go:build !purego

package kernel

// Loops over channels take whole vectors of 16, and do the last one that is not whole together with what lies before it.

func maxRow16(dst, src []uint8, n int, r Row, w Window, lo uint8) {
	if n < 16 || r.Count == 0 {
		MaxRow(dst, src, n, r, w, lo)
		return
	}
	_, _ = dst[(r.Count-1)*r.To+n-1], src[(r.Count-1)*r.From+w.last(n)]
	maxRowSSE(&dst[0], &src[0], n, r.Count, r.To, r.From, &w, lo)
}

// maxRowSSE is MaxRow for at least 16 channels and 1 pixel.
//
//go:noescape
func maxRowSSE(dst, src *uint8, n, count, dstStep, srcStep int, w *Window, lo uint8)

// sumWindowSSE is sumWindowAVX2.
//
//go:noescape
func sumWindowSSE(acc *int32, src *uint8, n, rows, cols, pitch, step int)

// averageRow16 is [Set.AverageRow], for what averages tells and many channels.
func averageRow16(dst, src []uint8, n int, r Row, w Window, bias, lo, hi int32) bool {
	if n < 16 || !averages(r, w) {
		return false
	}
	_, _ = dst[(r.Count-1)*r.To+n-1], src[(r.Count-1)*r.From+w.last(n)]
	a := newAveraging(w.Rows*w.Cols, bias, lo, hi)
	for i := range r.Count {
		averageWindowSSE(&dst[i*r.To], &src[i*r.From], n, w.Rows, w.Cols, w.Pitch, w.Step, &a)
	}
	return true
}

// averageWindowSSE is, for at least 16 channels, 1 row and column, SumWindow and Average together.
//
//go:noescape
func averageWindowSSE(dst, src *uint8, n, rows, cols, pitch, step int, a *averaging)

// averageSSE is averageAVX2 for multiples of 4.
//
//go:noescape
func averageSSE(dst *uint8, acc *int32, n int, count, bias, lo, hi int32)
