package kernel

import (
	"math"
	"math/bits"
)

// LRN is a local response normalization over channels: x / (Bias + Alpha * sum of squares of 2*Radius+1 channels)^Beta.
type LRN struct {
	Radius            int
	Bias, Alpha, Beta float32
}

// lrnRows is the number of pixels whose sums slide at the same time, so that their additions need not wait for each other.
const lrnRows = 4

// Squares is the working memory that [LRN.Pixels] needs for pixels of width channels.
func (l *LRN) Squares(width int) int { return lrnRows * (width + 2*l.Radius) }

// Pixels normalizes pixels of width channels each, src to dst, of the same length and apart. squares is working memory
// of at least Squares(width) elements.
//
// The sum slides along the channels in float32, as in TensorFlow Lite: the order of its additions is part of the result.
func (l *LRN) Pixels(dst, src []float32, width int, squares []float32, s *Set) {
	dst = dst[:len(src)]
	size := width + 2*l.Radius
	for at := 0; at < len(src); at += lrnRows * width {
		n := min(lrnRows, (len(src)-at)/width)
		for i := range n {
			l.square(squares[i*size:(i+1)*size], src[at+i*width:at+(i+1)*width], s)
		}
		if n == lrnRows {
			l.slide4(dst[at:at+n*width], squares[:n*size])
			continue
		}
		for i := range n {
			l.slide(dst[at+i*width:at+(i+1)*width], squares[i*size:(i+1)*size])
		}
	}
	switch l.Beta {
	case 1:
		for i, x := range src {
			dst[i] = x * (1 / (l.Bias + dst[i]))
		}
	case 0.5: // TensorFlow Lite takes the processor's estimate of 1/sqrt here, of which each maker has its own
		for i, x := range src {
			dst[i] = x * (1 / float32(math.Sqrt(float64(l.Bias+dst[i]))))
		}
	default:
		s.ScalePower(dst, src, l.Bias, -l.Beta)
	}
}

// square fills squares with Alpha * x * x, and Radius zeros on both sides.
func (l *LRN) square(squares, src []float32, s *Set) {
	Fill(squares[:l.Radius], 0)
	Fill(squares[len(squares)-l.Radius:], 0)
	s.Square(squares[l.Radius:][:len(src)], src, l.Alpha)
}

// Square is dst[i] = src[i] * src[i] * factor.
func Square(dst, src []float32, factor float32) {
	dst = dst[:len(src)]
	for i, x := range src {
		dst[i] = float32(x*x) * factor
	}
}

// slide sums each window of squares of one pixel into sums.
func (l *LRN) slide(sums, squares []float32) {
	sum := float32(0)
	for _, s := range squares[:2*l.Radius] {
		sum += s
	}
	head := squares[2*l.Radius:]
	for i := range sums {
		sum += head[i]
		sums[i] = sum
		sum -= squares[i]
	}
}

// slide4 is slide of lrnRows pixels, which lie behind each other.
func (l *LRN) slide4(sums, squares []float32) {
	width, size := len(sums)/lrnRows, len(squares)/lrnRows
	var s [lrnRows]float32
	for r := range s {
		for _, x := range squares[r*size : r*size+2*l.Radius] {
			s[r] += x
		}
	}
	d0, d1, d2, d3 := sums[:width], sums[width:][:width], sums[2*width:][:width], sums[3*width:][:width]
	q0, q1, q2, q3 := squares[:width], squares[size:][:width], squares[2*size:][:width], squares[3*size:][:width]
	squares = squares[2*l.Radius:]
	h0, h1, h2, h3 := squares[:width], squares[size:][:width], squares[2*size:][:width], squares[3*size:][:width]
	s0, s1, s2, s3 := s[0], s[1], s[2], s[3]
	for i := range width {
		s0 += h0[i]
		s1 += h1[i]
		s2 += h2[i]
		s3 += h3[i]
		d0[i], d1[i], d2[i], d3[i] = s0, s1, s2, s3
		s0 -= q0[i]
		s1 -= q1[i]
		s2 -= q2[i]
		s3 -= q3[i]
	}
}

// ScalePower is dst[i] = src[i] * (bias + dst[i])^exponent, by [powf].
func ScalePower(dst, src []float32, bias, exponent float32) {
	dst = dst[:len(src)]
	for i, x := range src {
		dst[i] = x * powf(bias+dst[i], exponent)
	}
}

// L2Norm scales src to length 1, in steps of 1/128 around 128: dst[i] = 128 + 128 * (src[i]-zero) / length. TensorFlow Lite
// multiplies by 128 before a number of uint8 is scaled, and together with the scaling if it is one of int8, as signed says:
// some are rounded in another way.
func L2Norm(dst, src []uint8, zero int32, signed bool) {
	dst = dst[:len(src)]
	sum := int32(0)
	for _, x := range src {
		d := int32(x) - zero
		sum += d * d
	}
	mult, before := inverseSqrt(sum), int32(128)
	if signed {
		mult, before = mult.shifted(7), 1
	}
	for i, x := range src {
		dst[i] = Clamp(128+mult.HalfAway(before*(int32(x)-zero)), 0, 255)
	}
}

// L2Norm32 scales src to length 1.
func L2Norm32(dst, src []float32) {
	dst = dst[:len(src)]
	sum := float32(0)
	for _, x := range src {
		sum += float32(x * x)
	}
	length := max(float32(math.Sqrt(float64(sum))), 1e-6)
	for i, x := range src {
		dst[i] = x / length
	}
}

// inverseSqrt is 1/sqrt(x) by five steps of Newton's method in 32-bit fixed point, the arithmetic that TensorFlow Lite
// uses, so that the last bit is the same.
func inverseSqrt(x int32) Multiplier {
	if x <= 1 {
		return Multiplier{M: math.MaxInt32}
	}
	right := 11
	for x >= 1<<29 {
		x /= 4
		right++
	}
	pairs := (bits.LeadingZeros32(uint32(x))-1)/2 - 1
	right -= pairs
	x <<= 2 * pairs

	// Numbers with 3 bits before the point: 1 is 1<<28. A product of two has 6.
	half := roundHalf(x >> 1)
	const threeHalves = 1<<28 + 1<<27
	y := int32(1 << 28)
	for range 5 {
		cube := shiftUp(product(product(y, y), y), 6)
		y = shiftUp(product(threeHalves, y)-product(half, cube), 3)
	}
	const halfSqrt2 = 1518500250 // sqrt(2)/2, no bits before the point
	y = product(y, halfSqrt2)
	if right < 0 {
		y <<= -right
		right = 0
	}
	return Multiplier{M: y, Right: uint8(right)}
}

// product is the upper half of 2*a*b, rounded.
func product(a, b int32) int32 { return int32((int64(a)*int64(b) + 1<<30) >> 31) }

// roundHalf is x/2 for positive x, rounded half up.
func roundHalf(x int32) int32 { return int32((int64(x) + 1) >> 1) }

// shiftUp is x << n, saturating.
func shiftUp(x int32, n uint) int32 {
	return int32(min(max(int64(x)<<n, math.MinInt32), math.MaxInt32))
}

// InverseRoot is 1/sqrt(x) of a positive x, times out, as TensorFlow Lite computes it (tflite/kernels/elementwise.cc).
func InverseRoot(x int32, out Multiplier) int32 {
	const fraction = 20 // bits
	return scaleBy(scaleBy(1, inverseSqrt(x), fraction), out, -fraction)
}

// scaleBy is m of x, times 2^more.
func scaleBy(x int32, m Multiplier, more int) int32 {
	shift := int(m.Left) - int(m.Right) + more
	m.Left, m.Right = uint8(min(max(shift, 0), 31)), uint8(min(max(-shift, 0), 31))
	return m.HalfAway(x)
}
