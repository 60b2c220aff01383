//go:build linux

package kernel

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/inceptiond/inceptiond/internal/testing/guard"
)

// TestNormBytes compares with Quantize of LRN of Dequantize: scales and sizes of networks, and such as leave powers that
// few numbers have, or quotients that lie near halves.
func TestNormBytes(t *testing.T) {
	bothEnds(t, func(t *testing.T, s *Set, atEnd bool) {
		if s.NormBytes == nil {
			t.Skip("has none")
		}
		r := rand.New(rand.NewPCG(21, 1))
		for range 60 {
			l := LRNBytes{
				LRN:     LRN{Radius: r.IntN(5), Bias: []float32{1, 2, 1e-25, -3}[r.IntN(4)], Alpha: []float32{2e-5, 0.3, 0, 1e20}[r.IntN(4)], Beta: 0.75},
				InScale: []float32{0.5, 1.7, 1e-20, 1e25}[r.IntN(4)], OutScale: []float32{0.5, 0.031, 1.2, 1e-20}[r.IntN(4)],
				InZero: r.Int32N(256), OutZero: r.Int32N(256),
			}
			width, pixels := 8*(1+r.IntN(25)), []int{1 + r.IntN(NormPixels), NormPixels}[r.IntN(2)]
			bytes := extremes(r, width*pixels)
			src, dst, want := cloned(t, bytes, atEnd), guard.Slice[uint8](t, len(bytes), atEnd), make([]uint8, len(bytes))
			floats, good := l.NormWork(width)
			l.Pixels(dst, src, width, guard.Slice[float32](t, floats, atEnd), guard.Slice[uint8](t, good, atEnd), s)
			l.Pixels(want, src, width, make([]float32, floats), make([]uint8, good), Plain())
			if !slices.Equal(dst, want) {
				t.Fatalf("%d pixels of %d channels, %+v: %v (want %v)", pixels, width, l, dst, want)
			}
			unchanged(t, "pixels", src, bytes)
		}
	})
}
