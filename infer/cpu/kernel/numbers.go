package kernel

import "math"

// Number is an element of a tensor that is computed with as it is.
type Number interface{ int32 | int64 | float32 }

// The functions of this file combine two rows: dst[i] = f(a[i*stepA], b[i*stepB]). A step is 0 (one value for all) or 1.

// Limit limits x to lo … hi; a NaN stays.
func Limit[T Number](x, lo, hi T) T {
	if x < lo {
		return lo
	}
	if hi < x {
		return hi
	}
	return x
}

// Add is a sum, limited to lo … hi. It wraps around.
func Add[T Number](dst, a, b []T, stepA, stepB int, lo, hi T) {
	for i := range dst {
		dst[i] = Limit(a[i*stepA]+b[i*stepB], lo, hi)
	}
}

// Sub is a difference, limited to lo … hi. It wraps around.
func Sub[T Number](dst, a, b []T, stepA, stepB int, lo, hi T) {
	for i := range dst {
		dst[i] = Limit(a[i*stepA]-b[i*stepB], lo, hi)
	}
}

// Mul is a product, limited to lo … hi. It wraps around.
func Mul[T Number](dst, a, b []T, stepA, stepB int, lo, hi T) {
	for i := range dst {
		dst[i] = Limit(a[i*stepA]*b[i*stepB], lo, hi)
	}
}

// Div32 is a quotient, limited to lo … hi.
func Div32(dst, a, b []float32, stepA, stepB int, lo, hi float32) {
	for i := range dst {
		dst[i] = Limit(a[i*stepA]/b[i*stepB], lo, hi)
	}
}

// DivInt is a quotient, rounded towards zero and limited to lo … hi. Where b is 0, it is 0.
func DivInt(dst, a, b []int32, stepA, stepB int, lo, hi int32) {
	for i := range dst {
		q := int32(0)
		if y := b[i*stepB]; y != 0 {
			q = a[i*stepA] / y
		}
		dst[i] = Limit(q, lo, hi)
	}
}

// SquaredDifference is the square of a difference. It wraps around.
func SquaredDifference[T Number](dst, a, b []T, stepA, stepB int) {
	for i := range dst {
		d := a[i*stepA] - b[i*stepB]
		dst[i] = d * d
	}
}

// Larger is the greater number; b where one is NaN.
func Larger[T uint8 | int16 | Number](dst, a, b []T, stepA, stepB int) {
	for i := range dst {
		x, y := a[i*stepA], b[i*stepB]
		if x > y {
			y = x
		}
		dst[i] = y
	}
}

// Smaller is the smaller number; b where one is NaN.
func Smaller[T uint8 | int16 | Number](dst, a, b []T, stepA, stepB int) {
	for i := range dst {
		x, y := a[i*stepA], b[i*stepB]
		if x < y {
			y = x
		}
		dst[i] = y
	}
}

// FloorDivInt is a quotient, rounded down. Where b is 0, it is 0.
func FloorDivInt(dst, a, b []int32, stepA, stepB int) {
	for i := range dst {
		x, y := a[i*stepA], b[i*stepB]
		if y == 0 {
			dst[i] = 0
			continue
		}
		q := x / y
		if x%y != 0 && (x < 0) != (y < 0) {
			q--
		}
		dst[i] = q
	}
}

// FloorDiv32 is a quotient, rounded down.
func FloorDiv32(dst, a, b []float32, stepA, stepB int) {
	for i := range dst {
		dst[i] = float32(math.Floor(float64(a[i*stepA]) / float64(b[i*stepB])))
	}
}

// FloorModInt is what a quotient leaves that is rounded down; it has the sign of b. Where b is 0, it is 0.
func FloorModInt[T int32 | int64](dst, a, b []T, stepA, stepB int) {
	for i := range dst {
		x, y := a[i*stepA], b[i*stepB]
		if y == 0 {
			dst[i] = 0
			continue
		}
		r := x % y
		if r != 0 && (y < 0) != (r < 0) {
			r += y
		}
		dst[i] = r
	}
}

// FloorMod32 is what a quotient leaves that is rounded down; it has the sign of b.
func FloorMod32(dst, a, b []float32, stepA, stepB int) {
	for i := range dst {
		y := b[i*stepB]
		r := float32(math.Mod(float64(a[i*stepA]), float64(y)))
		if r != 0 && (y < 0) != (r < 0) {
			r += y
		}
		dst[i] = r
	}
}

// Pow32 is a power.
func Pow32(dst, a, b []float32, stepA, stepB int) {
	for i := range dst {
		dst[i] = powf(a[i*stepA], b[i*stepB])
	}
}

// PowInt is a power; one that does not fit is the least number, as x86-64 makes of a float64 that does not. A power of a
// negative exponent is rounded towards zero.
func PowInt(dst, a, b []int32, stepA, stepB int) {
	for i := range dst {
		dst[i] = powInt(int64(a[i*stepA]), b[i*stepB])
	}
}

func powInt(x int64, n int32) int32 {
	switch {
	case x == 1 || n == 0:
		return 1
	case x == -1:
		return int32(1 - 2*int64(n&1))
	case x == 0 && n > 0:
		return 0
	case x == 0:
		return math.MinInt32
	case n < 0:
		return 0
	}
	p := x // |x| > 1, so that fewer than 32 products remain
	for range n - 1 {
		if p *= x; p != int64(int32(p)) {
			return math.MinInt32
		}
	}
	return int32(p)
}

// Comparison is what a pair of numbers becomes, by how they compare; Unordered if one is NaN.
type Comparison struct{ Less, Equal, Greater, Unordered uint8 }

// Compare compares numbers.
func Compare[T uint8 | int16 | Number](dst []uint8, a, b []T, stepA, stepB int, c Comparison) {
	for i := range dst {
		dst[i] = compared(a[i*stepA], b[i*stepB], c)
	}
}

// CompareMapped compares what tables make of bytes.
func CompareMapped(dst, a, b []uint8, stepA, stepB int, tableA, tableB *[256]int32, c Comparison) {
	for i := range dst {
		dst[i] = compared(tableA[a[i*stepA]], tableB[b[i*stepB]], c)
	}
}

func compared[T uint8 | int16 | Number](x, y T, c Comparison) uint8 {
	switch {
	case x < y:
		return c.Less
	case x > y:
		return c.Greater
	case x == y:
		return c.Equal
	}
	return c.Unordered
}

// And is 1 where both are not 0, else 0.
func And(dst, a, b []uint8, stepA, stepB int) {
	for i := range dst {
		dst[i] = min(a[i*stepA], b[i*stepB], 1)
	}
}

// Or is 1 where one is not 0, else 0.
func Or(dst, a, b []uint8, stepA, stepB int) {
	for i := range dst {
		dst[i] = min(a[i*stepA]|b[i*stepB], 1)
	}
}

// Select is a[i*stepA] where which[i*step] is not 0, else b[i*stepB].
func Select[T uint8 | int16 | Number](dst []T, which []uint8, a, b []T, step, stepA, stepB int) {
	for i := range dst {
		if which[i*step] != 0 {
			dst[i] = a[i*stepA]
		} else {
			dst[i] = b[i*stepB]
		}
	}
}

// PReLU32 is a, times b where a is negative.
func PReLU32(dst, a, b []float32, stepA, stepB int) {
	if stepA != 1 || stepB != 1 {
		for i := range dst {
			x := a[i*stepA]
			dst[i] = unless(negative(x), x, x*b[i*stepB])
		}
		return
	}
	a, b = a[:len(dst)], b[:len(dst)]
	for i, x := range a {
		dst[i] = unless(negative(x), x, x*b[i])
	}
}

// unless is x where all bits of mask are 0, y where they are 1: signs are as good as random, so that nobody could predict a branch.
func unless(mask uint32, x, y float32) float32 {
	a, b := math.Float32bits(x), math.Float32bits(y)
	return math.Float32frombits(a ^ (a^b)&mask)
}

// negative is a mask of ones for numbers below 0, not for -0.
func negative(x float32) uint32 { return uint32((1<<31 - int64(math.Float32bits(x))) >> 63) }

// notPositive is a mask of ones for numbers that are not above 0.
func notPositive(x float32) uint32 {
	return uint32((1<<31 - 2 - int64(math.Float32bits(x)-1)) >> 63)
}

// Negate is dst[i] = -src[i].
func Negate[T Number](dst, src []T) {
	for i, x := range src {
		dst[i] = -x
	}
}

// LeakyReLU32 is dst[i] = src[i], times alpha where it is not positive.
func LeakyReLU32(dst, src []float32, alpha float32) {
	dst = dst[:len(src)]
	for i, x := range src {
		dst[i] = unless(notPositive(x), x, x*alpha)
	}
}

// HardSwish32 is dst[i] = x * min(6, max(0, x+3)) / 6 of src.
func HardSwish32(dst, src []float32) {
	dst = dst[:len(src)]
	for i, x := range src {
		dst[i] = float32(x*min(6, max(0, x+3))) * (1.0 / 6)
	}
}

// Requantizer brings integers from one scale and zero point to another.
type Requantizer struct {
	Mult     Multiplier
	From, To int32
}

// Requantize is dst[i] = r of src[i], limited to lo … hi.
func Requantize[In, Out uint8 | int16 | int32](r *Requantizer, dst []Out, src []In, lo, hi int64) {
	dst = dst[:len(src)]
	for i, x := range src {
		v := int64(r.Mult.HalfAway(int32(x)-r.From)) + int64(r.To)
		dst[i] = Out(min(max(v, lo), hi))
	}
}

// Quantize16 is Quantize to numbers of 16 bits.
func Quantize16(dst []int16, src []float32, scale float32, zero int32) {
	const limit = 1 << 20
	dst = dst[:len(src)]
	for i, x := range src {
		q := float64(x) / float64(scale)
		if !(q > -limit) {
			q = -limit
		}
		dst[i] = int16(min(max(int32(math.Round(min(q, limit)))+zero, math.MinInt16), math.MaxInt16))
	}
}
