//go:build !purego

package kernel

// neonTiling multiplies signed bytes and adds two products in 16 bits, 4 pixels by 4 columns by 16 elements: 256 products
// in 48 instructions. The 16 columns of a panel are computed in four turns.
func neonTiling() *Tiling {
	return &Tiling{
		Group: 2, Panel: 16, Element: 1, Signed: true, Step: 8, Pairs: true, Sums: true, Products: 1 << 19,
		Line: flipLine, Pack: packQuads, Run: runNEON, SumPixels: sumSigned, AddInts: AddInts,
	}
}

func runNEON(t *Tiles) {
	if t.Count > 0 {
		tilesNEON(t)
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

// packQuads arranges weights less their zero point, which must fit 8 bits, by four columns, and these by steps: pairs of
// steps have 16 elements of each column, single ones at a segment's end 8.
func packQuads(panel []uint8, c Columns) {
	steps := (c.Segment + 7) / 8
	pairs := steps - c.Singles(steps)
	for n := 0; n < c.Vectors*Panel; n += 4 {
		for s := range c.Segments {
			for i := 0; i < steps; {
				size := 8
				if i < pairs {
					size = 16
				}
				for column := range 4 {
					c.put(panel[:size], n+column, s, 8*i)
					panel = panel[size:]
				}
				i += size / 8
			}
		}
	}
}

// put writes elements k… of column n and segment s, less zero; what is beyond is 0.
func (c *Columns) put(dst []uint8, n, s, k int) {
	clear(dst)
	if n >= c.Width || k >= c.Segment {
		return
	}
	w := c.Weights[(n*c.Segments+s)*c.Segment+k:][:min(len(dst), c.Segment-k)]
	zero := uint8(c.Zero)
	for i, x := range w {
		dst[i] = (x ^ c.Flip) - zero
	}
}
