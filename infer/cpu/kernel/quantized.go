package kernel

// SquaredDifference8 squares the differences of two quantized tensors. A and B hold each input's contribution by its byte, in
// a scale common to both with SquareFraction bits of fraction.
type SquaredDifference8 struct {
	A, B [256]int32
	Out  Output // one multiplier
}

// SquareFraction is the number of bits of fraction (tflite/kernels/squared_difference.cc).
const SquareFraction = 7

// Combine is dst[i] = (a[i*stepA] - b[i*stepB])^2; a step is 0 (one value for all) or 1.
func (d *SquaredDifference8) Combine(dst, a, b []uint8, stepA, stepB int) {
	mult := d.Out.Mult[0]
	for i := range dst {
		v := d.A[a[i*stepA]] - d.B[b[i*stepB]]
		dst[i] = Clamp(mult.HalfAway(v*v)+d.Out.Zero, d.Out.Lo, d.Out.Hi)
	}
}

// PReLU8 multiplies what is negative of a quantized tensor by another's numbers.
type PReLU8 struct {
	ZeroA, ZeroB, Zero int32
	Above, Below       Multiplier // of numbers from 0 on, and of the products
}

// Combine is dst[i] = a[i*stepA], times b[i*stepB] where that is negative; a step is 0 (one value for all) or 1.
func (p *PReLU8) Combine(dst, a, b []uint8, stepA, stepB int) {
	for i := range dst {
		v := int32(a[i*stepA]) - p.ZeroA
		if v >= 0 {
			v = p.Above.HalfAway(v)
		} else {
			v = p.Below.HalfAway(v * (int32(b[i*stepB]) - p.ZeroB))
		}
		dst[i] = Clamp(v+p.Zero, 0, 255)
	}
}

// Pairs is what each pair of bytes becomes: that of x and y at x<<8 + y.
type Pairs [1 << 16]uint8

// Combine is dst[i] = p of a[i*stepA] and b[i*stepB]; a step is 0 (one value for all) or 1.
func (p *Pairs) Combine(dst, a, b []uint8, stepA, stepB int) {
	for i := range dst {
		dst[i] = p[int(a[i*stepA])<<8|int(b[i*stepB])]
	}
}

// Adder16 adds two quantized tensors of 16 bits; an input's contribution is Mult.HalfAway of (number - Zero) << 15.
type Adder16 struct {
	A, B AddInput
	Out  Output // one multiplier
}

// AddFraction16 is the number of bits of fraction (tflite/kernels/add.cc).
const AddFraction16 = 15

// Add is dst[i] = a[i*stepA] + b[i*stepB]; a step is 0 (one value for all) or 1.
func (d *Adder16) Add(dst, a, b []int16, stepA, stepB int) {
	mult := d.Out.Mult[0]
	for i := range dst {
		x := d.A.Mult.HalfAway((int32(a[i*stepA]) - d.A.Zero) << AddFraction16)
		y := d.B.Mult.HalfAway((int32(b[i*stepB]) - d.B.Zero) << AddFraction16)
		dst[i] = d.Out.clamp16(mult.HalfAway(x+y) + d.Out.Zero)
	}
}

func (o *Output) clamp16(x int32) int16 { return int16(min(max(x, o.Lo), o.Hi)) }

// PowerAdder16 adds two tensors of 16 bits, whose zero points are 0 and whose scales are powers of two: that of the output, and
// one that is as great, or 2^Right smaller.
type PowerAdder16 struct {
	RightA, RightB uint8 // one of them is 0
	Minus          bool  // the second input is subtracted
	Lo, Hi         int32
}

// Add is dst[i] = a[i*stepA] + b[i*stepB]; a step is 0 (one value for all) or 1.
func (d *PowerAdder16) Add(dst, a, b []int16, stepA, stepB int) {
	for i := range dst {
		x, y := halved(int32(a[i*stepA]), d.RightA), halved(int32(b[i*stepB]), d.RightB)
		if d.Minus {
			y = -y
		}
		dst[i] = int16(min(max(x+y, d.Lo), d.Hi))
	}
}

// halved is x / 2^n, rounded half away from zero.
func halved(x int32, n uint8) int32 {
	half := int64(1) << n >> 1
	return int32((int64(x) + half + int64(x>>31)&-min(half, 1)) >> n)
}

// Multiplication16 multiplies two quantized tensors of 16 bits and zero points ZeroA and ZeroB.
type Multiplication16 Multiplication

// Mul is dst[i] = a[i*stepA] * b[i*stepB]; a step is 0 (one value for all) or 1.
func (m *Multiplication16) Mul(dst, a, b []int16, stepA, stepB int) {
	mult := m.Out.Mult[0]
	for i := range dst {
		v := mult.HalfAway((int32(a[i*stepA]) - m.ZeroA) * (int32(b[i*stepB]) - m.ZeroB))
		dst[i] = m.Out.clamp16(v + m.Out.Zero)
	}
}
