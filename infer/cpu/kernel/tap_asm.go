//go:build (amd64 || arm || arm64) && !purego

package kernel

// tapVectors is, for n a multiple of 8 above 0 and zero in 0 … 255,
//
//	for i := range n {
//		acc[i] += (int32(x[i]) - zero) * int32(w[i])
//	}
//
//go:noescape
func tapVectors(acc *int32, x *uint8, w *int16, n int, zero int32)
