//go:build !purego

package kernel

import (
	"slices"

	"golang.org/x/sys/cpu"
)

// table lists the sets for amd64.
func table() []candidate {
	x := &cpu.X86
	avx2Needs := []feature{{"AVX2", x.HasAVX2}, {"FMA", x.HasFMA}}
	vnniNeeds := append(slices.Clone(avx2Needs),
		feature{"AVX-512", x.HasAVX512F && x.HasAVX512BW && x.HasAVX512DQ && x.HasAVX512VL},
		feature{"AVX-512 VNNI", x.HasAVX512VNNI}, feature{"AVX-512 VBMI", x.HasAVX512VBMI})
	return []candidate{
		{"avx512vnni", vnniNeeds, vnni},
		{"avxvnni", append(slices.Clone(avx2Needs), feature{"AVX-VNNI", x.HasAVXVNNI}), avxvnni},
		{"avx2", avx2Needs, avx2},
		{"sse41", []feature{{"SSSE3", x.HasSSSE3}, {"SSE4.1", x.HasSSE41}}, sse41},
		plain,
	}
}

func avx2() *Set {
	return &Set{
		Name: "avx2", Tiling: avx2Tiling(), Widen: widen, Depth: depthAVX2, FromSums: fromSumsAVX2,
		Adder: adderAVX2, Multiplier: byteMultiplier(16, mulAVX2), PReLUer: byteBender(16, preluBytesAVX2), AverageRow: averageRow, NormBytes: normBytes,
		Dot: dotter(16, dotAVX2), Map: mapper(mapAVX2).list, MapRows: mapper(mapAVX2).rows, MaxRow: maxRow, ArgMax: argMax, SumWindow: summer(sumWindowAVX2), Average: averager(8, averageAVX2),
		Quantize: quantizer(8, quantizeAVX2), Dequantize: dequantizer(8, dequantizeAVX2), Square: Square, ScalePower: scaler(4, scalePowerAVX2),
		Resize:   resizeVectors(),
		Tiling32: tiling32AVX2(), Fused: true, Depth32: depth32AVX2, Max32: max32AVX2, Average32: average32AVX2,
		Add32: pairer32(add32Vectors, Add32), Mul32: pairer32(mul32Vectors, Mul32), PReLU32: bender32(prelu32Vectors),
		Tile32: tiler32(tile32Vectors), Tap32: tapper32(tap32Vectors), Tap: tapper(tapVectors), QuantizeDynamic: dynamicQuantizer(8, quantizeAVX2),
	}
}

// avxvnni is the set for VNNI without AVX-512 (Intel's Core from Alder Lake on, and N100).
func avxvnni() *Set {
	s := avx2()
	s.Name, s.Tiling = "avxvnni", avxvnniTiling()
	return s
}

// vnni is the set for AVX-512 with VNNI (Ice Lake, Zen 4 and later), with AVX2 where that does not matter.
func vnni() *Set {
	s := avx2()
	s.Name, s.Tiling, s.FromSums = "avx512vnni", vnniTiling(), fromSumsAVX512
	s.Quantize, s.ScalePower = quantizer(16, quantizeAVX512), scaler(8, scalePowerAVX512)
	s.QuantizeDynamic, s.Tiling32 = dynamicQuantizer(16, quantizeAVX512), tiling32AVX512()
	s.Depth32, s.NormBytes = depth32AVX512, normBytes512
	s.Map, s.MapRows, s.Adder, s.MaxRow, s.AverageRow = mapBytes, nil, adderVNNI, maxRow512, averageRow512
	s.Depthwise = &Depthwise{Channels: awayChannels, Taps: 4, Plain: true, Line: copyLine, Panel: NewAwayPanel, Pair: NewAwayPair, Run: depthVNNI}
	return s
}

// depthAVX2 is, for at least 1 pixel and pair of taps, with weight(t, c) in Panel, zero for a tap that is none,
//
//	for p := range t.Count {
//		for c := range t.Width {
//			sum := bias[c]
//			for tap := range 2 * t.Pairs {
//				sum += Lines[(p*t.Step+t.Taps[tap])/2+c] * weight(tap, c)
//			}
//			t.Dst[p*t.Stride+c] = Clamp(mult[c].HalfAway(sum)+zero, lo, hi)
//		}
//	}
//
//go:noescape
func depthAVX2(t *DepthTiles)

// fromSumsAVX2 is RawSums, for at least 1 pixel.
//
//go:noescape
func fromSumsAVX2(t *RawSums)

// fromSumsAVX512 is RawSums, for at least 1 pixel.
//
//go:noescape
func fromSumsAVX512(t *RawSums)

// widen is dst[i] = src[i] for all of src.
func widen(dst []int16, src []uint8) {
	dst = dst[:len(src)]
	if len(src) > 0 {
		widenAVX2(&dst[0], &src[0], len(src))
	}
}

// widenAVX2 is
//
//	for i := range n {
//		dst[i] = int16(src[i])
//	}
//
//go:noescape
func widenAVX2(dst *int16, src *uint8, n int)

// dotAVX2 is
//
//	for i := range n { // a multiple of 16
//		sum += int32(a[i]) * int32(w[i])
//	}
//
//go:noescape
func dotAVX2(a, w *uint8, n int) (sum int32)
