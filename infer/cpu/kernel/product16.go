package kernel

// Dot16 is the sum of the products of a and w, of the same length.
func Dot16[W int8 | int16](a []int16, w []W) int64 {
	a = a[:len(w)]
	var s0, s1, s2, s3 int64
	k := 0
	for ; k+4 <= len(w); k += 4 {
		x, y := a[k:k+4:k+4], w[k:k+4:k+4]
		s0 += int64(int32(x[0]) * int32(y[0]))
		s1 += int64(int32(x[1]) * int32(y[1]))
		s2 += int64(int32(x[2]) * int32(y[2]))
		s3 += int64(int32(x[3]) * int32(y[3]))
	}
	for ; k < len(w); k++ {
		s0 += int64(int32(a[k]) * int32(w[k]))
	}
	return s0 + s1 + s2 + s3
}

// Tap16 adds the products of the channels of a pixel and the weights of a tap, of which each channel has as many, to acc.
func Tap16[S int32 | int64](acc []S, x []int16, w []int8) {
	acc = acc[:len(w)]
	each := len(w) / len(x)
	if each == 1 {
		x = x[:len(w)]
		for c, v := range w {
			acc[c] += S(int32(x[c]) * int32(v))
		}
		return
	}
	for c, v := range x {
		for i := c * each; i < (c+1)*each; i++ {
			acc[i] += S(int32(v) * int32(w[i]))
		}
	}
}

// Output16 is [Output] of 16 bits, whose zero point is 0.
type Output16 struct {
	Mult   []Multiplier // one per channel; nil: sums have 64 bits, and
	Coarse []Coarse     // these multiply them
	Away   bool         // Mult rounds as HalfAway, else as Once
	Lo, Hi int32        // limits of the activation function
}

// Number makes a number of the sum of channel c, which wraps around at 32 bits if these are multiplied.
func (o *Output16) Number(c int, sum int64) int16 {
	x := int32(0)
	switch {
	case o.Mult == nil:
		x = o.Coarse[c].Times(sum)
	case o.Away:
		x = o.Mult[c].HalfAway(int32(sum))
	default:
		x = o.Mult[c].Once(int32(sum))
	}
	return int16(min(max(x, o.Lo), o.Hi))
}

// Numbers is dst[c] = Number(c, sums[c]).
func (o *Output16) Numbers(dst []int16, sums []int64) {
	sums = sums[:len(dst)]
	if o.Mult != nil {
		for c, sum := range sums {
			dst[c] = o.Number(c, sum)
		}
		return
	}
	coarse := o.Coarse[:len(dst)]
	for c, sum := range sums {
		dst[c] = int16(min(max(coarse[c].Times(sum), o.Lo), o.Hi))
	}
}

// Sum16 adds x to sums, which wrap around.
func Sum16(sums []int32, x []int16) {
	sums = sums[:len(x)]
	for i, v := range x {
		sums[i] += int32(v)
	}
}

// Average16 divides sums of count numbers each, rounds half away from zero, and limits what comes of it to lo … hi.
func Average16(dst []int16, sums []int32, count, lo, hi int32) {
	sums = sums[:len(dst)]
	for i, v := range sums {
		half := count / 2
		if v <= 0 {
			half = -half
		}
		dst[i] = int16(min(max((v+half)/count, lo), hi))
	}
}
