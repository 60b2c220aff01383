//go:build !purego

package kernel

// neonTiling multiplies signed bytes and adds two products in 16 bits, 2 pixels by 4 columns by 16 elements: 128 products
// in 24 instructions. The 16 columns of a panel are computed in four turns. It is neon's for arm64 with half the pixels.
func neonTiling() *Tiling {
	return &Tiling{
		Group: 1, Panel: 16, Element: 1, Signed: true, Step: 8, Pairs: true, Sums: true, Products: 1 << 18,
		Line: flipLine, Pack: packQuads, Run: runner(tilesNEON), SumPixels: sumSigned, AddInts: AddInts,
	}
}

// tilesNEON is, with p the pixels of all tiles and at(p) where they lie,
//
//	for p := range … {
//		line := t.Lines[at(p):]
//		for c := range 16 {
//			sum := bias[c] + t.Starts[p]
//			for s := range t.Segments {
//				for k := range 8 * t.Steps {
//					sum += int8(line[s*(8*t.Steps+t.Skip)+k]) * weight(c, s, k) // see packQuads
//				}
//			}
//			t.Dst[p*t.Stride+c] = … // see Block, for c < t.Width
//		}
//	}
//
//go:noescape
func tilesNEON(t *Tiles)
