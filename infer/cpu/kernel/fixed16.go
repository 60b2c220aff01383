package kernel

import "math"

// Fixed-point numbers of 16 bits as gemmlowp has them (fixedpoint/fixedpoint.h): those of n integer bits have 15-n of fraction.

// Tanh16 is tanh of x, which has up to 6 integer bits; the answer has none.
func Tanh16(x int16, integer int) int16 {
	if x == 0 {
		return 0
	}
	n := min(x, -x) // -x wraps around for the least number, which stays
	e := exp16(n, integer+1)
	t := saturated16(int64(newton16(e)-1<<13) << 2)
	if x < 0 {
		return -t
	}
	return t
}

// Logistic16 is 1 / (1 + e^-x) of x, which has 3 integer bits; the answer has none.
func Logistic16(x int16) int16 {
	if x == 0 {
		return 1 << 14
	}
	positive := saturated16(int64(newton16(exp16(min(x, -x), 3))) << 1)
	if x < 0 {
		return math.MaxInt16 - positive
	}
	return positive
}

// exp16 is e^a of a not positive a of some integer bits: that of what is left of quarters, times those of powers of two.
func exp16(a int16, integer int) int16 {
	if a == 0 {
		return math.MaxInt16
	}
	fraction := 15 - integer
	if integer > 5 && a < -32<<fraction {
		return 0
	}
	quarter := int16(1) << (fraction - 2)
	left := a&(quarter-1) - quarter // -1/4 … 0
	e := expQuarter16(saturated16(int64(left) << integer))
	rest := left - a
	for i, factor := range [...]int16{25520, 19875, 12055, 4435, 600, 11, 0} {
		if exponent := i - 2; exponent < integer && rest&(1<<(fraction+exponent)) != 0 {
			e = times15(e, factor)
		}
	}
	return e
}

// expQuarter16 is e^a of a in -1/4 … 0 without integer bits, by Taylor's series around -1/8.
func expQuarter16(a int16) int16 {
	const middle, third = 28918, 10923 // e^(-1/8), 1/3
	x := a + 1<<12
	x2 := times15(x, x)
	x3, x4 := times15(x2, x), times15(x2, x2)
	more := int16(halved(int32(times15(int16(halved(int32(x4), 2))+x3, third)+x2), 1))
	return saturated16(int64(middle) + int64(times15(middle, x+more)))
}

// newton16 is 2 / (1 + a) of a in 0 … 1 without integer bits; the answer has 2.
func newton16(a int16) int16 {
	half := int16((int32(a) + math.MaxInt16 + 1) / 2)
	x := int16(23130) + times15(half, -15420) // 48/17 - 32/17 half
	for range 3 {
		rest := 1<<13 - times15(half, x)
		x += saturated16(int64(times15(x, rest)) << 2)
	}
	return x
}
