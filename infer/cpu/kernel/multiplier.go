package kernel

import "math"

// Multiplier is the positive real number M * 2^(Left-Right-31) with M in 2^30 … 2^31-1 (or less, see Gentle), one of the shifts being 0.
// It scales an accumulator of products to the output's scale. Two roundings are in use; they differ by one where a
// negative number lies half-way between two integers.
type Multiplier struct {
	M           int32
	Left, Right uint8 // at most 31
}

// shifted is m * 2^n, for m that is not above 1.
func (m Multiplier) shifted(n uint8) Multiplier {
	if m.Right >= n {
		return Multiplier{M: m.M, Right: m.Right - n}
	}
	return Multiplier{M: m.M, Left: m.Left + n - m.Right}
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
	// Without branches, which nobody could predict: v>>63 is -1 for a negative v, and the rest is -1 unless half is 0.
	return int32((v + half + v>>63&(-half>>63)) >> r)
}

// Once multiplies x, rounding half up, and but once: what TensorFlow Lite's matrix products do that make numbers of 16 bits.
func (m Multiplier) Once(x int32) int32 {
	shift := 31 + m.Right - m.Left
	return int32((int64(x)*int64(m.M) + 1<<shift>>1) >> shift)
}

// Coarse is a [Multiplier] of 15 bits, M * 2^-Shift, for sums of 64 bits: what TensorFlow Lite takes for int16.
type Coarse struct {
	M     int64
	Shift uint8
}

// Coarse rounds m to 15 bits. It must be below 2^14.
func (m Multiplier) Coarse() Coarse {
	return Coarse{M: min((int64(m.M)+1<<15)>>16, math.MaxInt16), Shift: 15 + m.Right - m.Left}
}

// Times multiplies x, rounding half up.
func (c Coarse) Times(x int64) int32 { return int32((x*c.M + 1<<(c.Shift-1)) >> c.Shift) }

// Rounding is how a [Multiplier] treats the halves of negative numbers.
type Rounding int

const (
	HalfUp   Rounding = iota // [Multiplier.HalfUp]
	HalfAway                 // [Multiplier.HalfAway]
)

// Round multiplies x and rounds as how says.
func (m Multiplier) Round(x int32, how Rounding) int32 {
	if how == HalfAway {
		return m.HalfAway(x)
	}
	return m.HalfUp(x)
}

// Rounds tells whether two roundings make the same bytes: they differ below zero only, which limits may leave nothing of.
func (o *Output) Rounds(a, b Rounding) bool { return a == b || o.Lo >= o.Zero }

// FromSums turns raw sums, whole panels of columns for each of count pixels, into bytes: those of pixel p go to
// dst[p*stride:].
func (o *Output) FromSums(dst []uint8, stride int, raw []int32, count int, how Rounding) {
	n := len(o.Mult)
	width := (n + Panel - 1) / Panel * Panel
	for p := range count {
		to, sums := dst[p*stride:][:n], raw[p*width:][:n]
		if how == HalfAway {
			o.HalfAway(to, sums)
			continue
		}
		for c, v := range sums {
			to[c] = Clamp(o.Mult[c].HalfUp(v)+o.Zero, o.Lo, o.Hi)
		}
	}
}

// SumPixels makes each element of dst the sum of as many bytes of src, one after the other.
func SumPixels(dst []int32, src []uint8, channels int) {
	for i := range dst {
		dst[i] = sum(src[i*channels : (i+1)*channels])
	}
}

// AddInts adds src to dst.
func AddInts(dst, src []int32) {
	src = src[:len(dst)]
	for i, x := range src {
		dst[i] += x
	}
}

// Scale is dst[i] = src[i] * factor.
func Scale(dst, src []int32, factor int32) {
	src = src[:len(dst)]
	for i, x := range src {
		dst[i] = x * factor
	}
}
