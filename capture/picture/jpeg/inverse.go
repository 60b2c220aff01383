package jpeg

import "encoding/binary"

// pair is one and one as a block has it.
const pair = 1 + 1<<32

// What each pass adds to round its results: half a unit of what it drops, and in the last one also the level shift
// (A.3.1 of the standard).
const (
	roundFirst = pair << (constBits - 1)
	roundLast  = pair * (128<<outBits + 1<<(outBits-1))
)

// beyond has the bits of a result of the last pass that are zero exactly where both halves are samples 0 to 255.
const beyond = pair * (1<<32 - 1<<(outBits+8))

// lastLow is the last zigzag index before the order leaves the first four coefficients of the first four rows.
const lastLow = 9

// inverse transforms b, whose last coefficient that is not zero has the zigzag index last, into size rows of size
// samples. It leaves b undefined.
func (b *block) inverse(dst []byte, stride, size, last int) {
	switch size {
	case 2:
		b.inverse2(dst, stride)
	case 4:
		b.inverse4(dst, stride)
	default:
		if last <= lastLow {
			b.inverseLow(dst, stride)
		} else {
			b.inverse8(dst, stride)
		}
	}
}

// idct8 is the inverse DCT of eight numbers, times 2^constBits; x0 comes with that factor already, and with what is to
// be added to every result.
func idct8(x0, x1, x2, x3, x4, x5, x6, x7 int64) (y0, y1, y2, y3, y4, y5, y6, y7 int64) {
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
func idct8of4(x0, x1, x2, x3 int64) (y0, y1, y2, y3, y4, y5, y6, y7 int64) {
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
func idct4(x0, x1, x2, x3 int64) (y0, y1, y2, y3 int64) {
	x2 <<= constBits
	o0 := (x1 + x3) << constBits
	o1 := (x1-x3)*cSqrt2 - o0
	e0, e1 := x0+x2, x0-x2
	return e0 + o0, e1 + o1, e1 - o1, e0 - o0
}

// regroup takes results of the first pass from rows r and r+1, each of columns c and c+1, drops constBits of them, and
// pairs them by column instead.
func regroup(upper, lower int64) (left, right int64) {
	left = int64(int32(upper))>>constBits + lower<<32>>constBits&^(1<<32-1)
	right = upper>>(32+constBits) + lower>>constBits&^(1<<32-1)
	return left, right
}

// inverse8 is the whole transform.
func (b *block) inverse8(dst []byte, stride int) {
	var t [4][8]int64 // by pair of rows, and column
	for j := range 4 {
		y0, y1, y2, y3, y4, y5, y6, y7 := idct8(b[j]<<constBits+roundFirst,
			b[4+j], b[8+j], b[12+j], b[16+j], b[20+j], b[24+j], b[28+j])
		t[0][2*j], t[0][2*j+1] = regroup(y0, y1)
		t[1][2*j], t[1][2*j+1] = regroup(y2, y3)
		t[2][2*j], t[2][2*j+1] = regroup(y4, y5)
		t[3][2*j], t[3][2*j+1] = regroup(y6, y7)
	}
	for i := range t {
		r := &t[i]
		r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7] = idct8(r[0]<<constBits+roundLast,
			r[1], r[2], r[3], r[4], r[5], r[6], r[7])
		store(dst[2*i*stride:], stride, r)
	}
}

// inverseLow is the whole transform of a block with nothing beyond the first four coefficients of the first four rows.
func (b *block) inverseLow(dst []byte, stride int) {
	var t [4][4]int64 // by pair of rows, and column
	for j := range 2 {
		y0, y1, y2, y3, y4, y5, y6, y7 := idct8of4(b[j]<<constBits+roundFirst, b[4+j], b[8+j], b[12+j])
		t[0][2*j], t[0][2*j+1] = regroup(y0, y1)
		t[1][2*j], t[1][2*j+1] = regroup(y2, y3)
		t[2][2*j], t[2][2*j+1] = regroup(y4, y5)
		t[3][2*j], t[3][2*j+1] = regroup(y6, y7)
	}
	var r [8]int64
	for i := range t {
		r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7] = idct8of4(t[i][0]<<constBits+roundLast, t[i][1], t[i][2], t[i][3])
		store(dst[2*i*stride:], stride, &r)
	}
}

// store writes two rows of samples, which are the halves of results of the last pass.
func store(dst []byte, stride int, r *[8]int64) {
	if uint64(r[0]|r[1]|r[2]|r[3]|r[4]|r[5]|r[6]|r[7])&beyond != 0 {
		for c := range r {
			r[c] = clampPair(r[c])
		}
	}
	left, right := pack(r[0], r[1], r[2], r[3]), pack(r[4], r[5], r[6], r[7])
	binary.LittleEndian.PutUint64(dst, left&(1<<32-1)|right<<32)
	binary.LittleEndian.PutUint64(dst[stride:], left>>32|right&^(1<<32-1))
}

// inverse4 uses the first four coefficients of the first four rows.
func (b *block) inverse4(dst []byte, stride int) {
	var t [2][4]int64 // by pair of rows, and column
	for j := range 2 {
		y0, y1, y2, y3 := idct4(b[j]<<constBits+roundFirst, b[4+j], b[8+j], b[12+j])
		t[0][2*j], t[0][2*j+1] = regroup(y0, y1)
		t[1][2*j], t[1][2*j+1] = regroup(y2, y3)
	}
	for i := range t {
		y0, y1, y2, y3 := idct4(t[i][0]<<constBits+roundLast, t[i][1], t[i][2], t[i][3])
		if uint64(y0|y1|y2|y3)&beyond != 0 {
			y0, y1, y2, y3 = clampPair(y0), clampPair(y1), clampPair(y2), clampPair(y3)
		}
		rows := pack(y0, y1, y2, y3)
		binary.LittleEndian.PutUint32(dst[2*i*stride:], uint32(rows))
		binary.LittleEndian.PutUint32(dst[(2*i+1)*stride:], uint32(rows>>32))
	}
}

// inverse2 uses the first two coefficients of the first two rows.
func (b *block) inverse2(dst []byte, stride int) {
	const round = 128<<fracBits + 1<<(fracBits-1)
	left, right := b[0]+b[4], b[0]-b[4] // upper and lower row: sum and difference of columns follow
	top0, top1 := halves(left)
	low0, low1 := halves(right)
	dst[0] = clamp((top0 + top1 + round) >> fracBits)
	dst[1] = clamp((top0 - top1 + round) >> fracBits)
	dst = dst[stride:]
	dst[0] = clamp((low0 + low1 + round) >> fracBits)
	dst[1] = clamp((low0 - low1 + round) >> fracBits)
}

// clampPair clamps both halves of a result of the last pass to samples.
func clampPair(y int64) int64 {
	low, high := halves(y)
	return int64(clamp(low>>outBits))<<outBits | int64(clamp(high>>outBits))<<(32+outBits)
}

// pack makes the four samples of a row of results of the last pass: the upper row's in the low half, the lower row's
// in the high half. Every result must be in range.
func pack(y0, y1, y2, y3 int64) uint64 {
	const sample = 0xFF * pair
	return uint64(y0)>>outBits&sample |
		uint64(y1)>>(outBits-8)&(sample<<8) |
		uint64(y2)>>(outBits-16)&(sample<<16) |
		uint64(y3)<<(24-outBits)&(sample<<24)
}

// halves takes a pair apart.
func halves(p int64) (low, high int64) {
	low = int64(int32(p))
	return low, (p - low) >> 32
}
