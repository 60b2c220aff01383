//go:build linux

package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/inceptiond/inceptiond/internal/testing/guard"
)

// adder32 is what a set makes of a sum and a product.
func (s *Set) adder32() func(sum, x, w float32) float32 {
	if s.Fused {
		return fma32
	}
	return func(sum, x, w float32) float32 { return sum + float32(x*w) }
}

// fma32 is sum + x*w, rounded once. The product is exact in float64. The sum is rounded there to an odd number, unless it is
// exact, so that it is not rounded twice to the nearest.
func fma32(sum, x, w float32) float32 {
	p, z := float64(x)*float64(w), float64(sum)
	s := p + z
	part := s - p
	lost := (p - (s - part)) + (z - part)
	if bits := math.Float64bits(s); lost != 0 && bits&1 == 0 && !math.IsInf(s, 0) && !math.IsNaN(lost) {
		if (lost > 0) == (s > 0) {
			bits++
		} else {
			bits--
		}
		s = math.Float64frombits(bits)
	}
	return float32(s)
}

// TestFMA32: what is lost by rounding twice.
func TestFMA32(t *testing.T) {
	x := float32(1 + 0x1p-12)
	if got, want := fma32(0x1p-54, x, x), float32(1+0x1p-11+0x1p-23); got != want { // a half and a bit, of the last place
		t.Errorf("%x (want %x)", got, want)
	}
	if got, want := fma32(-0x1p-54, x, x), float32(1+0x1p-11); got != want {
		t.Errorf("%x (want %x)", got, want)
	}
}

// TestTiles32 compares with sums in their order: pixels past two tiles, pieces of all lengths, begun and new sums.
func TestTiles32(t *testing.T) {
	bothEnds(t, func(t *testing.T, s *Set, atEnd bool) {
		if s.Tiling32 == nil {
			t.Skip("convolutions are done by panels of rows")
		}
		r := rand.New(rand.NewPCG(31, 1))
		for count := 1; count <= 2*s.Tiling32.Pixels+1; count++ {
			for range 20 {
				testTiles32(t, s, r, atEnd, count)
			}
		}
	})
}

func testTiles32(t *testing.T, s *Set, r *rand.Rand, atEnd bool, count int) {
	t.Helper()
	const size = 200 // numbers of lines
	numbers := floats
	if r.IntN(4) == 0 {
		numbers = wild
	}
	at, pieces := guard.Slice[int32](t, count, atEnd), guard.Slice[Piece32](t, 1+r.IntN(4), atEnd)
	for i := range pieces {
		n := 1 + r.IntN(30)
		from := r.IntN(size/2 - n + 1)
		pieces[i] = Piece32{int32(4 * from), int32(4 * (from + n))}
	}
	for i := range at {
		at[i] = int32(4 * r.IntN(size/2+1))
	}
	at[r.IntN(count)], pieces[0] = 2*size, Piece32{2*size - 4, 2 * size} // the last number
	k := 0
	for _, p := range pieces {
		k += int(p.To-p.From) / 4
	}
	width := s.Tiling32.Panel
	lines, panel := cloned(t, numbers(r, size), atEnd), cloned(t, numbers(r, k*width), atEnd)
	sums, bias := cloned(t, numbers(r, count*width), atEnd), cloned(t, numbers(r, width), atEnd)
	stride := width + r.IntN(3)
	dst := guard.Slice[float32](t, (count-1)*stride+width, atEnd)
	Fill(dst, 77)
	args := Tiles32{
		Lines: &lines[0], At: &at[0], Count: count, Pieces: &pieces[0], Many: len(pieces), Panel: &panel[0], Sums: &sums[0],
		Begun: r.IntN(2), Bias: &bias[0], Dst: &dst[0], Stride: 4 * stride, Lo: -2, Hi: 2,
	}
	if r.IntN(3) == 0 {
		args.Bias = nil
	}
	wantSums, wantDst := append([]float32(nil), sums...), append([]float32(nil), dst...)
	for p := range count {
		for c := range width {
			sum, i := float32(0), 0
			if args.Begun != 0 {
				sum = sums[p*width+c]
			}
			for _, piece := range pieces {
				for x := piece.From; x < piece.To; x += 4 {
					sum = s.adder32()(sum, lines[(at[p]+x)/4], panel[i*width+c])
					i++
				}
			}
			if args.Bias == nil {
				wantSums[p*width+c] = sum
			} else {
				wantDst[p*stride+c] = Clamp32(sum+bias[c], args.Lo, args.Hi)
			}
		}
	}
	before := args
	s.Tiling32.Run(&args)
	if args != before {
		t.Fatal("changed its arguments")
	}
	if !sameBits(dst, wantDst) || !sameBits(sums, wantSums) {
		t.Fatalf("%d pixels, %v, %v: %v and %v (want %v and %v)", count, pieces, at, dst, sums, wantDst, wantSums)
	}
}
