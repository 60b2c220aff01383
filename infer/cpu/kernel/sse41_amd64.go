//go:build !purego

package kernel

// sse41 is the set for processors without AVX2 (Celeron J4125 and N5105, Atom, many a NAS). No instruction of AVX is in it:
// those that have none would stop, and others would wait where both kinds meet.
func sse41() *Set {
	return &Set{
		Name: "sse41", Tiling: sseTiling(),
		Depthwise: &Depthwise{Channels: sseDepth, Taps: 2, Plain: true, Line: copyLine, Panel: newSSEPanel, Run: depthSSE},
		Adder:     adderSSE, Multiplier: byteMultiplier(8, mulSSE), PReLUer: byteBender(8, preluBytesSSE), AverageRow: averageRow16, NormBytes: normBytesSSE,
		Dot: dotter(16, dotSSE), Map: mapper(mapSSE).list, MapRows: mapper(mapSSE).rows, MaxRow: maxRow16, ArgMax: argMax, SumWindow: summer(sumWindowSSE), Average: averager(4, averageSSE),
		Quantize: quantizer(8, quantizeSSE), Dequantize: dequantizer(8, dequantizeSSE), Square: squarer(4, squareSSE), ScalePower: scaler(4, scalePowerSSE),
		Tiling32: tiling32SSE(), Depth32: depth32SSE, Max32: max32SSE, Average32: average32SSE,
		Add32: pairer32(add32VectorsSSE, Add32), Mul32: pairer32(mul32VectorsSSE, Mul32), PReLU32: bender32(prelu32VectorsSSE),
		Resize: resizers{resizeRow32SSE, resizeRow8SSE, resizeLinesSSE, resizeRowSSE}.all(),
		Tile32: tiler32(tile32SSE), Tap32: tapper32(tap32SSE), Tap: tapper(tapSSE), QuantizeDynamic: dynamicQuantizer(8, quantizeSSE),
	}
}

// dotSSE is, for n a multiple of 16 above 0,
//
//	for i := range n {
//		sum += int32(a[i]) * int32(w[i])
//	}
//
//go:noescape
func dotSSE(a, w *uint8, n int) (sum int32)

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

// tile32SSE is tile32Vectors.
//
//go:noescape
func tile32SSE(acc *Tile32, a, b, c, d, panel *float32, n int)

// tap32SSE is tap32Vectors.
//
//go:noescape
func tap32SSE(acc, x, w *float32, n int)

// tapSSE is tapVectors.
//
//go:noescape
func tapSSE(acc *int32, x *uint8, w *int16, n int, zero int32)
