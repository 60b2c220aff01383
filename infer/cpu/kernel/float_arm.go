//go:build !purego

package kernel

// quantizeNEON is, for n a multiple of 16 above 0 and zero in 0 … 255,
//
//	for ; done < n; done++ {
//		q := Clamp32(src[done]*inverse, -1024, 1024)
//		if !(abs(q-round(q)) < 0.4990234375) {
//			break // before the 16 of this vector
//		}
//		dst[done] = Clamp(round(q) + zero, 0, 255)
//	}
//
//go:noescape
func quantizeNEON(dst *uint8, src *float32, n int, inverse float32, zero int32) (done int)

// normalDequantizer leaves scales to plain Go whose products may be too small for NEON, which takes such for zero.
func normalDequantizer(whole func(dst []float32, src []uint8, scale float32, zero int32)) func(dst []float32, src []uint8, scale float32, zero int32) {
	return func(dst []float32, src []uint8, scale float32, zero int32) {
		if !(scale > 1e-30) || zero < 0 || zero > 255 {
			Dequantize(dst, src, scale, zero)
			return
		}
		whole(dst, src, scale, zero)
	}
}

// dequantizeNEON is, for n a multiple of 16 above 0 and zero in 0 … 255,
//
//	for i := range n {
//		dst[i] = scale * float32(int32(src[i])-zero)
//	}
//
//go:noescape
func dequantizeNEON(dst *float32, src *uint8, n int, scale float32, zero int32)
