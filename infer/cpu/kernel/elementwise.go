package kernel

// Adder adds two quantized tensors of differing scales. A and B hold each input's contribution by its byte, in a scale
// common to both with 20 bits of fraction.
type Adder struct {
	A, B   [256]int32
	Out    Output // one multiplier
	inputs [2]AddInput
}

// AddInput is how bytes of an input become numbers of the common scale: Mult.HalfAway of (byte - Zero) << 20.
type AddInput struct {
	Zero int32
	Mult Multiplier
}

// AddFraction is the number of bits of fraction (tflite/kernels/add.cc).
const AddFraction = 20

// NewAdder prepares the tables.
func NewAdder(a, b AddInput, out Output) *Adder {
	d := &Adder{Out: out, inputs: [2]AddInput{a, b}}
	for x := range d.A {
		d.A[x] = a.Mult.HalfAway((int32(x) - a.Zero) << AddFraction)
		d.B[x] = b.Mult.HalfAway((int32(x) - b.Zero) << AddFraction)
	}
	return d
}

// Add is dst[i] = a[i*stepA] + b[i*stepB]; a step is 0 (one value for all) or 1.
func (d *Adder) Add(dst, a, b []uint8, stepA, stepB int) {
	mult := d.Out.Mult[0]
	for i := range dst {
		v := mult.HalfAway(d.A[a[i*stepA]] + d.B[b[i*stepB]])
		dst[i] = Clamp(v+d.Out.Zero, d.Out.Lo, d.Out.Hi)
	}
}

// Multiplication multiplies two quantized tensors of zero points ZeroA and ZeroB.
type Multiplication struct {
	ZeroA, ZeroB int32
	Out          Output // one multiplier
}

// Mul is dst[i] = a[i*stepA] * b[i*stepB]; a step is 0 (one value for all) or 1.
func (m *Multiplication) Mul(dst, a, b []uint8, stepA, stepB int) {
	mult := m.Out.Mult[0]
	for i := range dst {
		v := mult.HalfAway((int32(a[i*stepA]) - m.ZeroA) * (int32(b[i*stepB]) - m.ZeroB))
		dst[i] = Clamp(v+m.Out.Zero, m.Out.Lo, m.Out.Hi)
	}
}

// Add32 is dst[i] = Clamp32(a[i*stepA] + b[i*stepB], lo, hi).
func Add32(dst, a, b []float32, stepA, stepB int, lo, hi float32) {
	for i := range dst {
		dst[i] = Clamp32(a[i*stepA]+b[i*stepB], lo, hi)
	}
}

// Mul32 is dst[i] = Clamp32(a[i*stepA] * b[i*stepB], lo, hi).
func Mul32(dst, a, b []float32, stepA, stepB int, lo, hi float32) {
	for i := range dst {
		dst[i] = Clamp32(a[i*stepA]*b[i*stepB], lo, hi)
	}
}
