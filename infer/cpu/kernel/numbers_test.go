//go:build linux

package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/inceptiond/inceptiond/internal/testing/guard"
)

// TestBent compares what is different below 0 with branches, of all kinds of numbers.
func TestBent(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	inf, minus0 := float32(math.Inf(1)), float32(math.Copysign(0, -1))
	a := []float32{0, minus0, 1, -1, inf, -inf, math.SmallestNonzeroFloat32, -math.SmallestNonzeroFloat32, float32(math.NaN())}
	for range 100 {
		a = append(a, float32(r.NormFloat64()))
	}
	for _, alpha := range []float32{0.1, -0.3, 2, 0} {
		slopes := make([]float32, len(a))
		Fill(slopes, alpha)
		bent, one, leaky := make([]float32, len(a)), make([]float32, len(a)), make([]float32, len(a))
		PReLU32(bent, a, slopes, 1, 1)
		PReLU32(one, a, slopes, 1, 0)
		LeakyReLU32(leaky, a, alpha)
		for i, x := range a {
			want, wantLeaky := x, x
			if x < 0 {
				want *= alpha
			}
			if !(x > 0) {
				wantLeaky *= alpha
			}
			for _, c := range [][2]float32{{bent[i], want}, {one[i], want}, {leaky[i], wantLeaky}} {
				if math.Float32bits(c[0]) != math.Float32bits(c[1]) && (x == x || c[0] == c[0]) {
					t.Errorf("%v by %v is %v (want %v)", x, alpha, c[0], c[1])
				}
			}
		}
	}
}

// TestPReLU compares with PReLU32.
func TestPReLU(t *testing.T) {
	bothEnds(t, func(t *testing.T, s *Set, atEnd bool) {
		if s.PReLU32 == nil {
			t.Skip("has none")
		}
		r := rand.New(rand.NewPCG(4, 1))
		for n := range 70 {
			a, b := guard.Slice[float32](t, n, atEnd), guard.Slice[float32](t, n, atEnd)
			for i := range a {
				a[i], b[i] = float32(r.NormFloat64()), float32(r.NormFloat64())
				if r.IntN(8) == 0 {
					a[i] = 0
				}
			}
			got, want := guard.Slice[float32](t, n, atEnd), make([]float32, n)
			s.PReLU32(got, a, b, 1, 1)
			PReLU32(want, a, b, 1, 1)
			if !slices.Equal(got, want) {
				t.Fatalf("%d numbers: %v (want %v)", n, got, want)
			}
		}
	})
}
