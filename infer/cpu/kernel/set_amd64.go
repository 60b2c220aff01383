//go:build !purego

package kernel

import (
	"slices"
	"unsafe"

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
		{"avx2", avx2Needs, avx2},
		plain,
	}
}

func avx2() *Set {
	return &Set{
		Name: "avx2", Tiling: avx2Tiling(), Widen: widen, Depth: depthAVX2,
		Dot: dotBytes, Map: Map, MaxRow: maxRow, SumWindow: sumWindow, Average: average,
		Quantize: quantizer(8, quantizeAVX2), Dequantize: dequantize, Square: Square, ScalePower: scaler(4, scalePowerAVX2),
		Tile32: tile32, Tap32: tap32, Tap: tap, QuantizeDynamic: dynamicQuantizer(8, quantizeAVX2),
	}
}

// vnni is the set for AVX-512 with VNNI (Ice Lake, Zen 4 and later), with AVX2 where that does not matter.
func vnni() *Set {
	s := avx2()
	s.Name, s.Tiling = "avx512vnni", vnniTiling()
	s.Quantize, s.ScalePower = quantizer(16, quantizeAVX512), scaler(8, scalePowerAVX512)
	s.QuantizeDynamic = dynamicQuantizer(16, quantizeAVX512)
	s.Map, s.Adder, s.MaxRow, s.AverageWindow = mapBytes, adderVNNI, maxRow512, averageWindow512
	s.Depthwise = &Depthwise{Channels: awayChannels, Taps: 4, Plain: true, Line: copyLine, Panel: NewAwayPanel, Run: depthVNNI}
	return s
}

// avx2Tiling multiplies 16-bit numbers, of pixels and of weights less their zero point, in pairs: 6 pixels by 16 columns.
func avx2Tiling() *Tiling {
	return &Tiling{
		Group: 3, Panel: 16, Element: 2, Step: 2, Wide: true, Products: 1 << 22,
		Line: widenLine, Pack: packWords, Run: runAVX2,
	}
}

func runAVX2(t *Tiles) {
	if t.Count > 0 {
		tilesAVX2(t)
	}
}

// tilesAVX2 is, with p the pixels of all tiles and at(p) where they lie,
//
//	for p := range … {
//		line := t.Lines[at(p):] // of int16
//		sum := bias
//		for s := range t.Segments {
//			for k := range 2 * t.Steps {
//				for c := range 16 {
//					sum[c] += line[s*(2*t.Steps+t.Skip/2)+k] * t.Panel[((s*t.Steps+k/2)*16+c)*2+k%2]
//				}
//			}
//		}
//		for c := range t.Width {
//			t.Dst[p*t.Stride+c] = … // see Block
//		}
//	}
//
//go:noescape
func tilesAVX2(t *Tiles)

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

// widenLine is widen for a line of 16-bit elements.
func widenLine(dst, src []uint8) {
	if len(src) > 0 {
		dst = dst[:2*len(src)]
		widenAVX2((*int16)(unsafe.Pointer(&dst[0])), &src[0], len(src))
	}
}

// packWords arranges weights less their zero point as 16-bit numbers, by pairs of a column.
func packWords(panel []uint8, c Columns) {
	steps := (c.Segment + 1) / 2
	words := unsafe.Slice((*int16)(unsafe.Pointer(&panel[0])), c.Segments*steps*2*Panel)
	whole := 0 // elements of each segment that panelAVX2 takes
	if c.Width == Panel && c.Flip == 0 {
		whole = c.Segment &^ 15
	}
	for s := range c.Segments {
		part := words[s*steps*2*Panel:][:steps*2*Panel]
		if pitch := c.Segments * c.Segment; whole > 0 {
			w := c.Weights[s*c.Segment:]
			_ = w[(Panel-1)*pitch+whole-1]
			panelAVX2(&part[0], &w[0], pitch, whole/16, c.Zero)
			panelAVX2(&part[Panel], &w[8*pitch], pitch, whole/16, c.Zero)
		}
		for k := whole; k < 2*steps; k++ {
			for n := range Panel {
				x := int16(0)
				if n < c.Width && k < c.Segment {
					x = int16(c.at(n, s, k))
				}
				part[(k/2*Panel+n)*2+k%2] = x
			}
		}
	}
}

// panelAVX2 widens 8 columns of 16*blocks weights, pitch bytes apart, into pairs along a column:
//
//	for k := range 16 * blocks {
//		for c := range 8 {
//			dst[k/2*32+c*2+k%2] = int16(src[c*pitch+k]) - int16(zero)
//		}
//	}
//
//go:noescape
func panelAVX2(dst *int16, src *uint8, pitch, blocks int, zero int32)

func dotBytes(a, w []uint8) int32 {
	a = a[:len(w)]
	n := len(w) &^ 15
	sum := dot1(a[n:], w[n:])
	if n > 0 {
		sum += dotAVX2(&a[0], &w[0], n)
	}
	return sum
}

// dotAVX2 is
//
//	for i := range n { // a multiple of 16
//		sum += int32(a[i]) * int32(w[i])
//	}
//
//go:noescape
func dotAVX2(a, w *uint8, n int) (sum int32)
