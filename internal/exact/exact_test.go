package exact_test

import (
	"math"
	"math/big"
	"testing"

	"github.com/inceptiond/inceptiond/internal/exact"
)

// TestExp compares with exact arithmetic.
func TestExp(t *testing.T) {
	for x := -740.0; x < 709; x += 0.37 {
		want, _ := exactExp(x).Float64()
		if got := exact.Exp(x); math.Abs(got-want) > 1e-15*want+5e-324 {
			t.Fatalf("exp(%v) = %v, want %v", x, got, want)
		}
	}
	for x, want := range map[float64]float64{0: 1, math.Inf(-1): 0, math.Inf(1): math.Inf(1), -1e300: 0, 1e300: math.Inf(1), 1e-300: 1} {
		if got := exact.Exp(x); got != want {
			t.Errorf("exp(%v) = %v, want %v", x, got, want)
		}
	}
	if !math.IsNaN(exact.Exp(math.NaN())) {
		t.Error("exp(NaN) is a number")
	}
}

// exactExp is the Taylor series of exp(x / 1024), to the power of 1024, in 300 bits.
func exactExp(x float64) *big.Float {
	number := func(v float64) *big.Float { return big.NewFloat(v).SetPrec(300) }
	r := number(x)
	r.Quo(r, number(1024))
	sum, term := number(1), number(1)
	for k := 1.0; k < 40; k++ {
		term.Mul(term, r)
		term.Quo(term, number(k))
		sum.Add(sum, term)
	}
	for range 10 {
		sum.Mul(sum, sum)
	}
	return sum
}

// TestLog compares with the library, which is within a bit of the truth.
func TestLog(t *testing.T) {
	for x := 1e-307; x < 1e307; x *= 1.037 {
		want := math.Log(x)
		if got := exact.Log(x); math.Abs(got-want) > 1e-15*math.Abs(want)+1e-17 {
			t.Fatalf("log(%v) = %v, want %v", x, got, want)
		}
	}
	for x, want := range map[float64]float64{1: 0, 0: math.Inf(-1), math.Inf(1): math.Inf(1)} {
		if got := exact.Log(x); got != want {
			t.Errorf("log(%v) = %v, want %v", x, got, want)
		}
	}
	for _, x := range []float64{-1, math.Inf(-1), math.NaN()} {
		if got := exact.Log(x); !math.IsNaN(got) {
			t.Errorf("log(%v) = %v", x, got)
		}
	}
}
