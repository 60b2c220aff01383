package cpu

// sumPixels sums what each output pixel of a band of rows sees: the channels of each pixel of the lines, then these
// down the columns of the window, then along its rows.
func (c *tileConv) sumPixels(s *tilingScratch, lines []uint8, rows int) {
	width := c.size / c.inC // of a line, in pixels
	pixels := s.pixels[:((rows-1)*c.strideH+c.h)*width]
	c.tiling.SumPixels(pixels, lines, c.inC)
	for y := range rows {
		column := pixels[y*c.strideH*width:][:width]
		if c.h > 1 {
			s.column = append(s.column[:0], column...)
			column = s.column
			for ky := 1; ky < c.h; ky++ {
				c.tiling.AddInts(column, pixels[(y*c.strideH+ky)*width:][:width])
			}
		}
		c.sumRow(s, s.sums[y*c.outW:][:c.outW], column)
	}
}

// sumRow sums column along the windows of a row of output pixels.
func (c *tileConv) sumRow(s *tilingScratch, out, column []int32) {
	size := (c.outW-1)*c.strideW + 1
	if c.w > 1 {
		s.row = append(s.row[:0], column[:size]...)
		for kx := 1; kx < c.w; kx++ {
			c.tiling.AddInts(s.row, column[kx:][:size])
		}
		column = s.row
	}
	if c.strideW == 1 {
		copy(out, column)
		return
	}
	for x := range out {
		out[x] = column[x*c.strideW]
	}
}
