package kernel

import "math"

// addLine is an [Adder] as a line over both inputs, in 32 bits. With a and b the bytes,
//
//	y = (a*high[0]+b*high[1])<<8 + (a*low[0]+b*low[1])>>7 + add
//	result = max(lo, min(y>>shift, hi))
//
// This is not how an Adder rounds, but mostly it makes the same bytes of all that there are: see alike. The fields are read by
// assembly: their order is part of it.
type addLine struct {
	high, low  [2]int16
	add, shift int32
	lo, hi     uint8
}

// newAddLine is the line of the real numbers that d adds.
func newAddLine(d *Adder) (l addLine) {
	out := math.Ldexp(d.Out.Mult[0].real(), AddFraction)
	a, b := d.inputs[0].Mult.real()*out, d.inputs[1].Mult.real()*out
	l.lo, l.hi = uint8(d.Out.Lo), uint8(d.Out.Hi)
	// 255 times both factors, in 31 bits.
	for l.shift = 22; l.shift > 0 && math.Abs(a)+math.Abs(b) >= math.Ldexp(1, 22-int(l.shift)); l.shift-- {
	}
	for i, x := range []float64{a, b} {
		k := int64(math.Round(math.Ldexp(x, int(l.shift)+7)))
		l.high[i], l.low[i] = int16(k>>15), int16(k&(1<<15-1))
	}
	zero := float64(d.Out.Zero) + 0.5 - a*float64(d.inputs[0].Zero) - b*float64(d.inputs[1].Zero)
	l.add = int32(math.Ldexp(zero, int(l.shift)))
	return l
}

// alike tells whether two functions that combine bytes make the same of all pairs.
func alike(f, g func(dst, a, b []uint8)) bool {
	var a, b, x, y [256]uint8
	for i := range b {
		b[i] = uint8(i)
	}
	for i := range b {
		Fill(a[:], uint8(i))
		f(x[:], a[:], b[:])
		g(y[:], a[:], b[:])
		if x != y {
			return false
		}
	}
	return true
}

// real is the number that m is.
func (m Multiplier) real() float64 { return math.Ldexp(float64(m.M), int(m.Left)-int(m.Right)-31) }
