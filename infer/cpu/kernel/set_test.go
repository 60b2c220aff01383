//go:build linux

package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/inceptiond/inceptiond/internal/testing/guard"
)

// others is the sets that this processor runs besides plain Go, which is what they are compared with.
func others(t *testing.T) []*Set {
	t.Helper()
	list := available()
	if len(list) == 1 {
		t.Skip("this processor has plain Go only")
	}
	return list[:len(list)-1]
}

// bothEnds runs f for each set, with memory that is guarded behind its end and before its beginning.
func bothEnds(t *testing.T, f func(t *testing.T, s *Set, atEnd bool)) {
	for _, s := range others(t) {
		for _, atEnd := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/end=%v", s.Name, atEnd), func(t *testing.T) { f(t, s, atEnd) })
		}
	}
}

// extremes is n bytes of which most are 0, 127, 128 or 255.
func extremes(r *rand.Rand, n int) []uint8 {
	list := make([]uint8, n)
	for i := range list {
		list[i] = []uint8{0, 127, 128, 255, 255, uint8(r.Uint32())}[r.IntN(6)]
	}
	return list
}

// anyMultiplier is one that an engine may make, of any size.
func anyMultiplier(r *rand.Rand) Multiplier {
	m := Multiplier{M: 1<<30 + r.Int32N(1<<30)}
	switch r.IntN(8) {
	case 0:
		m.Left = uint8(r.IntN(31))
	case 1:
		m.Right = uint8(r.IntN(32))
	case 2:
		m.M = []int32{0, 1 << 30, math.MaxInt32}[r.IntN(3)]
	default:
		m.Right = uint8(5 + r.IntN(8))
	}
	return m
}

// anyOutput is an output of n channels, with and without an activation function's limits, and with multipliers of all
// sizes or only such as layers mostly have.
func anyOutput(r *rand.Rand, n int) Output {
	out := Output{Zero: r.Int32N(256), Hi: 255}
	if r.IntN(2) == 0 {
		out.Lo, out.Hi = 20, 200
	}
	ordinary := r.IntN(2) == 0
	for range n {
		m := anyMultiplier(r)
		if ordinary {
			m.Left, m.Right = 0, uint8(1+r.IntN(14))
		}
		out.Mult = append(out.Mult, m)
	}
	return out
}

// anyBias is n numbers of all sizes.
func anyBias(r *rand.Rand, n int) []int32 {
	list := make([]int32, n)
	for i := range list {
		list[i] = int32(r.Uint32()) >> r.IntN(31)
	}
	return list
}

// TestDepth compares with DepthwiseTap and HalfAway.
func TestDepth(t *testing.T) {
	bothEnds(t, func(t *testing.T, s *Set, atEnd bool) {
		if s.Depth == nil {
			t.Skip("depthwise convolutions are plain Go")
		}
		r := rand.New(rand.NewPCG(2, 1))
		for n := 1; n <= 2*Panel+1; n++ {
			for _, taps := range []int{1, 2, 3, 9, 10} {
				testDepth(t, s, r, atEnd, n, taps, 1+r.IntN(5), false)
			}
			testDepth(t, s, r, atEnd, n, 9, 1+r.IntN(5), true)
		}
	})
}

// testDepth has the taps side by side; nine of them may be those of a window of 3x3 all the same.
func testDepth(t *testing.T, s *Set, r *rand.Rand, atEnd bool, n, taps, count int, window bool) {
	t.Helper()
	bytes, weights := extremes(r, (count+taps-1)*n), make([]int16, taps*n)
	for i := range weights {
		weights[i] = int16(r.IntN(511) - 255)
	}
	bias, out, za := anyBias(r, n), anyOutput(r, n), int32(extremes(r, 1)[0])
	lines := guard.Slice[int16](t, len(bytes)+SlackLines, atEnd)
	s.Widen(lines[:len(bytes)], cloned(t, bytes, atEnd))
	offsets := guard.Slice[int](t, (taps+1)/2*2, atEnd)
	for i := range offsets {
		offsets[i] = 2 * n * min(i, taps-1)
	}
	panels := cloned(t, DepthPanels(n, weights), atEnd)
	blocks := cloned(t, NewDepthBlocks(n, weights, bias, za, out), atEnd)
	dst := guard.Slice[uint8](t, count*n, atEnd)
	for c := 0; c < n; c += Panel {
		args := DepthTiles{
			Lines: &lines[c], Step: 2 * n, Count: count, Taps: &offsets[0], Pairs: len(offsets) / 2,
			Panel: &panels[c*len(offsets)], Block: &blocks[c/Panel], Dst: &dst[c], Stride: n, Width: min(Panel, n-c),
		}
		if window {
			args.Column, args.Row = 2*n, 3*2*n
		}
		s.Depth(&args)
	}
	want, sums := make([]uint8, len(dst)), make([]int32, n)
	for p := range count {
		copy(sums, bias)
		for tap := range taps {
			DepthwiseTap(sums, bytes[(p+tap)*n:(p+tap+1)*n], weights[tap*n:(tap+1)*n], za)
		}
		out.HalfAway(want[p*n:(p+1)*n], sums)
	}
	if !slices.Equal(dst, want) {
		t.Fatalf("%d pixels of %d channels, %d taps: %v (want %v)", count, n, taps, dst, want)
	}
}

// TestVectors compares the functions on rows of bytes, of 0 to past two vectors.
func TestVectors(t *testing.T) {
	bothEnds(t, func(t *testing.T, s *Set, atEnd bool) {
		r := rand.New(rand.NewPCG(3, 1))
		for n := range 140 {
			a, b := cloned(t, extremes(r, n), atEnd), cloned(t, extremes(r, n), atEnd)
			keptA, keptB := slices.Clone(a), slices.Clone(b)
			if got, want := s.Dot(a, b), dot1(a, b); got != want {
				t.Fatalf("dot of %d is %d (want %d)", n, got, want)
			}
			mapped, wantMapped := guard.Slice[uint8](t, n, atEnd), make([]uint8, n)
			table := (*[256]uint8)(cloned(t, extremes(r, 256), atEnd))
			s.Map(mapped, a, table)
			Map(wantMapped, a, table)
			if !slices.Equal(mapped, wantMapped) {
				t.Fatalf("map of %d: %v (want %v)", n, mapped, wantMapped)
			}
			s.Map(mapped, mapped, table) // in place
			Map(wantMapped, wantMapped, table)
			if !slices.Equal(mapped, wantMapped) {
				t.Fatalf("map of %d in place: %v (want %v)", n, mapped, wantMapped)
			}
			testWiden(t, s, a, atEnd)
			got, want := guard.Slice[float32](t, n, atEnd), make([]float32, n)
			scale, zero := r.Float32(), r.Int32N(256)
			s.Dequantize(got, a, scale, zero)
			Dequantize(want, a, scale, zero)
			if !slices.Equal(got, want) {
				t.Fatalf("dequantize %d", n)
			}
			unchanged(t, "a", a, keptA)
			unchanged(t, "b", b, keptB)
		}
	})
}

func testWiden(t *testing.T, s *Set, a []uint8, atEnd bool) {
	t.Helper()
	if s.Widen == nil {
		return // it belongs to Depth
	}
	wide := guard.Slice[int16](t, len(a), atEnd)
	s.Widen(wide, a)
	for i := range wide {
		if wide[i] != int16(a[i]) {
			t.Fatalf("widen %d: element %d is %d (want %d)", len(a), i, wide[i], a[i])
		}
	}
}

// TestWindows compares pools of 1 to past two vectors of channels.
func TestWindows(t *testing.T) {
	bothEnds(t, func(t *testing.T, s *Set, atEnd bool) {
		r := rand.New(rand.NewPCG(4, 1))
		for n := 1; n <= 140; n++ {
			w := Window{Rows: 1 + r.IntN(3), Cols: 1 + r.IntN(4), Step: n + r.IntN(2)}
			w.Pitch = w.Cols*w.Step + r.IntN(3)
			row := Row{Count: 1 + r.IntN(4), To: n + r.IntN(3), From: []int{w.Step, 2 * w.Step, r.IntN(2 * n)}[r.IntN(3)]}
			src := cloned(t, extremes(r, (row.Count-1)*row.From+w.last(n)+1), atEnd)
			kept := slices.Clone(src)
			got, want := guard.Slice[uint8](t, (row.Count-1)*row.To+n, atEnd), make([]uint8, (row.Count-1)*row.To+n)
			Fill(got, 77)
			Fill(want, 77)
			s.MaxRow(got, src, n, row, w, 20)
			MaxRow(want, src, n, row, w, 20)
			if !slices.Equal(got, want) {
				t.Fatalf("greatest of %d channels, %+v, %+v: %v (want %v)", n, row, w, got, want)
			}
			sums, wantSums := cloned(t, make([]int32, n), atEnd), make([]int32, n)
			Fill(sums, -1)
			s.SumWindow(sums, src, w)
			SumWindow(wantSums, src, w)
			if !slices.Equal(sums, wantSums) {
				t.Fatalf("sum of %d channels, %+v: %v (want %v)", n, w, sums, wantSums)
			}
			unchanged(t, "window", src, kept)
		}
	})
}

// TestAverages compares all sums of small counts, and some of large ones.
func TestAverages(t *testing.T) {
	bothEnds(t, func(t *testing.T, s *Set, atEnd bool) {
		r := rand.New(rand.NewPCG(5, 1))
		for _, count := range []int32{1, 2, 3, 4, 6, 9, 16, 25, 49, 64, 255, 256, 1000, 12345, 32767, 32768, 32769, 1 << 20} {
			for _, bias := range []int32{0, 128} {
				n := min(255*int(count)+1, 1<<17)
				sums := make([]int32, n)
				for i := range sums {
					sums[i] = int32(i)
					if n == 1<<17 {
						// Near the places where the answer changes.
						sums[i] = min(max(r.Int32N(256)*count+count/2+r.Int32N(3)-1, 0), 255*count)
					}
				}
				in := cloned(t, sums, atEnd)
				got, want := guard.Slice[uint8](t, n, atEnd), make([]uint8, n)
				s.Average(got, in, count, bias, 1, 250)
				Average(want, sums, count, bias, 1, 250)
				if !slices.Equal(got, want) {
					t.Fatalf("average of %d, bias %d", count, bias)
				}
				unchanged(t, "sums", in, sums)
			}
		}
	})
}

// specials is n numbers, among them some between two steps, and no numbers.
func specials(r *rand.Rand, n int) []float32 {
	inf := float32(math.Inf(1))
	list := floats(r, n)
	for i := range list {
		list[i] *= 200
		if r.IntN(4) == 0 {
			list[i] = []float32{
				0, 0.5, -0.5, 0.49999997, -0.49999997, 1.5, 2.5, -2.5, inf, -inf, float32(math.NaN()), 1e30, -1e30, 1e-40,
			}[r.IntN(14)]
		}
	}
	return list
}

// TestFloats compares what turns float32 into bytes, and scales.
func TestFloats(t *testing.T) {
	bothEnds(t, func(t *testing.T, s *Set, atEnd bool) {
		r := rand.New(rand.NewPCG(6, 1))
		for n := range 70 {
			src := cloned(t, specials(r, n), atEnd)
			for _, scale := range []float32{1, 0.1, 3, 1e-38} {
				got, want, zero := guard.Slice[uint8](t, n, atEnd), make([]uint8, n), r.Int32N(256)
				s.Quantize(got, src, scale, zero)
				Quantize(want, src, scale, zero)
				if !slices.Equal(got, want) {
					t.Fatalf("quantize %v by %v: %v (want %v)", src, scale, got, want)
				}
			}
			// Numbers near a half between two integers, where the last bit decides.
			scale, ties := 0.01+r.Float32(), guard.Slice[float32](t, n, atEnd)
			for i := range ties {
				ties[i] = math.Float32frombits(math.Float32bits(scale*(float32(r.IntN(300)-150)+0.5)) + uint32(r.IntN(5)) - 2)
			}
			got, want := guard.Slice[uint8](t, n, atEnd), make([]uint8, n)
			s.Quantize(got, ties, scale, 128)
			Quantize(want, ties, scale, 128)
			if !slices.Equal(got, want) {
				t.Fatalf("quantize %v by %v: %v (want %v)", ties, scale, got, want)
			}
			squared, wantSquared := guard.Slice[float32](t, n, atEnd), make([]float32, n)
			s.Square(squared, src, scale)
			Square(wantSquared, src, scale)
			if !sameFloats(squared, wantSquared) {
				t.Fatalf("squares of %v: %v (want %v)", src, squared, wantSquared)
			}
			sums := specials(r, n)
			scaled := cloned(t, sums, atEnd)
			exponent := []float32{-0.75, -0.3, -2, 0.6}[r.IntN(4)]
			s.ScalePower(scaled, src, 1, exponent)
			ScalePower(sums, src, 1, exponent)
			if !sameFloats(scaled, sums) {
				t.Fatalf("powers of %d: %v (want %v)", n, scaled, sums)
			}
		}
	})
}

// TestScalePower compares powers of numbers of all sizes, and of many like those of networks.
func TestScalePower(t *testing.T) {
	const n = 1 << 14
	bothEnds(t, func(t *testing.T, s *Set, atEnd bool) {
		r := rand.New(rand.NewPCG(14, 1))
		src := cloned(t, floats(r, n), atEnd)
		for _, exponent := range []float32{-0.75, -0.5, 0.98, -0.98, 0.1} {
			sums := make([]float32, n)
			for i := range sums {
				if sums[i] = 100 * r.Float32(); i%2 == 0 {
					sums[i] = math.Float32frombits(powMin + r.Uint32N(powRange))
				}
			}
			got := cloned(t, sums, atEnd)
			s.ScalePower(got, src, 1, exponent)
			ScalePower(sums, src, 1, exponent)
			for i := range got {
				if !sameFloats(got[i:i+1], sums[i:i+1]) {
					t.Fatalf("exponent %v, element %d is %v (want %v)", exponent, i, got[i], sums[i])
				}
			}
		}
	})
}

// sameFloats tells whether two lists have the same bits, but for what is no number.
func sameFloats(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool {
		return math.Float32bits(x) == math.Float32bits(y) || x != x && y != y
	})
}

// TestLRNPixels: pixels in groups and single ones give the same.
func TestLRNPixels(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 1))
	const width = 9
	l := LRN{Radius: 2, Bias: 1, Alpha: 0.2, Beta: 0.75}
	src := floats(r, 11*width)
	squares := make([]float32, l.Squares(width))
	got, want := make([]float32, len(src)), make([]float32, len(src))
	l.Pixels(got, src, width, squares, Plain())
	for at := 0; at < len(src); at += width {
		l.Pixels(want[at:at+width], src[at:at+width], width, squares, Plain())
	}
	if !slices.Equal(got, want) {
		t.Errorf("%v (want %v)", got, want)
	}
}

// TestFromSums compares with Output.FromSums: sums of all sizes, both roundings, all widths of a last block.
func TestFromSums(t *testing.T) {
	bothEnds(t, func(t *testing.T, s *Set, atEnd bool) {
		if s.FromSums == nil {
			t.Skip("has none")
		}
		r := rand.New(rand.NewPCG(13, 1))
		for n := 1; n <= 50; n++ {
			for _, how := range []Rounding{HalfUp, HalfAway} {
				out, count, vectors := anyOutput(r, n), 1+r.IntN(5), (n+Panel-1)/Panel
				raw := make([]int32, count*vectors*Panel)
				for i := range raw {
					raw[i] = int32(r.Uint32()) >> r.IntN(30)
				}
				sums, blocks := cloned(t, raw, atEnd), cloned(t, NewSumBlocks(&out, how), atEnd)
				stride := n + r.IntN(3)
				got, want := guard.Slice[uint8](t, (count-1)*stride+n, atEnd), make([]uint8, (count-1)*stride+n)
				for i := range vectors {
					s.FromSums(&RawSums{
						Sums: &sums[i*Panel], Pitch: 4 * vectors * Panel, Count: count, Block: &blocks[i],
						Dst: &got[i*Panel], Stride: stride, Width: min(Panel, n-i*Panel),
					})
				}
				out.FromSums(want, stride, raw, count, how)
				if !slices.Equal(got, want) {
					t.Fatalf("%d columns, %d pixels, rounding %d: %v (want %v)", n, count, how, got, want)
				}
				unchanged(t, "sums", sums, raw)
			}
		}
	})
}

// TestMapRows compares with Map of each pixel.
func TestMapRows(t *testing.T) {
	bothEnds(t, func(t *testing.T, s *Set, atEnd bool) {
		if s.MapRows == nil {
			t.Skip("has none")
		}
		r := rand.New(rand.NewPCG(15, 1))
		for n := 1; n <= 70; n++ {
			count := r.IntN(14)
			pitch := n + r.IntN(3)
			bytes := make([]uint8, max(0, count-1)*pitch+n)
			for i := range bytes {
				bytes[i] = uint8(r.Uint32())
			}
			got, table := cloned(t, bytes, atEnd), (*[256]uint8)(cloned(t, extremes(r, 256), atEnd))
			s.MapRows(got, pitch, count, n, table)
			for p := range count {
				Map(bytes[p*pitch:][:n], bytes[p*pitch:][:n], table)
			}
			if !slices.Equal(got, bytes) {
				t.Fatalf("%d pixels of %d bytes, %d apart: %v (want %v)", count, n, pitch, got, bytes)
			}
		}
		all, table := make([]uint8, 1<<8), new([256]uint8)
		for i := range all {
			all[i], table[i] = uint8(i), uint8(r.Uint32())
		}
		if s.Map(all, all, table); !slices.Equal(all, table[:]) {
			t.Errorf("all bytes become %v (want %v)", all, table)
		}
	})
}
