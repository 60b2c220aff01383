package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestAddLine wants lines to do for nearly all sums as networks have them, of scales that differ by up to 16.
func TestAddLine(t *testing.T) {
	r := rand.New(rand.NewPCG(14, 1))
	const sums = 100
	same := 0
	for range sums {
		a, b := math.Exp2(r.Float64()*4-2), math.Exp2(r.Float64()*4-2)
		twice := 2 * max(a, b)
		out := Output{Mult: []Multiplier{ofReal(twice / (1 << AddFraction))}, Zero: r.Int32N(256), Hi: 255}
		if r.IntN(2) == 0 {
			out.Lo = out.Zero
		}
		d := NewAdder(AddInput{r.Int32N(256), ofReal(a / twice)}, AddInput{r.Int32N(256), ofReal(b / twice)}, out)
		l := newAddLine(d)
		if alike(l.combine, func(dst, a, b []uint8) { d.Add(dst, a, b, 1, 1) }) {
			same++
		}
	}
	if t.Logf("%d of %d", same, sums); same < sums*9/10 {
		t.Errorf("%d lines of %d make the same bytes (want nearly all)", same, sums)
	}
}

// combine is the line in Go.
func (l *addLine) combine(dst, a, b []uint8) {
	for i := range dst {
		x, z := int32(a[i]), int32(b[i])
		y := (x*int32(l.high[0])+z*int32(l.high[1]))<<8 + (x*int32(l.low[0])+z*int32(l.low[1]))>>7 + l.add
		dst[i] = uint8(max(int32(l.lo), min(y>>l.shift, int32(l.hi))))
	}
}

// ofReal is the multiplier that is next to x, which is above 0 and below 1.
func ofReal(x float64) Multiplier {
	m, exponent := math.Frexp(x)
	return Multiplier{M: int32(min(math.Round(math.Ldexp(m, 31)), math.MaxInt32)), Right: uint8(-exponent)}
}
