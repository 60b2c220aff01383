package kernel

import (
	"math/rand/v2"
	"testing"
)

// TestSumBytes compares with a plain loop, past what lanes hold.
func TestSumBytes(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 1))
	for n := range 2200 {
		x, flip := make([]uint8, n), uint8(r.Uint32())
		Fill(x, ^flip) // the greatest sum
		if r.IntN(2) == 0 {
			x = extremes(r, n)
		}
		want := int32(0)
		for _, b := range x {
			want += int32(b ^ flip)
		}
		if got := SumBytes(x, flip); got != want {
			t.Fatalf("%d bytes, flip %d: %d (want %d)", n, flip, got, want)
		}
	}
}
