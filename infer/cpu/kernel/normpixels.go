//go:build (amd64 || arm64) && !purego

package kernel

import (
	"encoding/binary"
	"math"
)

// normPixels is a group of pixels, 8 or 16, of a local response normalization of bytes, of which Width, a multiple of 8, counts the channels.
// The fields are read by assembly: their order is part of it.
type normPixels struct {
	src, dst        *uint8
	width           int
	values, squares *float32 // one for each pixel of a channel; of squares, for 2*radius channels more
	good            *uint8   // a bit for each pixel of a channel
	radius          int
	scale           float32
	zero            int32
	alpha, bias     float32
	inverse         float32 // 1/OutScale
	outZero         int32
}

const maxNorm = 1 << 12 // channels, and so the time of a call

// takes tells whether assembly does pixels of width channels.
func (l *LRNBytes) takes(width int) bool {
	return l.Beta == 0.75 && width > 0 && width%8 == 0 && width <= maxNorm && ordinary(l.InScale) && ordinary(l.OutScale)
}

// group is the first n pixels.
func (l *LRNBytes) group(n int, dst, src []uint8, width int, floats []float32, bytes []uint8) normPixels {
	size := n * width
	values, squares := floats[:size], floats[size:][:size+2*n*l.Radius]
	return normPixels{
		&src[:size][0], &dst[:size][0], width, &values[0], &squares[0], &bytes[:size/8][0], l.Radius,
		l.InScale, l.InZero, l.Alpha, l.Bias, 1 / l.OutScale, l.OutZero,
	}
}

// finish computes what is not good of a group of n pixels.
func (l *LRNBytes) finish(n int, dst, src []uint8, width int, floats []float32, bytes []uint8) {
	size := n * width
	for at := 0; at < size/8; at += 8 {
		if binary.NativeEndian.Uint64(bytes[at:]) == math.MaxUint64 {
			continue
		}
		for i, good := range bytes[at : at+8] {
			l.normExactly(dst, src, (at+i)*8, n, width, good, floats[size:])
		}
	}
}

// ordinary tells whether products with a scale and its reciprocal are normal numbers where it matters.
func ordinary(scale float32) bool { return scale > 1e-30 && scale < 1e30 }

// normExactly computes those of 8 pixels of a channel that are not good, from sum number first on: what powers are taken of.
func (l *LRNBytes) normExactly(dst, src []uint8, first, n, width int, good uint8, sums []float32) {
	for i := first; i < first+8; i++ {
		if good>>(i-first)&1 == 0 {
			at := i%n*width + i/n
			x := l.InScale * float32(int32(src[at])-l.InZero)
			y := [1]float32{x * powf(sums[i], -l.Beta)}
			Quantize(dst[at:at+1], y[:], l.OutScale, l.OutZero)
		}
	}
}
