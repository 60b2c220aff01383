//go:build linux

package kernel

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/inceptiond/inceptiond/internal/testing/guard"
)

// plainOutput is an output of n channels that blocks can express, among them multipliers at the edges.
func plainOutput(r *rand.Rand, n int) Output {
	out := Output{Zero: r.Int32N(256), Hi: 255}
	if r.IntN(2) == 0 {
		out.Lo, out.Hi = 20, 200
	}
	for range n {
		m := Multiplier{M: 1<<30 + r.Int32N(1<<30), Right: uint8(1 + r.IntN(23))}
		if r.IntN(4) == 0 {
			m.M = 1 << 30
		}
		out.Mult = append(out.Mult, m)
	}
	return out
}

// TestDepthBytes compares with DepthwiseTap and HalfAway: pixels of 1 to past two blocks of channels, in one row and two.
func TestDepthBytes(t *testing.T) {
	bothEnds(t, func(t *testing.T, s *Set, atEnd bool) {
		if s.Depthwise == nil {
			t.Skip("has none")
		}
		r := rand.New(rand.NewPCG(10, 1))
		for n := 1; n <= 2*s.Depthwise.Channels+1; n++ {
			for _, taps := range []int{1, 2, 4, 9, 10} {
				testDepthBytes(t, s, r, atEnd, n, taps, 1+r.IntN(5), 0)
			}
			if s.Depthwise.Pair != nil {
				testDepthBytes(t, s, r, atEnd, n, []int{1, 3, 9, 10}[n%4], 1+r.IntN(5), 1+r.IntN(4))
			}
		}
	})
}

// testDepthBytes has the taps side by side, and those of a lower row that many further on, if they are not 0.
func testDepthBytes(t *testing.T, s *Set, r *rand.Rand, atEnd bool, n, taps, count, row int) {
	t.Helper()
	many := 1
	if s.Depthwise.Pair != nil {
		many += r.IntN(3)
	}
	bytes, weights := extremes(r, (count+taps-1+row+(many-1)*(2*row+1))*n), make([]int16, taps*n)
	for i := range weights {
		weights[i] = int16(r.IntN(511) - 255)
		if i%3 > 0 {
			weights[i] /= 2 // mostly such as fit 8 bits
		}
	}
	k, bias, out, za := s.Depthwise, anyBias(r, n), plainOutput(r, n), int32(extremes(r, 1)[0])
	if r.IntN(3) == 0 {
		out.Lo = out.Zero
	}
	if !k.Plain && r.IntN(2) == 0 {
		out = anyOutput(r, n)
	}
	if r.IntN(2) == 0 { // such as may have Quicks
		for i := range bias {
			bias[i] >>= 12
			out.Mult[i].Right = min(out.Mult[i].Right, 10)
		}
	}
	lines := guard.Slice[uint8](t, len(bytes)+k.Channels, atEnd)
	k.Line(lines[:len(bytes)], cloned(t, bytes, atEnd))
	rows := 1 + min(row, 1)
	dst := guard.Slice[uint8](t, many*rows*count*n, atEnd)
	for c := 0; c < n; c += k.Channels {
		channel := func(i int) int { return min(c+i, n-1) }
		p := k.Panel(n, weights, bias, za, &out, channel)
		if row > 0 {
			p = k.Pair(n, row, weights, bias, za, &out, channel)
		}
		offsets := make([]int, len(p.Taps))
		for i, tap := range p.Taps {
			offsets[i] = tap * n
		}
		args := DepthBytes{
			Lines: &lines[c], Step: n, Count: count, Taps: &cloned(t, offsets, atEnd)[0], Groups: len(offsets) / k.Taps,
			Panel: &cloned(t, p.Panel, atEnd)[0], Dst: &dst[c], Stride: n, Width: min(k.Channels, n-c), Pitch: (rows - 1) * count * n,
			Many: many, LinesPitch: (2*row + 1) * n, DstPitch: rows * count * n,
		}
		if p.Away != nil {
			args.Away = &cloned(t, []AwayBlock{*p.Away}, atEnd)[0]
		}
		if p.Round != nil {
			args.Round = &cloned(t, []RoundBlock{*p.Round}, atEnd)[0]
		}
		before := args
		if k.Run(&args); args != before {
			t.Fatal("changed its arguments")
		}
	}
	want, sums := make([]uint8, len(dst)), make([]int32, n)
	for p := range many * rows * count {
		copy(sums, bias)
		for tap := range taps {
			at := p%count + p/count%rows*row + p/count/rows*(2*row+1) + tap
			DepthwiseTap(sums, bytes[at*n:(at+1)*n], weights[tap*n:(tap+1)*n], za)
		}
		out.HalfAway(want[p*n:(p+1)*n], sums)
	}
	if !slices.Equal(dst, want) {
		t.Fatalf("%d pixels of %d channels, %d taps, %d in a row: %v (want %v)", count, n, taps, row, dst, want)
	}
}

// TestAdd compares with Adder.Add, with sums of all sizes and signs.
func TestAdd(t *testing.T) {
	bothEnds(t, func(t *testing.T, s *Set, atEnd bool) {
		if s.Adder == nil {
			t.Skip("has none")
		}
		r := rand.New(rand.NewPCG(11, 1))
		for n := range 200 {
			var ins [2]AddInput
			for i := range ins {
				m := Multiplier{M: 1<<30 + r.Int32N(1<<30), Right: uint8(r.IntN(32))}
				if r.IntN(2) == 0 {
					m = half(1)
				}
				ins[i] = AddInput{Zero: r.Int32N(256), Mult: m}
			}
			if r.IntN(2) == 0 { // a difference
				ins[1].Mult.M = -ins[1].Mult.M
			}
			out := plainOutput(r, 1)
			if r.IntN(3) == 0 {
				out = anyOutput(r, 1)
			}
			d := NewAdder(ins[0], ins[1], out)
			add, _ := s.Adder(d)
			if add == nil {
				if out.Plain() {
					t.Fatalf("refuses %+v, %+v", ins, out)
				}
				continue
			}
			a, b := cloned(t, extremes(r, n), atEnd), cloned(t, extremes(r, n), atEnd)
			keptA, keptB := slices.Clone(a), slices.Clone(b)
			got, want := guard.Slice[uint8](t, n, atEnd), make([]uint8, n)
			add(got, a, b)
			d.Add(want, a, b, 1, 1)
			if !slices.Equal(got, want) {
				t.Fatalf("%d sums: %v (want %v)", n, got, want)
			}
			unchanged(t, "a", a, keptA)
			unchanged(t, "b", b, keptB)
		}
	})
}

// TestMultiply compares with Multiplication.Mul and PReLU8.Combine.
func TestMultiply(t *testing.T) {
	bothEnds(t, func(t *testing.T, s *Set, atEnd bool) {
		if s.Multiplier == nil {
			t.Skip("has none")
		}
		r := rand.New(rand.NewPCG(13, 1))
		for n := range 200 {
			m := &Multiplication{ZeroA: r.Int32N(256), ZeroB: r.Int32N(256), Out: plainOutput(r, 1)}
			if r.IntN(3) == 0 {
				m.Out = anyOutput(r, 1)
			}
			mul, _ := s.Multiplier(m)
			a, b := cloned(t, extremes(r, n), atEnd), cloned(t, extremes(r, n), atEnd)
			keptA, keptB := slices.Clone(a), slices.Clone(b)
			got, want := guard.Slice[uint8](t, n, atEnd), make([]uint8, n)
			mul(got, a, b)
			m.Mul(want, a, b, 1, 1)
			if !slices.Equal(got, want) {
				t.Fatalf("%d products by %+v: %v (want %v)", n, m, got, want)
			}
			p := &PReLU8{ZeroA: m.ZeroA, ZeroB: m.ZeroB, Zero: m.Out.Zero, Above: m.Out.Mult[0], Below: anyOutput(r, 1).Mult[0]}
			bend, _ := s.PReLUer(p)
			bend(got, a, b)
			p.Combine(want, a, b, 1, 1)
			if !slices.Equal(got, want) {
				t.Fatalf("%d numbers by %+v: %v (want %v)", n, p, got, want)
			}
			unchanged(t, "a", a, keptA)
			unchanged(t, "b", b, keptB)
		}
	})
}

// TestAverageRow compares with SumWindow and Average: windows of all sizes, and pixels at all distances.
func TestAverageRow(t *testing.T) {
	bothEnds(t, func(t *testing.T, s *Set, atEnd bool) {
		if s.AverageRow == nil {
			t.Skip("has none")
		}
		r := rand.New(rand.NewPCG(12, 1))
		for rows := 1; rows <= 4; rows++ {
			for cols := 1; cols <= 5; cols++ {
				for n := 0; n <= 140; n++ {
					w := Window{Rows: rows, Cols: cols, Step: n + r.IntN(2)}
					w.Pitch = w.Cols*w.Step + r.IntN(3)
					row := Row{Count: 1 + r.IntN(4), To: n + r.IntN(3), From: []int{w.Step, 2 * w.Step, r.IntN(n + 1)}[r.IntN(3)]}
					src := cloned(t, extremes(r, max(0, (row.Count-1)*row.From+w.last(n)+1)), atEnd)
					bias := []int32{0, 128}[r.IntN(2)]
					size := (row.Count-1)*row.To + n
					got, want, sums := guard.Slice[uint8](t, size, atEnd), make([]uint8, size), make([]int32, n)
					Fill(got, 77)
					Fill(want, 77)
					if !s.AverageRow(got, src, n, row, w, bias, 3, 250) {
						if count := rows * cols; n >= 16 && count > 1 && count <= 16 {
							t.Fatalf("refuses %+v", w)
						}
						continue
					}
					for i := range row.Count {
						SumWindow(sums, src[i*row.From:], w)
						Average(want[i*row.To:], sums, int32(rows*cols), bias, 3, 250)
					}
					if !slices.Equal(got, want) {
						t.Fatalf("%d channels, %+v, %+v, bias %d: %v (want %v)", n, row, w, bias, got, want)
					}
				}
			}
		}
	})
}
