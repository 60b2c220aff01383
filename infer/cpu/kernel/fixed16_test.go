package kernel_test

import (
	"math"
	"testing"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
)

// TestFixed16 compares tanh and the logistic function in fixed point with those of real numbers, for all of 16 bits.
func TestFixed16(t *testing.T) {
	near := func(name string, x, got int16, want float64) {
		const most = 14 // last places
		if apart := float64(got) - want*(1<<15); math.Abs(apart) > most {
			t.Errorf("%s of %d: %d, %.1f off", name, x, got, apart)
		}
	}
	for x := math.MinInt16; x <= math.MaxInt16; x++ {
		real := float64(x) / (1 << 15)
		near("logistic", int16(x), kernel.Logistic16(int16(x)), 1/(1+math.Exp(-real*8)))
		for integer := range 7 {
			near("tanh", int16(x), kernel.Tanh16(int16(x), integer), math.Tanh(math.Ldexp(real, integer)))
		}
	}
}

// TestNorm16 compares a normalization in fixed point with one of real numbers.
func TestNorm16(t *testing.T) {
	row, weights, bias := make([]int16, 64), make([]int16, 64), make([]int32, 64)
	want := make([]float64, 64)
	mean, variance := 0.0, 0.0
	for i := range row {
		row[i], weights[i], bias[i] = int16(i*i*7-9000), int16(300*i-9000), int32(i*100000)
		mean += float64(row[i]) / 64
	}
	for _, x := range row {
		variance += (float64(x) - mean) * (float64(x) - mean) / 64
	}
	const scale = 1.0 / 16384
	for i, x := range row {
		want[i] = ((float64(x)-mean)/math.Sqrt(variance)*float64(weights[i]) + float64(bias[i])/1024) * scale * 4096
	}
	n := kernel.Norm16{Weights: weights, Bias: bias, Scale: kernel.Multiplier{M: 1 << 30, Right: 13}, Least: 1}
	n.Row(row)
	for i, got := range row {
		if math.Abs(float64(got)-want[i]) > 3 {
			t.Errorf("number %d: %d (want %.1f)", i, got, want[i])
		}
	}
}
