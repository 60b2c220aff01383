package task

import "math"

// exp is e to the power of x, within 1e-15 of it, and the same bits on every machine: math.Exp has assembly for some
// processors, and compilers for others join a product and a sum into one rounding, which float64(…) forbids.
func exp(x float64) float64 {
	switch {
	case x != x:
		return x
	case x > 709:
		return math.Inf(1)
	case x < -745:
		return 0
	}
	// x = n ln 2 + r with |r| <= ln 2 / 2, where ln 2 is the sum of two numbers, the first of which has few bits, so
	// that its product with n is exact (Cody and Waite).
	const ln2High, ln2Low = 6.93147180369123816490e-01, 1.90821492927058770002e-10
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
