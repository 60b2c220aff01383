package jpeg

// What each pass adds to round its results: half a unit of what it drops, and in the last one also the level shift
// (A.3.1 of the standard).
const (
	roundFirst = 1 << (constBits - 1)
	roundLast  = 128<<outBits + 1<<(outBits-1)
)

// lastLow is the last zigzag index before the order leaves the first four coefficients of the first four rows.
const lastLow = 9

// plain is the transforms in Go.
func plain() kernels { return kernels{"go", inverse8, inverseLow, inverse4} }

// idct8 is the inverse DCT of eight numbers, times 2^constBits; x0 comes with that factor already, and with what is to
// be added to every result.
func idct8(x0, x1, x2, x3, x4, x5, x6, x7 int32) (y0, y1, y2, y3, y4, y5, y6, y7 int32) {
	x4 <<= constBits
	sum, half := x0+x4, x0-x4
	s26 := (x2 + x6) << constBits
	d26 := (x2-x6)*cSqrt2 - s26
	e0, e3 := sum+s26, sum-s26
	e1, e2 := half+d26, half-d26

	s17, d17 := x1+x7, x1-x7
	s53, d53 := x5+x3, x5-x3
	rotated := (d53 + d17) * cCos
	o0 := (s17 + s53) << constBits
	o1 := rotated - d53*cSum - o0
	o2 := (s17-s53)*cSqrt2 - o1
	o3 := rotated - d17*cDiff - o2
	return e0 + o0, e1 + o1, e2 + o2, e3 + o3, e3 - o3, e2 - o2, e1 - o1, e0 - o0
}

// idct8of4 is idct8 where the last four numbers are zero.
func idct8of4(x0, x1, x2, x3 int32) (y0, y1, y2, y3, y4, y5, y6, y7 int32) {
	s2 := x2 << constBits
	d2 := x2*cSqrt2 - s2
	e0, e3 := x0+s2, x0-s2
	e1, e2 := x0+d2, x0-d2

	rotated := (x1 - x3) * cCos
	o0 := (x1 + x3) << constBits
	o1 := rotated + x3*cSum - o0
	o2 := (x1-x3)*cSqrt2 - o1
	o3 := rotated - x1*cDiff - o2
	return e0 + o0, e1 + o1, e2 + o2, e3 + o3, e3 - o3, e2 - o2, e1 - o1, e0 - o0
}

// idct4 is idct8 for four numbers.
func idct4(x0, x1, x2, x3 int32) (y0, y1, y2, y3 int32) {
	x2 <<= constBits
	o0 := (x1 + x3) << constBits
	o1 := (x1-x3)*cSqrt2 - o0
	e0, e1 := x0+x2, x0-x2
	return e0 + o0, e1 + o1, e1 - o1, e0 - o0
}

// shorten drops constBits of the results of the first pass in a row. One of an odd column counts one less where the one
// before it is negative: no more than a rounding, but it decides some sample in a hundred thousand, and all kernels, of all
// versions, give the same samples.
func shorten(row []int32) {
	for c := 0; c+1 < len(row); c += 2 {
		row[c], row[c+1] = row[c]>>constBits, (row[c+1]+row[c]>>31)>>constBits
	}
}

// inverse8 is the whole transform.
func inverse8(dst []byte, stride int, b *block) {
	for c := range 8 {
		b[c], b[8+c], b[16+c], b[24+c], b[32+c], b[40+c], b[48+c], b[56+c] = idct8(b[c]<<constBits+roundFirst,
			b[8+c], b[16+c], b[24+c], b[32+c], b[40+c], b[48+c], b[56+c])
	}
	for r := range 8 {
		row := (*[8]int32)(b[8*r:])
		shorten(row[:])
		y0, y1, y2, y3, y4, y5, y6, y7 := idct8(row[0]<<constBits+roundLast,
			row[1], row[2], row[3], row[4], row[5], row[6], row[7])
		store(dst[r*stride:], y0, y1, y2, y3, y4, y5, y6, y7)
	}
	*b = block{}
}

// inverseLow is the whole transform of a block with nothing beyond the first four coefficients of the first four rows.
func inverseLow(dst []byte, stride int, b *block) {
	for c := range 4 {
		b[c], b[8+c], b[16+c], b[24+c], b[32+c], b[40+c], b[48+c], b[56+c] = idct8of4(b[c]<<constBits+roundFirst,
			b[8+c], b[16+c], b[24+c])
	}
	for r := range 8 {
		row := (*[4]int32)(b[8*r:])
		shorten(row[:])
		y0, y1, y2, y3, y4, y5, y6, y7 := idct8of4(row[0]<<constBits+roundLast, row[1], row[2], row[3])
		store(dst[r*stride:], y0, y1, y2, y3, y4, y5, y6, y7)
		*row = [4]int32{}
	}
}

// store writes a row of results of the last pass.
func store(dst []byte, y0, y1, y2, y3, y4, y5, y6, y7 int32) {
	out := (*[8]byte)(dst)
	out[0], out[1], out[2], out[3] = level(y0), level(y1), level(y2), level(y3)
	out[4], out[5], out[6], out[7] = level(y4), level(y5), level(y6), level(y7)
}

// inverse4 uses the first four coefficients of the first four rows.
func inverse4(dst []byte, stride int, b *block) {
	for c := range 4 {
		b[c], b[8+c], b[16+c], b[24+c] = idct4(b[c]<<constBits+roundFirst, b[8+c], b[16+c], b[24+c])
	}
	for r := range 4 {
		row := (*[4]int32)(b[8*r:])
		shorten(row[:])
		out := (*[4]byte)(dst[r*stride:])
		y0, y1, y2, y3 := idct4(row[0]<<constBits+roundLast, row[1], row[2], row[3])
		out[0], out[1], out[2], out[3] = level(y0), level(y1), level(y2), level(y3)
		*row = [4]int32{}
	}
}

// level is a result of the last pass as a sample.
func level(y int32) byte {
	y >>= outBits
	if uint32(y) > 255 {
		return byte(^y >> 31)
	}
	return byte(y)
}

// inverse2 uses the first two coefficients of the first two rows.
func inverse2(dst []byte, stride int, b *block) {
	const round = 128<<fracBits + 1<<(fracBits-1)
	upper, lower := b[0]+b[8]+round, b[0]-b[8]+round
	right, cross := b[1]+b[9], b[1]-b[9]
	dst[0], dst[1] = quarter(upper+right), quarter(upper-right)
	dst[stride], dst[stride+1] = quarter(lower+cross), quarter(lower-cross)
	b[1], b[8], b[9] = 0, 0, 0
}

// quarter is a result of inverse2 as a sample.
func quarter(y int32) byte { return clamp(int64(y >> fracBits)) }
