//go:build linux

package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/inceptiond/inceptiond/internal/testing/guard"
)

// sameBits compares numbers; all that are none are equal.
func sameBits(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool {
		return math.Float32bits(x) == math.Float32bits(y) || x != x && y != y
	})
}

// wild is n numbers of all sizes, some of them infinite or none.
func wild(r *rand.Rand, n int) []float32 {
	list := floats(r, n)
	for i := range list {
		if r.IntN(9) == 0 {
			list[i] = math.Float32frombits(r.Uint32())
		}
	}
	return list
}

// TestTile32 compares products by panels with those by columns, to the last bit: columns of 1 to past two panels, and more
// numbers than a call multiplies.
func TestTile32(t *testing.T) {
	bothEnds(t, func(t *testing.T, s *Set, atEnd bool) {
		if s.Tile32 == nil {
			t.Skip("products of float32 are plain Go")
		}
		r := rand.New(rand.NewPCG(23, 1))
		for _, k := range []int{1, 2, 3, 16, 33, maxSpan32 + 5} {
			for n := 1; n <= 2*Panel+1; n += 1 + n/5 {
				numbers := floats
				if r.IntN(4) == 0 {
					numbers = wild
				}
				plain := GEMM32{K: k, N: n, Weights: numbers(r, k*n), Bias: numbers(r, n), Lo: -2, Hi: 2}
				packed := plain
				packed.Weights, packed.Panels, packed.Tile = nil, cloned(t, PackPanels32(k, n, plain.Weights), atEnd), s.Tile32
				var rows [TileRows32][]float32
				for i := range rows {
					rows[i] = cloned(t, numbers(r, k), atEnd)
				}
				acc := &guard.Slice[Tile32](t, 1, atEnd)[0]
				for count := 1; count <= TileRows32; count++ {
					want, got := make([]float32, n*TileRows32), guard.Slice[float32](t, n*TileRows32, atEnd)
					a, b := rows, rows
					plain.Rows(want, n, &a, nil, count, 0, n)
					packed.Rows(got, n, &b, acc, count, 0, min(Panel, n))
					if n > Panel {
						packed.Rows(got, n, &b, acc, count, Panel, n)
					}
					if !sameBits(got, want) {
						t.Fatalf("%d rows of %d by %d columns: %v (want %v)", count, k, n, got, want)
					}
				}
			}
		}
	})
}

// TestTap32 compares with DepthwiseTap32: 0 to past two vectors of channels, of one and two outputs.
func TestTap32(t *testing.T) {
	bothEnds(t, func(t *testing.T, s *Set, atEnd bool) {
		r := rand.New(rand.NewPCG(24, 1))
		for channels := 1; channels <= 35; channels++ {
			for _, by := range []int{1, 2} {
				acc, x, w := wild(r, channels*by), wild(r, channels), wild(r, channels*by)
				got, a, b := cloned(t, acc, atEnd), cloned(t, x, atEnd), cloned(t, w, atEnd)
				s.Tap32(got, a, b)
				DepthwiseTap32(acc, x, w)
				if !sameBits(got, acc) || !sameBits(a, x) || !sameBits(b, w) {
					t.Fatalf("%d channels, %d outputs of each: %v (want %v)", channels, by, got, acc)
				}
			}
		}
	})
}

// TestTap compares with DepthwiseTap.
func TestTap(t *testing.T) {
	bothEnds(t, func(t *testing.T, s *Set, atEnd bool) {
		r := rand.New(rand.NewPCG(25, 1))
		for channels := 1; channels <= 35; channels++ {
			for _, by := range []int{1, 2} {
				acc, x, w, zero := anyBias(r, channels*by), extremes(r, channels), make([]int16, channels*by), int32(extremes(r, 1)[0])
				for i := range w {
					w[i] = int16(r.IntN(511) - 255)
				}
				got := cloned(t, acc, atEnd)
				s.Tap(got, cloned(t, x, atEnd), cloned(t, w, atEnd), zero)
				DepthwiseTap(acc, x, w, zero)
				if !slices.Equal(got, acc) {
					t.Fatalf("%d channels, %d outputs of each: %v (want %v)", channels, by, got, acc)
				}
			}
		}
	})
}

// TestQuantizeDynamic compares all sets with plain Go: numbers of any extent, such as are near a half between two bytes,
// and such as are none.
func TestQuantizeDynamic(t *testing.T) {
	bothEnds(t, func(t *testing.T, s *Set, atEnd bool) {
		r := rand.New(rand.NewPCG(26, 1))
		for n := range 70 {
			for range 20 {
				src := floats(r, n)
				size := float32(math.Ldexp(1, r.IntN(260)-130))
				for i := range src {
					src[i] = (src[i] + 0.3) * size
				}
				d := Asymmetric(Extent(src))
				if r.IntN(2) == 0 {
					d = Symmetric(Extent(src))
				}
				for i := range src {
					switch r.IntN(6) {
					case 0: // a half, as nearly as possible
						src[i] = (float32(r.IntN(256)) + 0.5 - float32(d.Zero)) * d.Scale
					case 1:
						src[i] = []float32{0, float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))}[r.IntN(4)]
					}
				}
				got, want := guard.Slice[uint8](t, n, atEnd), make([]uint8, n)
				s.QuantizeDynamic(got, cloned(t, src, atEnd), d)
				QuantizeDynamic(want, src, d)
				if !slices.Equal(got, want) {
					t.Fatalf("%+v: %v becomes %v (want %v)", d, src, got, want)
				}
			}
		}
	})
}
