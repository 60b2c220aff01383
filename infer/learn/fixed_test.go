package learn

import (
	"math"
	"testing"
)

// TestFixed compares with real numbers.
func TestFixed(t *testing.T) {
	real := func(v int64) float64 { return float64(v) / one }
	for angle := int64(-20 * degree); angle <= 20*degree; angle += degree / 3 {
		if s := real(sine(angle)); math.Abs(s-math.Sin(real(angle))) > 2e-8 {
			t.Errorf("sine of %v: %v", real(angle), s)
		}
		if c := real(cosine(angle)); math.Abs(c-math.Cos(real(angle))) > 2e-8 {
			t.Errorf("cosine of %v: %v", real(angle), c)
		}
	}
	for x := int64(-20 * one); x <= one; x += one / 37 {
		if e := real(exponential(x)); math.Abs(e-math.Exp(real(x))) > 1e-7 {
			t.Errorf("e to the %v: %v", real(x), e)
		}
	}
	for n := int64(1); n <= 255; n++ {
		if l := real(logarithm(n)); math.Abs(l-math.Log(float64(n)/255)) > 1e-6 {
			t.Errorf("logarithm of %d/255: %v, want %v", n, l, math.Log(float64(n)/255))
		}
	}
}

// TestRandom holds the numbers of SplitMix64 that its authors' program gives for the seed 1234567.
func TestRandom(t *testing.T) {
	r := random(1234567)
	for _, want := range []uint64{6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821} {
		if got := r.next(); got != want {
			t.Errorf("%d, want %d", got, want)
		}
	}
	counts := map[int64]int{}
	for range 3000 {
		counts[r.between(-1, 1)]++
	}
	if len(counts) != 3 || min(counts[-1], counts[0], counts[1]) < 900 {
		t.Errorf("%v", counts)
	}
}
