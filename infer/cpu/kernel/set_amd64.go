//go:build !purego

package kernel

import "golang.org/x/sys/cpu"

func available() []*Set {
	if cpu.X86.HasAVX2 {
		return []*Set{avx2(), plain()}
	}
	return []*Set{plain()}
}

func avx2() *Set {
	return &Set{
		Name: "avx2", Tiles: tiles, Widen: widen, Columns: columns, Depth: depthAVX2,
		Dot: dotBytes, MaxWindow: maxWindow, SumWindow: sumWindow, Average: average,
		Quantize: quantize, Dequantize: dequantize, ScalePower75: scalePower75,
	}
}

// tiles is Tiles.compute in assembly.
func tiles(t *Tiles) {
	if t.Count > 0 {
		tilesAVX2(t)
	}
}

// tilesAVX2 multiplies Count pixels by 16 columns:
//
//	for p := range t.Count {
//		line := t.Lines[t.Offsets[p]/2:]
//		sum := t.Block.bias
//		for s := range t.Segments {
//			for k := range t.Pairs*2 {
//				for c := range 16 {
//					sum[c] += line[s*t.Pitch/2+k] * t.Panel[((s*t.Pairs+k/2)*16+c)*2+k%2]
//				}
//			}
//		}
//		for c := range t.Width {
//			t.Dst[p*t.Stride+c] = … // see Block.store
//		}
//	}
//
// It reads 5 elements of Offsets behind the last.
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

func columns(dst []int16, c Columns) {
	whole := 0 // elements of each segment that panelAVX2 takes
	if c.Width == Panel {
		whole = c.Segment &^ 15
	}
	pairs := c.pairs()
	for s := range c.Segments {
		part := dst[s*pairs*2*Panel:][:pairs*2*Panel]
		if whole > 0 {
			w := c.Weights[s*c.Segment:]
			_ = w[(Panel-1)*c.Pitch+whole-1]
			panelAVX2(&part[0], &w[0], c.Pitch, whole/16, c.Zero)
			panelAVX2(&part[Panel], &w[8*c.Pitch], c.Pitch, whole/16, c.Zero)
		}
		c.fill(part, s, whole)
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
