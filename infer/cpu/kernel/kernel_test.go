package kernel

import (
	"bytes"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
)

// exact is x * M * 2^(Left-Right-31) rounded twice, to an integer before the right shift and after it, as both rules do;
// ties go up, or away from zero in the second step if away is set.
func exact(m Multiplier, x int32, away bool) int32 {
	v := new(big.Rat).SetFrac(
		new(big.Int).Mul(big.NewInt(int64(x<<m.Left)), big.NewInt(int64(m.M))), big.NewInt(1<<31))
	first := round(v, false)
	v.SetFrac(first, new(big.Int).Lsh(big.NewInt(1), uint(m.Right)))
	return int32(round(v, away).Int64())
}

// round is the nearest integer; a tie goes up, or away from zero.
func round(v *big.Rat, away bool) *big.Int {
	if away && v.Sign() < 0 {
		return new(big.Int).Neg(round(new(big.Rat).Neg(v), false))
	}
	sum := new(big.Rat).Add(v, big.NewRat(1, 2))
	return new(big.Int).Div(sum.Num(), sum.Denom()) // rounds down: the denominator is positive
}

func TestMultiplier(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	values := []int32{0, 1, -1, 2, -2, 3, -3, 255, -255, math.MaxInt32, math.MinInt32, 1 << 30, -1 << 30}
	for range 200 {
		values = append(values, int32(r.Uint32())>>r.IntN(31))
	}
	for _, m := range []Multiplier{
		{M: 0}, {M: 1 << 30}, {M: math.MaxInt32}, {M: 1 << 30, Right: 1}, {M: 1 << 30, Right: 31}, {M: math.MaxInt32, Right: 7},
		{M: 1518500250, Right: 8}, {M: 1 << 30, Left: 1}, {M: 1234567890, Left: 5}, {M: math.MaxInt32, Left: 30},
	} {
		for _, x := range values {
			if got, want := m.HalfUp(x), exact(m, x, false); got != want {
				t.Errorf("%+v HalfUp(%d) = %d (want %d)", m, x, got, want)
			}
			if got, want := m.HalfAway(x), exact(m, x, true); got != want {
				t.Errorf("%+v HalfAway(%d) = %d (want %d)", m, x, got, want)
			}
		}
	}
}

// half multiplies by 2^-right.
func half(right uint8) Multiplier { return Multiplier{M: 1 << 30, Right: right - 1} }

// TestGEMM compares tiles and single rows with plain loops, over odd sizes and extreme bytes.
func TestGEMM(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, k := range []int{1, 2, 3, 4, 5, 27, 64, 147, maxLane - 1, maxLane, maxLane + 1, 2*maxLane + 3} {
		for _, n := range []int{1, 2, 3, 8} {
			for _, extreme := range []bool{false, true} {
				t.Run(fmt.Sprintf("k=%d_n=%d_%v", k, n, extreme), func(t *testing.T) { testGEMM(t, r, k, n, extreme) })
			}
		}
	}
}

func testGEMM(t *testing.T, r *rand.Rand, k, n int, extreme bool) {
	random := func(n int) []uint8 {
		b := make([]uint8, n)
		for i := range b {
			if b[i] = uint8(r.Uint32()); extreme {
				b[i] = 255
			}
		}
		return b
	}
	za, zw := int32(r.IntN(256)), int32(r.IntN(256))
	if extreme {
		za, zw = 0, 0
	}
	weights, bias := random(k*n), make([]int32, n)
	out := Output{Mult: make([]Multiplier, n), Zero: int32(r.IntN(256)), Lo: 3, Hi: 250}
	for i := range bias {
		bias[i] = r.Int32N(20001) - 10000
		out.Mult[i] = half(uint8(8 + i))
	}
	g := NewGEMM(k, n, slices.Clone(weights), bias, za, zw, out)
	var rows, kept [TileRows][]uint8
	for i := range rows {
		rows[i] = random(k)
		kept[i] = slices.Clone(rows[i])
	}
	want := func(row, c int) uint8 {
		sum := int64(bias[c])
		for i, a := range kept[row] {
			sum += int64(int32(a)-za) * int64(int32(weights[c*k+i])-zw)
		}
		return Clamp(out.Mult[c].HalfUp(int32(sum))+out.Zero, out.Lo, out.Hi)
	}
	const stride = 11
	for count := 1; count <= TileRows; count++ {
		dst := slices.Repeat([]uint8{77}, stride*TileRows)
		tile := rows
		g.Rows(dst, stride, &tile, count, NewRowTile(k+1))
		for i, got := range dst {
			row, c := i/stride, i%stride
			switch {
			case row >= count || c >= n:
				if got != 77 {
					t.Fatalf("wrote to row %d, column %d", row, c)
				}
			case got != want(row, c):
				t.Fatalf("%d rows: row %d, column %d is %d (want %d)", count, row, c, got, want(row, c))
			}
		}
		if k > 1000 {
			break
		}
	}
	dst := make([]uint8, n)
	g.Columns(dst, rows[0], g.RowSum(rows[0]), 0, n, dot1)
	for c := range dst {
		if dst[c] != want(0, c) {
			t.Fatalf("column %d is %d (want %d)", c, dst[c], want(0, c))
		}
	}
	for i := range rows {
		if !slices.Equal(rows[i], kept[i]) {
			t.Fatal("changed its input")
		}
	}
}

func TestGEMM32(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, k := range []int{1, 3, 16, 33} {
		for _, n := range []int{1, 2, 5} {
			g := GEMM32{K: k, N: n, Weights: floats(r, k*n), Bias: floats(r, n), Lo: -1, Hi: 1}
			var rows [TileRows32][]float32
			for i := range rows {
				rows[i] = floats(r, k)
			}
			for count := 1; count <= TileRows32; count++ {
				dst, tile := make([]float32, n*TileRows32), rows
				g.Rows(dst, n, &tile, nil, count, 0, n/2)
				g.Rows(dst, n, &tile, nil, count, n/2, n)
				for i, got := range dst[:n*count] {
					want := float64(g.Bias[i%n])
					for c := range k {
						want += float64(rows[i/n][c]) * float64(g.Weights[i%n*k+c])
					}
					if want = min(max(want, -1), 1); math.Abs(float64(got)-want) > 1e-5 {
						t.Fatalf("k=%d n=%d: element %d is %v (want %v)", k, n, i, got, want)
					}
				}
			}
		}
	}
}

// floats is n numbers from -1 to 1.
func floats(r *rand.Rand, n int) []float32 {
	list := make([]float32, n)
	for i := range list {
		list[i] = r.Float32()*2 - 1
	}
	return list
}

func TestQuantizeRounds(t *testing.T) {
	inf := float32(math.Inf(1))
	for _, c := range []struct {
		x    float32
		want uint8
	}{
		{0, 100}, {0.5, 101}, {-0.5, 99}, {0.49999997, 100}, {-0.49999997, 100}, {1.5, 102}, {2.5, 103}, {-2.5, 97},
		{1000, 255}, {-1000, 0}, {inf, 255}, {-inf, 0}, {float32(math.NaN()), 0}, {math.MaxFloat32, 255},
	} {
		dst := []uint8{1}
		if Quantize(dst, []float32{c.x}, 1, 100); dst[0] != c.want {
			t.Errorf("%v becomes %d (want %d)", c.x, dst[0], c.want)
		}
	}
}

// TestAverageTies: a mean of int8 that ends in a half goes away from zero, of uint8 up.
func TestAverageTies(t *testing.T) {
	for _, c := range []struct {
		bias, sum, count int32
		want             uint8
	}{
		{0, 5, 2, 3}, {0, 3, 2, 2}, {0, 0, 4, 0}, {0, 255 * 9, 9, 255},
		{128, 2*128 + 5, 2, 128 + 3}, {128, 2*128 - 5, 2, 128 - 3}, {128, 4*128 - 2, 4, 128 - 1}, {128, 0, 4, 0},
	} {
		dst := []uint8{1}
		if Average(dst, []int32{c.sum}, c.count, c.bias, 0, 255); dst[0] != c.want {
			t.Errorf("%+v: %d", c, dst[0])
		}
	}
}

// TestCopyBox turns [2 3 4] into [4 2 3], of elements of every size, whole and in parts, and with and without Simplify.
func TestCopyBox(t *testing.T) {
	for _, size := range []int{1, 2, 3, 4, 8} {
		src := make([]byte, 24*size)
		for i := range src {
			src[i] = byte(i * 7)
		}
		b := Box{Size: size, Dst: 2, Dims: []Dim{{4, 6 * size, size}, {2, 3 * size, 12 * size}, {3, size, 4 * size}}}
		for _, b := range []Box{b, b.Simplify()} {
			whole, parts := make([]byte, 2+24*size), make([]byte, 2+24*size)
			b.Copy(whole, src)
			b.Part(parts, src, 0, 3)
			b.Part(parts, src, 3, 4)
			if !bytes.Equal(whole, parts) {
				t.Errorf("size %d: in parts it is another block", size)
			}
			for i := range 24 {
				if want := i/6 + i/3%2*12 + i%3*4; !bytes.Equal(whole[2+i*size:][:size], src[want*size:][:size]) {
					t.Errorf("size %d: element %d is not %d", size, i, want)
				}
			}
		}
	}
}

func TestSimplifyBox(t *testing.T) {
	for _, c := range []struct {
		name string
		dims []Dim
		want Box
	}{
		{"a single element", nil, Box{Size: 4}},
		{"in a row", []Dim{{2, 24, 24}, {3, 8, 8}, {2, 4, 4}}, Box{Size: 48}},
		{"rows with space between", []Dim{{2, 24, 32}, {3, 8, 8}, {2, 4, 4}}, Box{Size: 24, Dims: []Dim{{2, 24, 32}}}},
		{"backwards", []Dim{{2, 8, -8}, {2, 4, -4}}, Box{Size: 4, Dims: []Dim{{4, 4, -4}}}},
		{"repeated", []Dim{{2, 8, 0}, {2, 4, 0}, {1, 4, 4}}, Box{Size: 4, Dims: []Dim{{4, 4, 0}}}},
	} {
		b := Box{Size: 4, Dims: c.dims}
		if got := b.Simplify(); got.Size != c.want.Size || !slices.Equal(got.Dims, c.want.Dims) {
			t.Errorf("%s: %+v", c.name, got)
		}
		if b.Size != 4 || len(b.Dims) != len(c.dims) {
			t.Errorf("%s: the box itself has changed", c.name)
		}
	}
}

func TestInverseSqrt(t *testing.T) {
	for _, x := range []int32{2, 3, 4, 5, 100, 12345, 1 << 20, 1<<29 - 1, 1 << 29, 1 << 30, math.MaxInt32} {
		m := inverseSqrt(x)
		got := float64(m.M) * math.Pow(2, float64(m.Left)-float64(m.Right)-31)
		if want := 1 / math.Sqrt(float64(x)); math.Abs(got/want-1) > 1e-5 {
			t.Errorf("1/sqrt(%d) is %v (want %v)", x, got, want)
		}
	}
	for _, x := range []int32{0, 1} {
		if m := inverseSqrt(x); m.M != math.MaxInt32 || m.Right != 0 {
			t.Errorf("1/sqrt(%d) is %+v", x, m)
		}
	}
}

func TestDepthwiseTap(t *testing.T) {
	for _, m := range []int{1, 2, 3} {
		x, acc, w := []uint8{0, 7, 255}, make([]int32, 3*m), make([]int16, 3*m)
		for i := range w {
			w[i], acc[i] = int16(i*100-255), int32(i)
		}
		DepthwiseTap(acc, x, w, 9)
		for i, got := range acc {
			if want := int32(i) + (int32(x[i/m])-9)*int32(w[i]); got != want {
				t.Errorf("multiplier %d: channel %d is %d (want %d)", m, i, got, want)
			}
		}
	}
}

func BenchmarkGEMM(b *testing.B) {
	for _, k := range []int{64, 192, 576, 1728} {
		b.Run(fmt.Sprintf("k=%d", k), func(b *testing.B) {
			const n = 64
			g := NewGEMM(k, n, make([]uint8, k*n), make([]int32, n), 0, 100, Output{Mult: make([]Multiplier, n), Hi: 255})
			var rows [TileRows][]uint8
			for i := range rows {
				rows[i] = make([]uint8, k)
			}
			dst, tile := make([]uint8, n*TileRows), NewRowTile(k)
			for b.Loop() {
				g.Rows(dst, n, &rows, TileRows, tile)
			}
			b.ReportMetric(float64(b.N)*float64(k)*n*TileRows/b.Elapsed().Seconds()/1e9, "GMAC/s")
		})
	}
}
