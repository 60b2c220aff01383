package kernel

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// number is what q makes of a sum, by the arithmetic that it is made for.
func (q Quick) number(sum int32) int32 {
	exact := new(big.Float).SetPrec(200)
	exact.Mul(exact.SetFloat64(float64(math.Float32frombits(uint32(sum+q.shift)))), big.NewFloat(float64(q.mult)).SetPrec(200))
	exact.Add(exact, big.NewFloat(float64(q.add)).SetPrec(200))
	rounded, _ := exact.Float32()
	return int32(math.Float32bits(rounded)) - quickBits
}

// TestQuick wants of every channel what its multiplier makes: on both sides of each step, at both ends of its sums, and in between.
// Most multipliers of usual size are to be taken, with any limits and zero point.
func TestQuick(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 1))
	usual, taken := 0, 0
	for range 4000 {
		m, how, most := anyMultiplier(r), Rounding(r.IntN(2)), int64(1)<<(14+r.IntN(17))
		ordinary := r.IntN(4) > 0
		if ordinary {
			m, most = Multiplier{M: 1<<30 + r.Int32N(1<<30), Right: uint8(2 + r.IntN(7))}, min(most, 1<<23)
			usual++
		}
		out := Output{Mult: []Multiplier{m}, Zero: r.Int32N(256), Hi: 255}
		if r.IntN(2) == 0 {
			out.Lo = out.Zero
		}
		lo, hi := -most, most
		list := out.Quicks(how, most, func(int) (int64, int64) {
			lo += r.Int64N(2 * most)
			hi -= r.Int64N(hi - lo)
			return lo, hi
		})
		if list == nil {
			continue
		}
		if ordinary {
			taken++
		}
		check := func(x int64) {
			if x < lo || x > hi {
				return
			}
			want := Clamp(m.Round(int32(x), how)+out.Zero, out.Lo, out.Hi)
			if got := Clamp(list[0].number(int32(x)), out.Lo, out.Hi); got != want {
				t.Fatalf("%+v, rounding %d, zero point %d, from %d on: %d becomes %d (want %d) by %+v", m, how, out.Zero, out.Lo, x, got, want, list[0])
			}
		}
		check(lo)
		check(hi)
		for y := out.Lo - out.Zero; y <= out.Hi-out.Zero; y++ {
			x := staircaseStep(m, how, y)
			check(x - 1)
			check(x)
		}
		for range 20 {
			check(lo + r.Int64N(hi-lo+1))
		}
	}
	if taken < usual*7/10 {
		t.Errorf("%d of %d usual multipliers are taken", taken, usual)
	}
}

// staircaseStep is the least sum from -2^30 to 2^30 of which m makes y or more, without a shift to the left that wraps around.
func staircaseStep(m Multiplier, how Rounding, y int32) int64 {
	low, high := int64(-1)<<(30-m.Left), int64(1)<<(30-m.Left)
	for low < high {
		if middle := (low + high) >> 1; m.Round(int32(middle), how) >= y {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return low
}

// TestFirstWithin compares with trying one after the other.
func TestFirstWithin(t *testing.T) {
	for n := int64(1); n < 40; n++ {
		for a := range n {
			for from := range n {
				for to := from; to < n; to++ {
					want := int64(-1)
					for k := range n {
						if x := a * k % n; x >= from && x <= to {
							want = k
							break
						}
					}
					if got := firstWithin(a, n, from, to); got != want && (got >= 0 || want >= 0) {
						t.Fatalf("%d*k mod %d in %d … %d: %d (want %d)", a, n, from, to, got, want)
					}
				}
			}
		}
	}
}
