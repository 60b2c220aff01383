//go:build !arm && !arm64

package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestBlockTakes computes what blocks do in vectors, of 64 bits, for the sums and multipliers at the edges of what they
// take: it must be the rule, before it is limited to a byte.
func TestBlockTakes(t *testing.T) {
	r := rand.New(rand.NewPCG(22, 1))
	sums := []int32{math.MinInt32, math.MinInt32 + 1, -1 << 30, -1, 0, 1, 1 << 30, math.MaxInt32 - 1, math.MaxInt32}
	for right := range uint8(33) {
		for _, zero := range []int32{0, 1, 2, 3, 15, 16, 127, 128, 254, 255} {
			for _, mult := range []int32{1 << 30, 1<<30 + r.Int32N(1<<30), math.MaxInt32, 12345, 0} {
				m := Multiplier{M: mult, Right: right}
				if want := right >= 1 && (right <= 23 || right <= 31 && zero < 1<<(31-right)); blockTakes(m, zero) != want {
					t.Errorf("%+v, zero point %d: %v", m, zero, !want)
				}
				if !blockTakes(m, zero) {
					continue
				}
				b := NewBlock([]int32{0}, Output{Mult: []Multiplier{m}, Zero: zero, Hi: 255})
				a := newAwayBlock([64]int32{}, &Output{Mult: []Multiplier{m}, Zero: zero, Hi: 255}, func(int) int { return 0 })
				for range 20 {
					sums = append(sums[:9], int32(r.Uint32()), int32(r.Uint32())>>r.IntN(31), staircaseEdge(r, m))
					for _, s := range sums {
						if got := int32((int64(s)*b.multEven[0]+b.addEven[0])>>32) >> b.shift[0]; got != m.HalfUp(s)+zero {
							t.Fatalf("%+v, zero point %d: %d becomes %d (want %d)", m, zero, s, got, m.HalfUp(s)+zero)
						}
						x := int64(s)*a.multEven[0] + a.addEven[0] - int64(uint32(s)>>31)<<31
						if got := int32(x>>32) >> a.shift[0]; got != m.HalfAway(s)+zero {
							t.Fatalf("%+v, zero point %d: %d becomes %d by %d (want %d)", m, zero, s, got, x, m.HalfAway(s)+zero)
						}
					}
				}
			}
		}
	}
}

// staircaseEdge is a sum at which the result of m changes.
func staircaseEdge(r *rand.Rand, m Multiplier) int32 {
	y := m.HalfUp(int32(r.Uint32()))
	return int32(min(staircase{m, HalfUp}.step(y), math.MaxInt32) - r.Int64N(2))
}
