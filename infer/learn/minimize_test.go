package learn

import (
	"context"
	"errors"
	"math"
	"testing"
)

// TestMinimize finds known minima.
func TestMinimize(t *testing.T) {
	bowl := func(x, g []float64) float64 { // with axes of very different length
		value := 0.0
		for i := range x {
			k := math.Pow(10, float64(i))
			d := x[i] - float64(i)
			g[i] = k * d
			value += k * d * d / 2
		}
		return value
	}
	x := make([]float64, 5)
	if err := minimize(t.Context(), x, bowl); err != nil {
		t.Fatal(err)
	}
	for i, v := range x {
		if math.Abs(v-float64(i)) > 1e-2 {
			t.Errorf("x[%d] = %v", i, v)
		}
	}
	rosenbrock := func(x, g []float64) float64 {
		a, b := 1-x[0], x[1]-x[0]*x[0]
		g[0], g[1] = -2*a-400*b*x[0], 200*b
		return a*a + 100*b*b
	}
	x = []float64{-1.2, 1}
	if err := minimize(t.Context(), x, rosenbrock); err != nil || math.Abs(x[0]-1) > 1e-3 || math.Abs(x[1]-1) > 1e-3 {
		t.Errorf("%v, %v", x, err)
	}
}

// TestMinimizeEnds whatever the function is, and gives a point that is a number.
func TestMinimizeEnds(t *testing.T) {
	for name, f := range map[string]objective{
		"flat":        func(_, g []float64) float64 { clear(g); return 1 },
		"no bottom":   func(x, g []float64) float64 { g[0] = -1; return -x[0] },
		"steep":       func(x, g []float64) float64 { g[0] = 1e300 * x[0]; return 1e300 * x[0] * x[0] },
		"no number":   func(_, g []float64) float64 { g[0] = math.NaN(); return math.NaN() },
		"infinite":    func(_, g []float64) float64 { g[0] = math.Inf(1); return math.Inf(1) },
		"wrong slope": func(x, g []float64) float64 { g[0] = -1; return x[0] },
		"a cliff": func(x, g []float64) float64 {
			g[0] = 1
			if x[0] < -0.3 {
				return math.NaN()
			}
			return x[0]
		},
	} {
		x := []float64{0.5}
		if err := minimize(t.Context(), x, f); err != nil || math.IsNaN(x[0]) || math.IsInf(x[0], 0) {
			t.Errorf("%s: %v, %v", name, x, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	flat := func(_, g []float64) float64 { g[0] = 1; return 1 }
	if err := minimize(ctx, []float64{0}, flat); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
