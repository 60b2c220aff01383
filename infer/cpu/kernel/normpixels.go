//go:build (amd64 || arm64) && !purego

package kernel

// normPixels is 8 pixels of a local response normalization of bytes, of which Width, a multiple of 8, counts the channels.
// The fields are read by assembly: their order is part of it.
type normPixels struct {
	src, dst        *uint8
	width           int
	values, squares *float32 // 8 for each channel; of squares, for 2*radius more
	good            *uint8   // one for each channel
	radius          int
	scale           float32
	zero            int32
	alpha, bias     float32
	inverse         float32 // 1/OutScale
	outZero         int32
}

const (
	normGroup = 8       // pixels
	maxNorm   = 1 << 12 // channels, and so the time of a call
)

// takes tells whether assembly does pixels of width channels.
func (l *LRNBytes) takes(width int) bool {
	return l.Beta == 0.75 && width > 0 && width%8 == 0 && width <= maxNorm && ordinary(l.InScale) && ordinary(l.OutScale)
}

// group is the first group of pixels.
func (l *LRNBytes) group(dst, src []uint8, width int, floats []float32, bytes []uint8) normPixels {
	size := normGroup * width
	values, squares := floats[:size], floats[size:][:size+2*normGroup*l.Radius]
	return normPixels{
		&src[:size][0], &dst[:size][0], width, &values[0], &squares[0], &bytes[:width][0], l.Radius,
		l.InScale, l.InZero, l.Alpha, l.Bias, 1 / l.OutScale, l.OutZero,
	}
}

// finish computes what is not good of a group.
func (l *LRNBytes) finish(dst, src []uint8, width int, floats []float32, bytes []uint8) {
	size := normGroup * width
	for c, good := range bytes[:width] {
		if good != 1<<normGroup-1 {
			l.normExactly(dst[:size], src[:size], c, width, good, floats[size:])
		}
	}
}

// ordinary tells whether products with a scale and its reciprocal are normal numbers where it matters.
func ordinary(scale float32) bool { return scale > 1e-30 && scale < 1e30 }

// normExactly computes channel c of the pixels that are not good. sums has what powers are taken of.
func (l *LRNBytes) normExactly(dst, src []uint8, c, width int, good uint8, sums []float32) {
	for p := range normGroup {
		if good>>p&1 == 0 {
			at := p*width + c
			x := l.InScale * float32(int32(src[at])-l.InZero)
			y := [1]float32{x * powf(sums[c*normGroup+p], -l.Beta)}
			Quantize(dst[at:at+1], y[:], l.OutScale, l.OutZero)
		}
	}
}
