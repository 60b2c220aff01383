package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestGentle wants, of every channel that Gentle takes, the results of the multiplier itself: at both ends of its sums, on
// both sides of each step, and in between. It must take channels of few results.
func TestGentle(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 1))
	taken, refused := 0, 0
	for range 20000 {
		m := Multiplier{M: 1<<30 + r.Int32N(1<<30), Right: uint8(23 + r.IntN(9))}
		if r.IntN(8) == 0 {
			m.M = []int32{1 << 30, math.MaxInt32}[r.IntN(2)]
		}
		how := Rounding(r.IntN(2))
		lo := int32(r.Uint32()) >> r.IntN(20)
		hi := int32(min(int64(lo)+int64(r.Uint32()>>r.IntN(32)), math.MaxInt32))
		g, offset, ok := m.Gentle(lo, hi, how)
		own, other := staircase{m, how}, staircase{g, how}
		if !ok {
			if refused++; own.at(int64(hi))-own.at(int64(lo)) < 2 {
				t.Errorf("%+v, sums %d to %d, rounding %d: refused", m, lo, hi, how)
			}
			continue
		}
		taken++
		if !blockTakes(g, 255) {
			t.Fatalf("%+v is not gentle", g)
		}
		check := func(x int64) {
			if x < int64(lo) || x > int64(hi) {
				return
			}
			if want, got := own.at(x), other.at(int64(int32(x)+offset)); got != want {
				t.Fatalf("%+v, sums %d to %d, rounding %d: %d becomes %d (want %d) by %+v, offset %d", m, lo, hi, how, x, got, want, g, offset)
			}
		}
		check(int64(lo))
		check(int64(hi))
		for y := own.at(int64(lo)); y <= own.at(int64(hi))+1; y++ {
			check(own.step(y) - 1)
			check(own.step(y))
		}
		for range 20 {
			check(int64(lo) + r.Int64N(int64(hi)-int64(lo)+1))
		}
	}
	if taken < 5000 || refused < 100 {
		t.Errorf("%d taken, %d refused: the test has not much to say", taken, refused)
	}
}

// TestGentleLeaves wants Gentle to leave alone what is no case for it.
func TestGentleLeaves(t *testing.T) {
	for _, m := range []Multiplier{{M: 1 << 30, Right: gentleRight}, {M: 1 << 30, Left: 3}, {M: 1 << 30}} {
		if g, offset, ok := m.Gentle(-1000, 1000, HalfUp); ok || g != m || offset != 0 {
			t.Errorf("%+v: got %+v, offset %d, %v", m, g, offset, ok)
		}
	}
	if _, _, ok := (Multiplier{M: 1 << 30, Right: 25}).Gentle(1, 0, HalfUp); ok {
		t.Error("no sums at all")
	}
}
