//go:build (amd64 || arm64) && !purego

package kernel

// tiler32 is a [Set]'s Tile32.
func tiler32(loop func(acc *Tile32, a, b, c, d, panel *float32, n int)) func(acc *Tile32, rows *[TileRows32][]float32, panel []float32) {
	return func(acc *Tile32, rows *[TileRows32][]float32, panel []float32) {
		n := len(rows[0])
		if n == 0 {
			return
		}
		_, _, _, _ = rows[1][n-1], rows[2][n-1], rows[3][n-1], panel[n*Panel-1]
		loop(acc, &rows[0][0], &rows[1][0], &rows[2][0], &rows[3][0], &panel[0], n)
	}
}

// tapper32 is DepthwiseTap32 by a loop for 8 channels at once.
func tapper32(loop func(acc, x, w *float32, n int)) func(acc, x, w []float32) {
	return func(acc, x, w []float32) {
		n := len(acc) &^ 7
		if len(acc) != len(x) || n == 0 {
			DepthwiseTap32(acc, x, w)
			return
		}
		_ = w[len(acc)-1]
		loop(&acc[0], &x[0], &w[0], n)
		if n < len(acc) {
			DepthwiseTap32(acc[n:], x[n:], w[n:])
		}
	}
}

// squarer is Square, of width numbers at once.
func squarer(width int, loop func(dst, src *float32, n int, factor float32)) func(dst, src []float32, factor float32) {
	return func(dst, src []float32, factor float32) {
		dst = dst[:len(src)]
		n := len(src) / width * width
		if n > 0 {
			loop(&dst[0], &src[0], n, factor)
		}
		Square(dst[n:], src[n:], factor)
	}
}

// tile32Vectors is, for n at least 1,
//
//	for k := range n {
//		for c := range 16 {
//			acc[0][c] += float32(a[k] * panel[16*k+c])
//			acc[1][c] += float32(b[k] * panel[16*k+c])
//			acc[2][c] += float32(c[k] * panel[16*k+c])
//			acc[3][c] += float32(d[k] * panel[16*k+c])
//		}
//	}
//
//go:noescape
func tile32Vectors(acc *Tile32, a, b, c, d, panel *float32, n int)

// tap32Vectors is, for n a multiple of 8 above 0,
//
//	for i := range n {
//		acc[i] += float32(x[i] * w[i])
//	}
//
//go:noescape
func tap32Vectors(acc, x, w *float32, n int)
