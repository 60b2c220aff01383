//go:build !purego

package kernel

// vnniTiling multiplies unsigned bytes of pixels by signed bytes of weights, 4 at a time (AVX-512 VNNI), 14 pixels by 32
// columns.
func vnniTiling() *Tiling {
	return &Tiling{
		Group: 7, Panel: 32, Element: 1, Step: 4, Sums: true, Maps: true, Bare: true, Quick: true, Products: 1 << 22,
		Line: copyLine, Pack: packSigned, Run: runner(tilesVNNI), SumPixels: sumPixels, AddInts: addInts,
	}
}

func copyLine(dst, src []uint8) { copy(dst, src) }

// tilesVNNI is, with p the pixels of all tiles and at(p) where they lie,
//
//	for p := range … {
//		line := t.Lines[at(p):]
//		sum := bias + t.Starts[p]
//		for s := range t.Segments {
//			for k := range 4 * t.Steps {
//				for c := range 16 * t.Vectors {
//					sum[c] += uint8(line[s*(4*t.Steps+t.Skip)+k]) * int8(t.Panel[((s*t.Steps+k/4)*16*t.Vectors+c)*4+k%4])
//				}
//			}
//		}
//		for c := range t.Width {
//			t.Dst[p*t.Stride+c] = t.Table[…] // see Block
//		}
//	}
//
//go:noescape
func tilesVNNI(t *Tiles)

// packSigned arranges weights less their zero point, which must fit 8 bits, by fours of a column.
func packSigned(panel []uint8, c Columns) {
	steps, width := (c.Segment+3)/4, c.Vectors*Panel
	zero := uint8(c.Zero)
	clear(panel)
	for n := range c.Width {
		for s := range c.Segments {
			w := c.Weights[(n*c.Segments+s)*c.Segment:][:c.Segment]
			at := (s*steps*width + n) * 4
			for ; len(w) >= 4; w, at = w[4:], at+4*width {
				four := panel[at : at+4 : at+4]
				four[0], four[1] = (w[0]^c.Flip)-zero, (w[1]^c.Flip)-zero
				four[2], four[3] = (w[2]^c.Flip)-zero, (w[3]^c.Flip)-zero
			}
			for k, x := range w {
				panel[at+k] = (x ^ c.Flip) - zero
			}
		}
	}
}

func sumPixels(dst []int32, src []uint8, channels int) {
	if len(dst) == 0 {
		return
	}
	src = src[:len(dst)*channels]
	if channels <= 4 {
		sumSmallAVX512(&dst[0], &src[0], len(dst), channels)
		return
	}
	sumPixelsAVX512(&dst[0], &src[0], len(dst), channels)
}

// sumSmallAVX512 is, for 1 to 4 channels,
//
//	for i := range n {
//		dst[i] = 0
//		for c := range channels {
//			dst[i] += src[i*channels+c]
//		}
//	}
//
//go:noescape
func sumSmallAVX512(dst *int32, src *uint8, n, channels int)

// sumPixelsAVX512 is sumSmallAVX512 for any number of channels, and at least 1 pixel.
//
//go:noescape
func sumPixelsAVX512(dst *int32, src *uint8, n, channels int)

func addInts(dst, src []int32) {
	src = src[:len(dst)]
	if len(dst) > 0 {
		addIntsAVX512(&dst[0], &src[0], len(dst))
	}
}

// addIntsAVX512 is
//
//	for i := range n {
//		dst[i] += src[i]
//	}
//
//go:noescape
func addIntsAVX512(dst, src *int32, n int)
