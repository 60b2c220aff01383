package kernel

import "cmp"

// number is what reductions are of.
type number interface {
	uint8 | int16 | int32 | int64 | float32
}

// Greater makes dst the greater of dst and src, element by element; what is not a number leaves it as it is.
func Greater[T cmp.Ordered](dst, src []T) {
	dst = dst[:len(src)]
	for i, x := range src {
		if x > dst[i] {
			dst[i] = x
		}
	}
}

// Greatest is the greatest of x and src, see [Greater].
func Greatest[T cmp.Ordered](x T, src []T) T {
	for _, y := range src {
		if y > x {
			x = y
		}
	}
	return x
}

// Lesser is the opposite of [Greater].
func Lesser[T cmp.Ordered](dst, src []T) {
	dst = dst[:len(src)]
	for i, x := range src {
		if x < dst[i] {
			dst[i] = x
		}
	}
}

// Least is the opposite of [Greatest].
func Least[T cmp.Ordered](x T, src []T) T {
	for _, y := range src {
		if y < x {
			x = y
		}
	}
	return x
}

// Plus adds src to dst; integers wrap around.
func Plus[T number](dst, src []T) {
	dst = dst[:len(src)]
	for i, x := range src {
		dst[i] += x
	}
}

// Total is x + src[0] + src[1] …, in this order.
func Total[T number](x T, src []T) T {
	for _, y := range src {
		x += y
	}
	return x
}

// Times multiplies dst by src; integers wrap around.
func Times[T number](dst, src []T) {
	dst = dst[:len(src)]
	for i, x := range src {
		dst[i] *= x
	}
}

// Product is x * src[0] * src[1] …, in this order.
func Product[T number](x T, src []T) T {
	for _, y := range src {
		x *= y
	}
	return x
}

// Lanes is the sum of src as vectors of eight numbers add it, which is nearer to the truth than one number after the other.
func Lanes(src []float32) float32 {
	var sums [8]float32
	for ; len(src) >= len(sums); src = src[len(sums):] {
		for i := range sums {
			sums[i] += src[i]
		}
	}
	for i, x := range src {
		sums[i] += x
	}
	return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]))
}
