//go:build !purego

package kernel

// quantizeAVX2 is, for n a multiple of 8 above 0 and zero in 0 … 255,
//
//	for ; done < n; done++ {
//		q := Clamp32(src[done]*inverse, -1024, 1024)
//		if abs(q-round(q)) >= 0.4990234375 {
//			break // before the 8 of this vector
//		}
//		dst[done] = Clamp(round(q) + zero, 0, 255)
//	}
//
//go:noescape
func quantizeAVX2(dst *uint8, src *float32, n int, inverse float32, zero int32) (done int)

// quantizeAVX512 is quantizeAVX2 for multiples of 16.
//
//go:noescape
func quantizeAVX512(dst *uint8, src *float32, n int, inverse float32, zero int32) (done int)

// scalePowerAVX2 is, for n a multiple of 4 above 0,
//
//	for ; done < n; done++ {
//		x := bias + dst[done]
//		if bits(x)-powMin >= powRange {
//			break // before the 4 of this vector
//		}
//		dst[done] = src[done] * powf(x, exponent)
//	}
//
//go:noescape
func scalePowerAVX2(dst, src *float32, n int, bias, exponent float32) (done int)

// scalePowerAVX512 is scalePowerAVX2 for multiples of 8.
//
//go:noescape
func scalePowerAVX512(dst, src *float32, n int, bias, exponent float32) (done int)
