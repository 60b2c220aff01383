package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestAddLine finds lines for sums as networks have them, of scales that differ by up to 4, and compares what they make of all
// pairs of bytes.
func TestAddLine(t *testing.T) {
	r := rand.New(rand.NewPCG(14, 1))
	const sums = 60
	lines := 0
	for range sums {
		a, b := math.Exp2(r.Float64()*4-2), math.Exp2(r.Float64()*4-2)
		twice := 2 * max(a, b)
		out := Output{Mult: []Multiplier{ofReal(twice / (1 << AddFraction))}, Zero: r.Int32N(256), Hi: 255}
		if r.IntN(2) == 0 {
			out.Lo = out.Zero
		}
		d := NewAdder(AddInput{r.Int32N(256), ofReal(a / twice)}, AddInput{r.Int32N(256), ofReal(b / twice)}, out)
		l, ok := newAddLine(d)
		if !ok {
			continue
		}
		lines++
		var row [256]uint8
		for x := range 256 {
			d.addRow(&row, uint8(x))
			for z, want := range row {
				y := int32(l.at(uint8(x), uint8(z))) + l.add
				if got := min(max(y>>l.shift, int32(l.lo)), int32(l.hi)); got != int32(want) {
					t.Fatalf("%+v makes %d of %d and %d (want %d)", l, got, x, z, want)
				}
			}
		}
	}
	if lines < sums*9/10 {
		t.Errorf("%d lines for %d sums (want nearly all)", lines, sums)
	}
	t.Logf("%d lines for %d sums", lines, sums)
}

// ofReal is the multiplier that is next to x, which is above 0 and below 1.
func ofReal(x float64) Multiplier {
	m, exponent := math.Frexp(x)
	return Multiplier{M: int32(min(math.Round(math.Ldexp(m, 31)), math.MaxInt32)), Right: uint8(-exponent)}
}
