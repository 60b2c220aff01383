//go:build (arm || arm64) && !purego

package kernel

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
