package kernel

// DepthwiseTap adds one tap of a depthwise convolution of one pixel: with m = len(acc) / len(x) outputs per channel,
// acc[c*m+i] += (x[c] - zero) * w[c*m+i].
func DepthwiseTap(acc []int32, x []uint8, w []int16, zero int32) {
	w = w[:len(acc)]
	if len(acc) == len(x) {
		for c, v := range x {
			acc[c] += (int32(v) - zero) * int32(w[c])
		}
		return
	}
	m := len(acc) / len(x)
	for c, v := range x {
		d := int32(v) - zero
		a, u := acc[c*m:(c+1)*m], w[c*m:(c+1)*m]
		for i := range a {
			a[i] += d * int32(u[i])
		}
	}
}

// DepthwiseTap32 is DepthwiseTap for float32: acc[c*m+i] += x[c] * w[c*m+i].
func DepthwiseTap32(acc, x, w []float32) {
	w = w[:len(acc)]
	m := len(acc) / len(x)
	for c, v := range x {
		a, u := acc[c*m:(c+1)*m], w[c*m:(c+1)*m]
		for i := range a {
			a[i] += float32(v * u[i])
		}
	}
}

// HalfAway turns sums into bytes: dst[c] = Clamp(HalfAway(acc[c]) + zero, lo, hi).
func (o *Output) HalfAway(dst []uint8, acc []int32) {
	dst, mult := dst[:len(acc)], o.Mult[:len(acc)]
	for c, v := range acc {
		dst[c] = Clamp(mult[c].HalfAway(v)+o.Zero, o.Lo, o.Hi)
	}
}
