package stats

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
)

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s = %.10g, want %.10g", what, got, want)
	}
}

// TestWilson holds the interval against known values: R's prop.test without continuity correction.
func TestWilson(t *testing.T) {
	for _, c := range []struct {
		right, n  int
		low, high float64
	}{
		{0, 0, 0, 1},
		{0, 10, 0, 0.2775328},
		{10, 10, 0.7224672, 1},
		{1, 1, 0.2065493, 1},
		{5, 10, 0.2365931, 0.7634069},
		{15, 148, 0.0623857, 0.1605341}, // Newcombe 1998, table I
		{81, 263, 0.2553, 0.3662},       // the same
		{0, 20, 0, 0.1611},              // the same
		{1, 29, 0.0061, 0.1718},         // the same
	} {
		low, high := Wilson(c.right, c.n)
		what := fmt.Sprintf("Wilson(%d, %d)", c.right, c.n)
		near(t, what+" low", low, c.low, 5e-5)
		near(t, what+" high", high, c.high, 5e-5)
	}
}

// TestWilsonHolds checks what holds of all intervals: within 0 to 1, around the share, mirrored, narrower with more.
func TestWilsonHolds(t *testing.T) {
	for n := 1; n <= 60; n++ {
		for right := 0; right <= n; right++ {
			low, high := Wilson(right, n)
			share := float64(right) / float64(n)
			if !(0 <= low && low <= share && share <= high && high <= 1) {
				t.Fatalf("Wilson(%d, %d) = %v, %v", right, n, low, high)
			}
			l, h := Wilson(n-right, n)
			near(t, "mirrored low", 1-h, low, 1e-12)
			near(t, "mirrored high", 1-l, high, 1e-12)
			if l, h := Wilson(2*right, 2*n); h-l >= high-low {
				t.Fatalf("Wilson(%d, %d) is wider than that of half of it", 2*right, 2*n)
			}
		}
	}
}

func TestCalibration(t *testing.T) {
	confidence := []float64{0.05, 0.15, 0.15, 0.95, 1, 1.5, -1, math.NaN()}
	right := []bool{false, true, false, true, true, false, false, true}
	bins := Calibration(confidence, right, 10)
	want := map[int]Bin{
		0: {Low: 0, High: 0.1, Count: 2, Confidence: 0.025},
		1: {Low: 0.1, High: 0.2, Count: 2, Confidence: 0.15, Right: 1},
		9: {Low: 0.9, High: 1, Count: 3, Confidence: 2.95 / 3, Right: 2},
	}
	for i, b := range bins {
		w, ok := want[i]
		if !ok {
			w = Bin{Low: float64(i) / 10, High: float64(i+1) / 10}
		}
		near(t, "confidence", b.Confidence, w.Confidence, 1e-12)
		b.Confidence = w.Confidence
		if b != w {
			t.Errorf("bin %d = %+v, want %+v", i, b, w)
		}
	}
	// (|0 - 0.05| + 2 |0.5 - 0.15| + 2 |1 - 0.975|) / 5
	near(t, "error", CalibrationError([]float64{0.05, 0.15, 0.15, 0.95, 1}, right[:5], 10), 0.16, 1e-12)
	near(t, "error of none", CalibrationError(nil, nil, 10), 0, 0)
	near(t, "error of no bins", CalibrationError([]float64{0.25}, []bool{true}, 0), 0.75, 1e-12)
}

// TestCalibrationErrorOfHonest has answers that are right as often as they say, and others that always say 1.
func TestCalibrationErrorOfHonest(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var confidence, boast []float64
	var right []bool
	hits := 0
	for range 20000 {
		c := r.Float64()
		ok := r.Float64() < c
		confidence, boast, right = append(confidence, c), append(boast, 1), append(right, ok)
		if ok {
			hits++
		}
	}
	if e := CalibrationError(confidence, right, 10); e > 0.02 {
		t.Errorf("error of honest answers is %v", e)
	}
	near(t, "error of boasts", CalibrationError(boast, right, 10), 1-float64(hits)/20000, 1e-12)
}

func TestAUROC(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		positive, negative []float64
		want               float64
	}{
		{nil, nil, 0.5},
		{[]float64{1}, nil, 0.5},
		{[]float64{2, 3}, []float64{0, 1}, 1},
		{[]float64{0, 1}, []float64{2, 3}, 0},
		{[]float64{1, 1}, []float64{1, 1, 1}, 0.5},
		{[]float64{0.8, 0.4}, []float64{0.5, 0.4}, 0.625},
		{[]float64{1}, []float64{nan, 2}, 0.5},
	} {
		near(t, fmt.Sprintf("AUROC(%v, %v)", c.positive, c.negative), AUROC(c.positive, c.negative), c.want, 1e-12)
	}
}

// TestAUROCCountsPairs compares the area with all pairs, counted one by one.
func TestAUROCCountsPairs(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		positive, negative := make([]float64, 1+r.IntN(20)), make([]float64, 1+r.IntN(20))
		for i := range positive {
			positive[i] = float64(r.IntN(8))
		}
		for i := range negative {
			negative[i] = float64(r.IntN(8))
		}
		want := 0.0
		for _, p := range positive {
			for _, n := range negative {
				switch {
				case p > n:
					want++
				case p == n:
					want += 0.5
				}
			}
		}
		want /= float64(len(positive) * len(negative))
		near(t, "AUROC", AUROC(positive, negative), want, 1e-12)
		near(t, "AUROC turned round", AUROC(negative, positive), 1-want, 1e-12)
	}
}

// TestMcNemar compares with the binomial sum in whole numbers.
func TestMcNemar(t *testing.T) {
	near(t, "McNemar(0, 0)", McNemar(0, 0), 1, 0)
	near(t, "McNemar(0, 5)", McNemar(0, 5), 0.0625, 1e-12)
	near(t, "McNemar(6, 6)", McNemar(6, 6), 1, 1e-12)
	near(t, "McNemar(59, 6)", McNemar(59, 6), 4.6e-12, 1e-12) // far from chance
	for _, n := range []int{1, 2, 7, 40, 1500} {
		for k := 0; k <= n; k += 1 + n/10 {
			sum := new(big.Int)
			for i := 0; i <= min(k, n-k); i++ {
				sum.Add(sum, new(big.Int).Binomial(int64(n), int64(i)))
			}
			p, _ := new(big.Rat).SetFrac(sum.Lsh(sum, 1), new(big.Int).Lsh(big.NewInt(1), uint(n))).Float64()
			near(t, fmt.Sprintf("McNemar(%d, %d)", k, n-k), McNemar(k, n-k), min(p, 1), 1e-9)
		}
	}
}

// TestResample: each set has n things, the sets differ, and are the same the next time; their means scatter as theory has it.
func TestResample(t *testing.T) {
	const n, sets = 50, 400
	values := make([]float64, n)
	for i := range values {
		values[i] = float64(i % 2)
	}
	draw := func() (means []float64) {
		Resample(n, sets, func(weights []int32) {
			sum, all := 0.0, int32(0)
			for i, w := range weights {
				sum += float64(w) * values[i]
				all += w
			}
			if len(weights) != n || all != n {
				t.Fatalf("%d of %d", all, len(weights))
			}
			means = append(means, sum/n)
		})
		return means
	}
	first, second := draw(), draw()
	if len(first) != sets || !slices.Equal(first, second) {
		t.Error("the sets are other ones")
	}
	near(t, "deviation of means", Deviation(first), math.Sqrt(0.25/n), 0.01) // of a fair coin
	Resample(0, 3, func(weights []int32) {
		if len(weights) > 0 {
			t.Error("something of nothing")
		}
	})
}

func TestDeviation(t *testing.T) {
	near(t, "of none", Deviation(nil), 0, 0)
	near(t, "of one", Deviation([]float64{7}), 0, 0)
	near(t, "of 2, 4, 4, 4, 5, 5, 7, 9", Deviation([]float64{2, 4, 4, 4, 5, 5, 7, 9}), math.Sqrt(32./7), 1e-12)
}

func TestTwoSided(t *testing.T) {
	for _, c := range []struct{ v, deviation, want float64 }{{0, 0, 1}, {0, 1, 1}, {1, 0, 0}, {Normal95, 1, 0.05}, {-2 * Normal95, 2, 0.05}, {1, 1, 0.31731050786291415}} {
		near(t, "two-sided", TwoSided(c.v, c.deviation), c.want, 1e-12)
	}
}
