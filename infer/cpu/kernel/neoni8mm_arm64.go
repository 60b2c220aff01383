//go:build !purego

package kernel

// matrixTiling multiplies unsigned bytes of pixels by signed bytes of weights, 2 pixels by 2 columns by 8 at a time (matrix
// products, from Armv8.6 on), 6 pixels by 16 columns.
func matrixTiling() *Tiling {
	return &Tiling{
		Group: 3, Panel: 16, Element: 1, Step: 8, Sums: true, Products: 1 << 21,
		Line: copyLine, Pack: packEights, Run: runI8MM, SumPixels: sumUnsigned, AddInts: AddInts,
	}
}

func copyLine(dst, src []uint8) { copy(dst, src) }

func runI8MM(t *Tiles) {
	if t.Count > 0 {
		tilesI8MM(t)
	}
}

// tilesI8MM is, with p the pixels of all tiles and at(p) where they lie,
//
//	for p := range … {
//		line := t.Lines[at(p):]
//		for c := range 16 {
//			sum := bias[c] + t.Starts[p]
//			for s := range t.Segments {
//				for k := range 8 * t.Steps {
//					sum += uint8(line[s*(8*t.Steps+t.Skip)+k]) * int8(t.Panel[((s*t.Steps+k/8)*16+c)*8+k%8])
//				}
//			}
//			t.Dst[p*t.Stride+c] = … // see Block, for c < t.Width
//		}
//	}
//
//go:noescape
func tilesI8MM(t *Tiles)

// packEights arranges weights less their zero point, which must fit 8 bits, by eights of a column.
func packEights(panel []uint8, c Columns) {
	for s := range c.Segments {
		for k := 0; k < c.Segment; k += 8 {
			for n := range c.Vectors * Panel {
				c.put(panel[:8], n, s, k)
				panel = panel[8:]
			}
		}
	}
}

// sumUnsigned is [SumPixels].
func sumUnsigned(dst []int32, src []uint8, channels int) {
	src = src[:len(dst)*channels]
	if channels >= vector && len(dst) > 0 {
		sumUnsignedNEON(&dst[0], &src[0], len(dst), channels)
		return
	}
	SumPixels(dst, src, channels)
}

// sumUnsignedNEON is sumSignedNEON for unsigned bytes.
//
//go:noescape
func sumUnsignedNEON(dst *int32, src *uint8, n, channels int)
