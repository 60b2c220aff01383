//go:build !purego

package kernel

// sse41 is the set for processors without AVX2 (Celeron J4125 and N5105, Atom, many a NAS). No instruction of AVX is in it:
// those that have none would stop, and others would wait where both kinds meet.
func sse41() *Set {
	return &Set{
		Name: "sse41", Tiling: sseTiling(),
		Depthwise: &Depthwise{Channels: sseDepth, Taps: 2, Plain: true, Line: copyLine, Panel: newSSEPanel, Run: depthSSE},
		Adder:     adderSSE, AverageWindow: averageWindow16, NormBytes: normBytesSSE,
		Dot: dot16, Map: Map, MaxRow: maxRow16, ArgMax: argMax16, SumWindow: sumWindow16, Average: average4,
		Quantize: quantizer(8, quantizeSSE), Dequantize: dequantize8, Square: square4, ScalePower: scaler(4, scalePowerSSE),
		Tile32: tile32x8, Tap32: tap32x8, Tap: tap8, QuantizeDynamic: dynamicQuantizer(8, quantizeSSE),
	}
}

func dot16(a, w []uint8) int32 {
	a = a[:len(w)]
	n := len(w) &^ 15
	sum := dot1(a[n:], w[n:])
	if n > 0 {
		sum += dotSSE(&a[0], &w[0], n)
	}
	return sum
}

// dotSSE is, for n a multiple of 16 above 0,
//
//	for i := range n {
//		sum += int32(a[i]) * int32(w[i])
//	}
//
//go:noescape
func dotSSE(a, w *uint8, n int) (sum int32)

func dequantize8(dst []float32, src []uint8, scale float32, zero int32) {
	dst = dst[:len(src)]
	n := len(src) &^ 7
	if n > 0 {
		dequantizeSSE(&dst[0], &src[0], n, scale, zero)
	}
	Dequantize(dst[n:], src[n:], scale, zero)
}

// dequantizeSSE is, for n a multiple of 8 above 0,
//
//	for i := range n {
//		dst[i] = scale * float32(int32(src[i])-zero)
//	}
//
//go:noescape
func dequantizeSSE(dst *float32, src *uint8, n int, scale float32, zero int32)

// quantizeSSE is quantizeAVX2.
//
//go:noescape
func quantizeSSE(dst *uint8, src *float32, n int, inverse float32, zero int32) (done int)

func square4(dst, src []float32, factor float32) {
	dst = dst[:len(src)]
	n := len(src) &^ 3
	if n > 0 {
		squareSSE(&dst[0], &src[0], n, factor)
	}
	Square(dst[n:], src[n:], factor)
}

// squareSSE is, for n a multiple of 4 above 0,
//
//	for i := range n {
//		dst[i] = float32(src[i]*src[i]) * factor
//	}
//
//go:noescape
func squareSSE(dst, src *float32, n int, factor float32)

// scalePowerSSE is scalePowerAVX2, which it leaves to others besides where its arithmetic, which is not fused, cannot tell
// the last bit.
//
//go:noescape
func scalePowerSSE(dst, src *float32, n int, bias, exponent float32) (done int)

// tile32x8 is a [Set]'s Tile32.
func tile32x8(acc *Tile32, rows *[TileRows32][]float32, panel []float32) {
	n := len(rows[0])
	if n == 0 {
		return
	}
	_, _, _, _ = rows[1][n-1], rows[2][n-1], rows[3][n-1], panel[n*Panel-1]
	tile32SSE(acc, &rows[0][0], &rows[1][0], &rows[2][0], &rows[3][0], &panel[0], n)
}

// tile32SSE is tile32Vectors.
//
//go:noescape
func tile32SSE(acc *Tile32, a, b, c, d, panel *float32, n int)

// tap32x8 is DepthwiseTap32.
func tap32x8(acc, x, w []float32) {
	n := len(acc) &^ 7
	if len(acc) != len(x) || n == 0 {
		DepthwiseTap32(acc, x, w)
		return
	}
	_ = w[len(acc)-1]
	tap32SSE(&acc[0], &x[0], &w[0], n)
	if n < len(acc) {
		DepthwiseTap32(acc[n:], x[n:], w[n:])
	}
}

// tap32SSE is tap32Vectors.
//
//go:noescape
func tap32SSE(acc, x, w *float32, n int)

// tap8 is DepthwiseTap.
func tap8(acc []int32, x []uint8, w []int16, zero int32) {
	n := len(acc) &^ 7
	if len(acc) != len(x) || n == 0 {
		DepthwiseTap(acc, x, w, zero)
		return
	}
	_ = w[len(acc)-1]
	tapSSE(&acc[0], &x[0], &w[0], n, zero)
	if n < len(acc) {
		DepthwiseTap(acc[n:], x[n:], w[n:], zero)
	}
}

// tapSSE is tapVectors.
//
//go:noescape
func tapSSE(acc *int32, x *uint8, w *int16, n int, zero int32)
