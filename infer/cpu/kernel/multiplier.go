package kernel

// Multiplier is the positive real number M * 2^(Left-Right-31) with M in 2^30 … 2^31-1 (or 0), one of the shifts being 0.
// It scales an accumulator of products to the output's scale. Two roundings are in use; they differ by one where a
// negative number lies half-way between two integers.
type Multiplier struct {
	M           int32
	Left, Right uint8 // at most 31
}

// scaled is x * 2^Left * M / 2^31, rounded half up. The shift wraps around as int32 does.
func (m Multiplier) scaled(x int32) int64 {
	return (int64(x<<(m.Left&31))*int64(m.M) + 1<<30) >> 31
}

// HalfUp multiplies x, rounding half up: what TensorFlow Lite's matrix products (ruy) do on x86-64.
func (m Multiplier) HalfUp(x int32) int32 {
	r := m.Right & 31
	half := int64(1) << r >> 1
	return int32((m.scaled(x) + half) >> r)
}

// HalfAway multiplies x, rounding half away from zero: what TensorFlow Lite's other operators do.
func (m Multiplier) HalfAway(x int32) int32 {
	r := m.Right & 31
	half := int64(1) << r >> 1
	v := m.scaled(x)
	if v < 0 && half > 0 {
		half--
	}
	return int32((v + half) >> r)
}
