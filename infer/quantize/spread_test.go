package quantize

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestSpread compares ranges with those of all numbers, sorted.
func TestSpread(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	s := newSpread(4)
	var all []float32
	var sums [4]float64
	for picture := range 10 {
		values := make([]float32, 4000)
		for i := range values {
			values[i] = float32(random.NormFloat64() * float64(1+picture))
			if i%4 == 3 {
				values[i] = max(values[i], 0) / 100
			}
			sums[i%4] += float64(values[i])
		}
		s.add(values)
		all = append(all, values...)
	}
	slices.Sort(all)
	n := len(all)
	if s.low != all[0] || s.high != all[n-1] {
		t.Errorf("%g to %g (want %g to %g)", s.low, s.high, all[0], all[n-1])
	}
	for _, share := range []float64{0, 1e-4, 1e-3, 0.01} {
		low, high := s.within(share)
		out := int(share * float64(n))
		width := float64(s.limit) / halfBins
		if math.Abs(float64(low-all[out])) > width || math.Abs(float64(high-all[n-1-out])) > width {
			t.Errorf("within %g: %g to %g (want %g to %g)", share, low, high, all[out], all[n-1-out])
		}
	}
	low, high := s.finest()
	if !(low > s.low && high < s.high) || s.squares(low, high) > s.squares(s.low, s.high) {
		t.Errorf("finest is %g to %g", low, high)
	}
	for c, mean := range s.means() {
		if want := sums[c] / float64(n/4); math.Abs(mean-want) > 1e-9 {
			t.Errorf("channel %d has a mean of %g (want %g)", c, mean, want)
		}
	}
}

// TestSpreadOfFew looks at numbers that make odd ranges.
func TestSpreadOfFew(t *testing.T) {
	for _, c := range []struct {
		values []float32
		dead   int
		times  float64
		broken int64
	}{
		{values: []float32{0, 0, 0, 0}, dead: 2},
		{values: []float32{1, 0, 50, 0}, dead: 1},
		{values: []float32{1, 2, 1, -40}, dead: 1, times: 40},
		{values: []float32{float32(math.NaN()), 1, float32(math.Inf(1)), 1}, broken: 2},
		{values: []float32{-3, -3, -3, -3}, dead: 2, times: 1},
	} {
		s := newSpread(2)
		s.add(c.values)
		if s.broken != c.broken {
			t.Errorf("%v: %d are no numbers", c.values, s.broken)
		}
		if c.broken > 0 {
			continue
		}
		if _, times := s.widest(); s.dead() != c.dead || times != c.times {
			t.Errorf("%v: %d are dead, one reaches %g times as far", c.values, s.dead(), times)
		}
		low, high := s.finest()
		if low < min(s.low, 0) || high > max(s.high, 0) {
			t.Errorf("%v: %g to %g", c.values, low, high)
		}
	}
}
