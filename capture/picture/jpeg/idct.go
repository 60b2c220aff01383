package jpeg

import (
	"encoding/binary"
	"math"
)

// A block holds the dequantized coefficients of an 8x8 block, row by row. Their sums and products have 32 bits; where a
// hostile picture makes one overflow, the samples are nonsense, but the same nonsense on every machine.
type block [64]int32

// Fixed-point positions. Both passes of the transform multiply by constants in units of 1/2^constBits, and start from
// numbers in units of 1/2^fracBits. Samples of up to 13 bits with sign leave 32-13 = fracBits+constBits+1.
const (
	scaleBits = 10 // more bits of the dequantizing factors than of the coefficients
	fracBits  = 8
	constBits = 10
	outBits   = fracBits + constBits
)

// Constants of the transform of Arai, Agui and Nakajima (Trans. IEICE E71, 1988), in units of 1/2^constBits.
const (
	cSqrt2 = 1448 // sqrt(2)
	cSum   = 2676 // 2 (cos(pi/8) + cos(3 pi/8))
	cDiff  = 1108 // 2 (cos(pi/8) - cos(3 pi/8))
	cCos   = 1892 // 2 cos(pi/8)
)

// zigzag is the natural index of each coefficient in the order of the file (figure A.6 of the standard).
var zigzag = [64]uint8{
	0, 1, 8, 16, 9, 2, 3, 10,
	17, 24, 32, 25, 18, 11, 4, 5,
	12, 19, 26, 33, 40, 48, 41, 34,
	27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36,
	29, 22, 15, 23, 30, 37, 44, 51,
	58, 59, 52, 45, 38, 31, 39, 46,
	53, 60, 61, 54, 47, 55, 62, 63,
}

// coefficient says what becomes of a coefficient of the file, and where it goes.
type coefficient struct {
	scale uint32 // quantizer times the transform's own factor, in units of 1/2^(fracBits+scaleBits); 0: it does not matter
	index uint8  // in a block
}

// put sets a coefficient with the quantized value v.
func (b *block) put(c *coefficient, v int32) {
	b[c.index&63] = int32((int64(v)*int64(c.scale) + 1<<(scaleBits-1)) >> scaleBits)
}

// keepFor is the zigzag index of the last coefficient among the first size of the first size rows.
func keepFor(size int) int {
	switch size {
	case 1:
		return 0
	case 2:
		return 4
	case 4:
		return 24
	}
	return 63
}

// setDequant prepares c for blocks of size samples. The transforms want coefficient u of a row or column multiplied by
// sqrt(2) cos(u pi / (2 size)), or 1 for the first; the 1/8 is that of the definition (A.3.3 of the standard).
func (c *component) setDequant(quant *[64]uint16, size int) {
	var factor [8]float64
	for u := range size {
		factor[u] = math.Sqrt2 * math.Cos(float64(u)*math.Pi/float64(2*size))
	}
	factor[0] = 1
	c.quantDC = int32(quant[0])
	for k, i := range zigzag {
		row, col := i/8, i%8
		f := float64(quant[k]) / 8 * factor[row] * factor[col]
		c.dequant[k] = coefficient{
			scale: uint32(math.Round(f * (1 << (fracBits + scaleBits)))),
			index: i,
		}
	}
}

// flat is the sample that a block of nothing but its DC coefficient consists of.
func (c *component) flat() byte { return clamp((int64(c.pred)*int64(c.quantDC)+4)>>3 + 128) }

// scaledDC is the DC coefficient as block wants it.
func (c *component) scaledDC() int32 { return c.pred * c.quantDC << (fracBits - 3) }

func clamp(v int64) byte { return byte(max(0, min(v, 255))) }

// fill sets size rows of size samples.
func fill(dst []byte, stride, size int, v byte) {
	row := uint64(v) * 0x0101010101010101
	switch size {
	case 8:
		dst = dst[:7*stride+8]
		for r := 0; r < 8; r++ {
			binary.LittleEndian.PutUint64(dst[r*stride:], row)
		}
	case 4:
		for r := range 4 {
			binary.LittleEndian.PutUint32(dst[r*stride:], uint32(row))
		}
	case 2:
		for r := range 2 {
			binary.LittleEndian.PutUint16(dst[r*stride:], uint16(row))
		}
	}
}
