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

// Pixel normalizes the channels of one pixel, src to dst, of the same length. squares is working memory of at least
// len(src) + 2*Radius elements.
//
// The sum slides along the channels in float32, as in TensorFlow Lite: the order of its additions is part of the result.
func (l *LRN) Pixel(dst, src, squares []float32) {
	squares = squares[:len(src)+2*l.Radius]
	Fill(squares[:l.Radius], 0)
	Fill(squares[len(squares)-l.Radius:], 0)
	for i, x := range src {
		squares[l.Radius+i] = float32(x*x) * l.Alpha
	}
	sum := float32(0)
	for _, s := range squares[:2*l.Radius] {
		sum += s
	}
	head, dst := squares[2*l.Radius:], dst[:len(src)]
	for i, x := range src {
		sum += head[i]
		dst[i] = x * l.power(l.Bias+sum)
		sum -= squares[i]
	}
}

// power is s^-Beta.
func (l *LRN) power(s float32) float32 {
	switch l.Beta {
	case 1:
		return 1 / s
	case 0.5:
		return 1 / float32(math.Sqrt(float64(s)))
	case 0.75: // that of GoogLeNet and AlexNet
		r := math.Sqrt(float64(s))
		return float32(1 / (r * math.Sqrt(r)))
	}
	return float32(math.Pow(float64(s), -float64(l.Beta)))
}

// L2Norm scales src to length 1, in steps of 1/128 around 128: dst[i] = 128 + 128 * (src[i]-zero) / length.
func L2Norm(dst, src []uint8, zero int32) {
	dst = dst[:len(src)]
	sum := int32(0)
	for _, x := range src {
		d := int32(x) - zero
		sum += d * d
	}
	mult := inverseSqrt(sum)
	for i, x := range src {
		dst[i] = Clamp(128+mult.HalfAway(128*(int32(x)-zero)), 0, 255)
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
