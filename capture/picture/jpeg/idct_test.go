package jpeg

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// statistics of an inverse transform's errors, as IEEE 1180-1990 takes them.
type statistics struct {
	n       int
	peak    float64
	sum, sq [64]float64
}

func (s *statistics) add(i int, e float64) {
	s.peak = max(s.peak, math.Abs(e))
	s.sum[i] += e
	s.sq[i] += e * e
}

// check holds the statistics to the standard's limits.
func (s *statistics) check(t *testing.T, size int) {
	t.Helper()
	var sum, sq, worstMean, worstSq float64
	for i := range s.sum {
		sum, sq = sum+s.sum[i], sq+s.sq[i]
		worstMean, worstSq = max(worstMean, math.Abs(s.sum[i])), max(worstSq, s.sq[i])
	}
	n := float64(s.n)
	all := n * float64(size*size)
	for _, c := range []struct {
		name       string
		got, limit float64
	}{
		{"peak error", s.peak, 1},
		{"worst mean square error", worstSq / n, 0.06},
		{"overall mean square error", sq / all, 0.02},
		{"worst mean error", worstMean / n, 0.015},
		{"overall mean error", math.Abs(sum) / all, 0.0015},
	} {
		t.Logf("%s %.5f, limit %g", c.name, c.got, c.limit)
		if c.got > c.limit {
			t.Errorf("%s %.5f is over %g", c.name, c.got, c.limit)
		}
	}
}

// TestInverse takes the errors of each transform over random blocks against the exact transform, rounded.
func TestInverse(t *testing.T) {
	for _, size := range []int{8, 4, 2} {
		for _, spread := range []int{5, 256, 300} {
			for _, last := range []int{63, 9} {
				t.Run(fmt.Sprintf("%dx%d/spread%d/last%d", size, size, spread, last), func(t *testing.T) {
					rng := rand.New(rand.NewPCG(uint64(size), uint64(spread)))
					var s statistics
					for range 10000 {
						testInverse(&s, rng, size, spread, last)
					}
					s.check(t, size)
				})
			}
		}
	}
}

func testInverse(s *statistics, rng *rand.Rand, size, spread, last int) {
	var samples [64]float64
	for i := range samples {
		samples[i] = float64(rng.IntN(2*spread+1) - spread)
	}
	exact := forwardDCT(&samples)
	var coefs [64]float64
	for _, i := range zigzag[:last+1] {
		coefs[i] = max(-2048, min(2047, math.Round(exact[i])))
	}
	c, quant := component{}, [64]uint16{}
	for k := range quant {
		quant[k] = 1
	}
	c.setDequant(&quant, size)
	var b block
	c.pred = int32(coefs[0])
	for k, i := range zigzag {
		if k > 0 {
			b.put(&c.dequant[k], int32(coefs[i]))
		}
	}
	b[0] = c.scaledDC()
	var got [64]byte
	k := plain() // TestKernels holds the others to it
	k.transform(got[:], 8, size, last, &b)
	want := inverseDCT(&coefs, size)
	const half = 0.5 + 1e-9 // exact halves are common at size 2, and go up
	s.n++
	for y := range size {
		for x := range size {
			s.add(y*8+x, float64(got[y*8+x])-max(0, min(255, math.Floor(want[y*8+x]+128+half))))
		}
	}
}

// TestFlat compares blocks of one coefficient with what the transform makes of them.
func TestFlat(t *testing.T) {
	for _, q := range []uint16{1, 3, 16, 255} {
		for pred := int32(-1100); pred <= 1100; pred++ {
			c := component{pred: pred}
			c.setDequant(&[64]uint16{q}, 8)
			want := max(0, min(255, float64(pred)*float64(q)/8+128))
			if got := c.flat(); math.Abs(float64(got)-want) > 0.5 {
				t.Fatalf("%d times %d: sample %d, exactly %g", pred, q, got, want)
			}
		}
	}
}
