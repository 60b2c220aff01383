// Package exact has the functions of package math that differ from machine to machine, with the same bits everywhere:
// math.Exp and math.Log have assembly for some processors, and compilers for others join a product and a sum into one
// rounding, which float64(…) forbids.
package exact

import "math"

// The natural logarithm of 2 is the sum of these two. The first has few bits, so that its product with a small whole number
// is exact (Cody and Waite).
const ln2High, ln2Low = 6.93147180369123816490e-01, 1.90821492927058770002e-10

// Exp is e to the power of x, within 1e-15 of it.
func Exp(x float64) float64 {
	switch {
	case x != x:
		return x
	case x > 709:
		return math.Inf(1)
	case x < -745:
		return 0
	}
	// x = n ln 2 + r with |r| <= ln 2 / 2.
	n := math.Floor(float64(x*math.Log2E) + 0.5)
	r := x - float64(n*ln2High) - float64(n*ln2Low)
	sum := 1.0 // the Taylor series to r^13 / 13!, from its end
	for k := 13; k > 0; k-- {
		sum = 1 + float64(float64(r*sum)*inverse[k])
	}
	return math.Ldexp(sum, int(n))
}

// inverse has 1/k.
var inverse = [...]float64{
	0, 1, 1. / 2, 1. / 3, 1. / 4, 1. / 5, 1. / 6, 1. / 7, 1. / 8, 1. / 9, 1. / 10, 1. / 11, 1. / 12, 1. / 13,
}

// Log is the natural logarithm of x, within 1e-15 of it where that is not near 0. It is minus infinity of 0, and no number
// of what is less.
func Log(x float64) float64 {
	switch {
	case x != x || x < 0:
		return math.NaN()
	case x == 0:
		return math.Inf(-1)
	case x > math.MaxFloat64:
		return x
	}
	m, n := math.Frexp(x) // x = m 2^n with m from 1/√2 to √2
	if m < math.Sqrt2/2 {
		m, n = 2*m, n-1
	}
	t := (m - 1) / (m + 1) // ln m = 2 (t + t^3/3 + t^5/5 + …), |t| < 0.172
	square, sum := float64(t*t), 0.0
	for k := 21; k > 1; k -= 2 {
		sum = float64(square * (1/float64(k) + sum))
	}
	return float64(float64(n)*ln2High) + (float64(2*float64(t*(1+sum))) + float64(float64(n)*ln2Low))
}
