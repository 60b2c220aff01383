package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestTap16: sums of 32 bits are those of 64 as long as they fit, and each channel has its own outputs.
func TestTap16(t *testing.T) {
	r := rand.New(rand.NewPCG(16, 1))
	for _, each := range []int{1, 3} {
		for n := range 9 {
			short, long, want := make([]int32, n*each), make([]int64, n*each), make([]int64, n*each)
			for range 511 {
				x, w := make([]int16, n), make([]int8, n*each)
				for i := range x {
					x[i] = []int16{math.MinInt16, math.MaxInt16, int16(r.Uint32())}[r.IntN(3)]
				}
				for i := range w {
					w[i] = []int8{math.MinInt8, math.MaxInt8, int8(r.Uint32())}[r.IntN(3)]
					want[i] += int64(x[i/each]) * int64(w[i])
				}
				if n > 0 {
					Tap16(short, x, w)
					Tap16(long, x, w)
				}
			}
			for i := range want {
				if int64(short[i]) != want[i] || long[i] != want[i] {
					t.Fatalf("%d channels, %d for each: %d and %d (want %d)", n, each, short[i], long[i], want[i])
				}
			}
		}
	}
}

// TestNumbers16 compares with Number, for both kinds of multipliers.
func TestNumbers16(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 1))
	sums, mult, coarse := make([]int64, 50), make([]Multiplier, 50), make([]Coarse, 50)
	for i := range sums {
		sums[i], mult[i] = int64(int32(r.Uint32()))>>r.IntN(20), Multiplier{M: 1<<30 + r.Int32N(1<<30), Right: uint8(1 + r.IntN(20))}
		coarse[i] = mult[i].Coarse()
	}
	for _, o := range []Output16{
		{Mult: mult, Lo: -100, Hi: 2000}, {Mult: mult, Away: true, Lo: -32768, Hi: 32767}, {Coarse: coarse, Lo: -300, Hi: 32767},
	} {
		got, want := make([]int16, len(sums)), make([]int16, len(sums))
		o.Numbers(got, sums)
		for c, sum := range sums {
			want[c] = o.Number(c, sum)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%v (want %v)", got, want)
		}
	}
}
