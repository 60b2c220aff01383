//go:build (amd64 || arm || arm64) && !purego

package kernel

// tap is DepthwiseTap.
func tap(acc []int32, x []uint8, w []int16, zero int32) {
	n := len(acc) &^ 7
	if len(acc) != len(x) || n == 0 {
		DepthwiseTap(acc, x, w, zero)
		return
	}
	_ = w[len(acc)-1]
	tapVectors(&acc[0], &x[0], &w[0], n, zero)
	if n < len(acc) {
		DepthwiseTap(acc[n:], x[n:], w[n:], zero)
	}
}

// tapVectors is, for n a multiple of 8 above 0 and zero in 0 … 255,
//
//	for i := range n {
//		acc[i] += (int32(x[i]) - zero) * int32(w[i])
//	}
//
//go:noescape
func tapVectors(acc *int32, x *uint8, w *int16, n int, zero int32)
