//go:build !purego

package kernel

// powVectors is powTables for pairs of numbers: log(c) beside 1/c, and constants twice. Assembly knows the order of the
// fields.
var powVectors = func() (v struct {
	near               [16][2]float64 // inverse, log
	minus, a1, a3, c1  [2]float64
	one                [2]float64
	a0, a2, a4, c0, c2 [2]float64
	shift              [2]float64
}) {
	t := &powTables
	for i := range v.near {
		v.near[i] = [2]float64{t.inverse[i], t.log[i]}
	}
	twice := func(x float64) [2]float64 { return [2]float64{x, x} }
	v.minus, v.one, v.shift = twice(-1), twice(t.one), twice(t.shift)
	v.a0, v.a1, v.a2, v.a3, v.a4 = twice(t.a[0]), twice(t.a[1]), twice(t.a[2]), twice(t.a[3]), twice(t.a[4])
	v.c0, v.c1, v.c2 = twice(t.c[0]), twice(t.c[1]), twice(t.c[2])
	return v
}()

// quantizeNEON is, for n a multiple of 16 above 0 and zero in 0 … 255,
//
//	for ; done < n; done++ {
//		q := Clamp32(src[done]*inverse, -1024, 1024)
//		if abs(q-round(q)) >= 0.4990234375 {
//			break // before the 16 of this vector
//		}
//		dst[done] = Clamp(round(q) + zero, 0, 255)
//	}
//
//go:noescape
func quantizeNEON(dst *uint8, src *float32, n int, inverse float32, zero int32) (done int)

// dequantizeNEON is, for n a multiple of 16 above 0,
//
//	for i := range n {
//		dst[i] = scale * float32(int32(src[i])-zero)
//	}
//
//go:noescape
func dequantizeNEON(dst *float32, src *uint8, n int, scale float32, zero int32)

// squareNEON is, for n a multiple of 16 above 0,
//
//	for i := range n {
//		dst[i] = float32(src[i]*src[i]) * factor
//	}
//
//go:noescape
func squareNEON(dst, src *float32, n int, factor float32)

// scalePowerNEON is, for n a multiple of 4 above 0,
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
func scalePowerNEON(dst, src *float32, n int, bias, exponent float32) (done int)
