//go:build !purego

package kernel

// dotTiling multiplies signed bytes, 4 at a time (dot products, from Armv8.2 on), 6 pixels by 16 columns.
func dotTiling() *Tiling {
	return &Tiling{
		Group: 3, Panel: 16, Element: 1, Signed: true, Step: 4, Sums: true, Products: 1 << 21,
		Line: flipLine, Pack: packFours, Run: runner(tilesDot), SumPixels: sumSigned, AddInts: AddInts,
	}
}

// tilesDot is tilesNEON for panels of packFours.
//
//go:noescape
func tilesDot(t *Tiles)

// packFours arranges weights less their zero point, which must fit 8 bits, by fours of a column.
func packFours(panel []uint8, c Columns) {
	for s := range c.Segments {
		for k := 0; k < c.Segment; k += 4 {
			for n := range c.Vectors * Panel {
				c.put(panel[:4], n, s, k)
				panel = panel[4:]
			}
		}
	}
}
