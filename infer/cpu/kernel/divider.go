package kernel

import (
	"math"
	"math/bits"
)

// Divider divides quantized numbers in fixed point (tflite/kernels/internal/reference/div.h).
type Divider struct{ Out Output } // one multiplier

// Quotient is the byte for x/y, x and y being steps of their scales, -255 … 255. That of a y of 0 is the one for 0.
func (d *Divider) Quotient(x, y int32) uint8 {
	if y == 0 {
		return Clamp(d.Out.Zero, d.Out.Lo, d.Out.Hi)
	}
	if y < 0 {
		x, y = -x, -y
	}
	// inverse, of 31 bits of fraction, is 2^digits / y.
	inverse, digits := reciprocal(y)
	room := bits.LeadingZeros32(uint32(x^x>>31)) - 1
	q := product(x<<room, inverse)
	m := d.Out.Mult[0]
	v := divided(product(q, m.M), int(m.Right)-int(m.Left)+digits+room)
	return Clamp(v+d.Out.Zero, d.Out.Lo, d.Out.Hi)
}

// reciprocal is 2^(31+digits) / y of a positive y: Newton's method as gemmlowp has it (one_over_one_plus_x_for_x_in_0_1).
func reciprocal(y int32) (inverse int32, digits int) {
	zeros := bits.LeadingZeros32(uint32(y))
	digits = 31 - zeros
	over := int32(uint32(y)<<zeros - 1<<31) // what y is above its greatest power of two, of that
	// half of 1+over, then estimates of its inverse with 2 bits before the point
	half := int32((int64(over) + math.MaxInt32 + 1) >> 1)
	x := 1515870810 + product(half, -1010580540) // 48/17 - 32/17 half
	for range 3 {
		rest := 1<<29 - product(half, x)
		x = int32(min(max(int64(x)+int64(product(x, rest))<<2, math.MinInt32), math.MaxInt32))
	}
	return int32(min(int64(x)<<1, math.MaxInt32)), digits
}

// divided is x / 2^n, rounded half away from zero. Beyond 31, where C++ leaves open what becomes of x, it is what x86-64 makes of
// it, which takes shifts by 32 bits as none: quotients of small numbers are so in TensorFlow Lite.
func divided(x int32, n int) int32 {
	mask := int32(int64(1)<<(n&63) - 1)
	threshold := mask>>1 - x>>31
	v := x >> (n & 31)
	if x&mask > threshold {
		v++
	}
	return v
}
