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
	wanted := 1 + r.IntN(s.Tiling32.Panel)
	width := s.Tiling32.Columns(wanted)
	lines, panel := cloned(t, numbers(r, size), atEnd), cloned(t, numbers(r, k*width), atEnd)
	sums, bias := cloned(t, numbers(r, count*width), atEnd), cloned(t, numbers(r, width), atEnd)
	written := width
	if s.Tiling32.Partial {
		written = wanted
	}
	stride := written + r.IntN(3)
	dst := guard.Slice[float32](t, (count-1)*stride+written, atEnd)
	Fill(dst, 77)
	args := Tiles32{
		Lines: &lines[0], At: &at[0], Count: count, Pieces: &pieces[0], Many: len(pieces), Width: wanted, Panel: &panel[0], Sums: &sums[0],
		Begun: r.IntN(2), Bias: &bias[0], Dst: &dst[0], Stride: 4 * stride, Lo: -2, Hi: 2,
	}
	if r.IntN(3) == 0 {
		args.Bias = nil
	}
	wantSums, wantDst := append([]float32(nil), sums...), append([]float32(nil), dst...)
	to := wantDst
	if r.IntN(3) == 0 { // in place of the sums
		args.Dst, args.Stride, stride, to = args.Sums, 4*width, width, wantSums
	}
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
			} else if c < written {
				to[p*stride+c] = Clamp32(sum+bias[c], args.Lo, args.Hi)
			}
		}
	}
	before := args
	s.Tiling32.Run(&args)
	if args != before {
		t.Fatal("changed its arguments")
	}
	if !sameBits(dst, wantDst) || !sameBits(sums, wantSums) {
		t.Fatalf("%d pixels, %d columns, %v, %v: %v and %v (want %v and %v)", count, wanted, pieces, at, dst, sums, wantDst, wantSums)
	}
}

// TestRow32 compares depthwise convolutions, maxima and averages: channels past two vectors, pixels past two groups.
func TestRow32(t *testing.T) {
	bothEnds(t, func(t *testing.T, s *Set, atEnd bool) {
		if s.Depth32 == nil {
			t.Skip("windows are plain Go")
		}
		r := rand.New(rand.NewPCG(32, 1))
		fused := s.adder32()
		for channels := 1; channels <= 41; channels++ {
			for range 4 {
				row := Row32{Channels: channels, Count: 1 + r.IntN(10), Rows: 1 + r.IntN(3), Cols: 1 + r.IntN(4), Lo: -0.5, Hi: 0.5}
				row.Divisor = float32(row.Rows * row.Cols)
				testRow32(t, r, atEnd, row, s.Depth32, fused, false)
				testRow32(t, r, atEnd, row, s.Max32, func(sum, x, _ float32) float32 { return max(sum, x) }, false)
				testRow32(t, r, atEnd, row, s.Average32, func(sum, x, _ float32) float32 { return sum + x }, true)
			}
		}
	})
}

func testRow32(t *testing.T, r *rand.Rand, atEnd bool, row Row32, run func(*Row32), add func(sum, x, w float32) float32, divide bool) {
	t.Helper()
	n := row.Channels
	to, from, step := n+r.IntN(3), r.IntN(2*n), n+r.IntN(2)
	pitch, weightStep := row.Cols*step+r.IntN(3), n+r.IntN(2)
	weightPitch := row.Cols*weightStep + r.IntN(3)
	src := cloned(t, floats(r, (row.Count-1)*from+(row.Rows-1)*pitch+(row.Cols-1)*step+n), atEnd)
	weights := cloned(t, floats(r, (row.Rows-1)*weightPitch+(row.Cols-1)*weightStep+n), atEnd)
	begin, dst := cloned(t, floats(r, n), atEnd), guard.Slice[float32](t, (row.Count-1)*to+n, atEnd)
	Fill(dst, 77)
	want := append([]float32(nil), dst...)
	for p := range row.Count {
		for c, sum := range begin {
			for y := range row.Rows {
				for x := range row.Cols {
					sum = add(sum, src[p*from+y*pitch+x*step+c], weights[y*weightPitch+x*weightStep+c])
				}
			}
			if divide {
				sum /= row.Divisor
			}
			want[p*to+c] = Clamp32(sum, row.Lo, row.Hi)
		}
	}
	row.Dst, row.Src, row.Weights, row.Begin = &dst[0], &src[0], &weights[0], &begin[0]
	row.To, row.From, row.Pitch, row.Step = 4*to, 4*from, 4*pitch, 4*step
	row.WeightPitch, row.WeightStep = 4*weightPitch, 4*weightStep
	before := row
	if run(&row); row != before {
		t.Fatal("changed its arguments")
	}
	if !sameBits(dst, want) {
		t.Fatalf("%+v: %v (want %v)", row, dst, want)
	}
}

// TestPairs32 compares sums and products of pairs: 0 to past two vectors, one number for all on either side.
func TestPairs32(t *testing.T) {
	bothEnds(t, func(t *testing.T, s *Set, atEnd bool) {
		if s.Add32 == nil || s.Mul32 == nil {
			t.Skip("pairs are plain Go")
		}
		r := rand.New(rand.NewPCG(33, 1))
		for n := range 35 {
			for _, step := range [][2]int{{1, 1}, {0, 1}, {1, 0}} {
				a, b := cloned(t, wild(r, max(1, n*step[0])), atEnd), cloned(t, wild(r, max(1, n*step[1])), atEnd)
				got, want := guard.Slice[float32](t, n, atEnd), make([]float32, n)
				s.Add32(got, a, b, step[0], step[1], -1, 1)
				Add32(want, a, b, step[0], step[1], -1, 1)
				if !sameBits(got, want) {
					t.Fatalf("%v and %v: sums %v (want %v)", a, b, got, want)
				}
				s.Mul32(got, a, b, step[0], step[1], -1, 1)
				Mul32(want, a, b, step[0], step[1], -1, 1)
				if !sameBits(got, want) {
					t.Fatalf("%v and %v: products %v (want %v)", a, b, got, want)
				}
			}
		}
	})
}
