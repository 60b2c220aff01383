package kernel

// TileRows is the number of rows (pixels) that [GEMM.Rows] multiplies at once.
const TileRows = 4

// maxLane is the number of products of two bytes whose sum surely fits 32 bits: 65536 * 255 * 255 < 2^32.
const maxLane = 1 << 16

// GEMM multiplies rows of K bytes by N columns of K weights, adds a bias and scales the sum to a byte:
//
//	dst[n] = Clamp(Round(bias[n] + Σ (a[k] - za) * (w[n][k] - zw), mult[n]) + zero, lo, hi)
//
// The zero points are taken out of the inner loop: the sum is Σ a*w - zw Σ a - za Σ w + K za zw, of which the last two
// terms are constants of a column and join its bias.
type GEMM struct {
	K, N int

	Rounding Rounding // HalfUp unless it is set

	weights []uint8 // N columns of K bytes each
	zw      int32
	bias    []int32
	out     Output
}

// Output says how sums become bytes.
type Output struct {
	Mult   []Multiplier // one per channel
	Zero   int32        // the output's zero point
	Lo, Hi int32        // limits of the activation function, in 0 … 255
}

// NewGEMM prepares the weights, N columns of K bytes, which it keeps. bias has N elements. za and zw are the zero points
// of activations and weights. Sums wrap around at 32 bits.
func NewGEMM(k, n int, weights []uint8, bias []int32, za, zw int32, out Output) *GEMM {
	g := &GEMM{K: k, N: n, weights: weights[:k*n], zw: zw, bias: make([]int32, n), out: out}
	g.out.Mult = out.Mult[:n]
	for i := range g.bias {
		g.bias[i] = bias[i] - za*sum(g.column(i)) + int32(k)*za*zw
	}
	return g
}

func (g *GEMM) column(n int) []uint8 { return g.weights[n*g.K : (n+1)*g.K] }

func sum(x []uint8) int32 {
	s := int32(0)
	for _, v := range x {
		s += int32(v)
	}
	return s
}

// RowTile is working memory for [GEMM.Rows]: words of which each holds the bytes of two rows, one in each half.
type RowTile [TileRows / 2][]uint64

// NewRowTile is a RowTile for rows of up to k bytes.
func NewRowTile(k int) *RowTile {
	var t RowTile
	for i := range t {
		t[i] = make([]uint64, k)
	}
	return &t
}

// Rows multiplies the first count rows, each of K bytes; row r goes to dst[r*stride:], N bytes.
func (g *GEMM) Rows(dst []uint8, stride int, rows *[TileRows][]uint8, count int, tile *RowTile) {
	for r := count; r < TileRows; r++ {
		rows[r] = rows[0] // computed and thrown away
	}
	var start [TileRows]int32
	for i := range tile {
		start[2*i], start[2*i+1] = interleave(tile[i][:g.K], rows[2*i], rows[2*i+1])
	}
	for r := range start {
		start[r] *= -g.zw
	}
	for n := 0; n < g.N; n += 2 {
		w0, w1 := g.column(n), g.column(min(n+1, g.N-1))
		var acc [2][TileRows]int32
		for k := 0; k < g.K; k += maxLane {
			end := min(k+maxLane, g.K)
			dot(tile[0][k:end], tile[1][k:end], w0[k:end], w1[k:end], &acc)
		}
		for c := n; c < min(n+2, g.N); c++ {
			bias, mult, a := g.bias[c], g.out.Mult[c], &acc[c-n]
			for r := range count {
				v := mult.Round(a[r]+start[r]+bias, g.Rounding)
				dst[r*stride+c] = Clamp(v+g.out.Zero, g.out.Lo, g.out.Hi)
			}
		}
	}
}

// interleave writes two rows into the low and high halves of words, and returns their sums.
func interleave(words []uint64, lo, hi []uint8) (sumLo, sumHi int32) {
	lo, hi = lo[:len(words)], hi[:len(words)]
	s := uint64(0)
	for k := range words {
		x := uint64(lo[k]) | uint64(hi[k])<<32
		s += x
		words[k] = x
	}
	return int32(uint32(s)), int32(s >> 32)
}

// dot adds the products of four rows, in the halves of x and y, and two columns to acc. One 64-bit multiplication makes
// two products, since a sum of at most maxLane of them does not leave its half of the word.
func dot(x, y []uint64, w0, w1 []uint8, acc *[2][TileRows]int32) {
	y, w0, w1 = y[:len(x)], w0[:len(x)], w1[:len(x)]
	var x0, x1, y0, y1 uint64
	for k, a := range x {
		b := y[k]
		u, v := uint64(w0[k]), uint64(w1[k])
		x0 += a * u
		x1 += a * v
		y0 += b * u
		y1 += b * v
	}
	split(acc[0][:], x0, y0)
	split(acc[1][:], x1, y1)
}

// split adds the halves of x and y to acc.
func split(acc []int32, x, y uint64) {
	acc = acc[:TileRows]
	acc[0] += int32(uint32(x))
	acc[1] += int32(x >> 32)
	acc[2] += int32(uint32(y))
	acc[3] += int32(y >> 32)
}

// Columns multiplies one row by the columns from … to-1, into dst[from:to]. rowSum is [GEMM.RowSum] of the row, dot a
// [Set]'s.
func (g *GEMM) Columns(dst, row []uint8, rowSum int32, from, to int, dot func(a, w []uint8) int32) {
	start := -g.zw * rowSum
	for n := from; n < to; n++ {
		v := g.out.Mult[n].Round(dot(row, g.column(n))+start+g.bias[n], g.Rounding)
		dst[n] = Clamp(v+g.out.Zero, g.out.Lo, g.out.Hi)
	}
}

// RowSum is what [GEMM.Columns] wants to know of a row, the sum of its bytes.
func (g *GEMM) RowSum(row []uint8) int32 { return sum(row[:g.K]) }

// dot1 is the sum of the products of a and w, in four parts so that the additions do not wait for each other.
func dot1(a, w []uint8) int32 {
	a = a[:len(w)]
	var s0, s1, s2, s3 int32
	k := 0
	for ; k+4 <= len(w); k += 4 {
		x, y := a[k:k+4:k+4], w[k:k+4:k+4]
		s0 += int32(x[0]) * int32(y[0])
		s1 += int32(x[1]) * int32(y[1])
		s2 += int32(x[2]) * int32(y[2])
		s3 += int32(x[3]) * int32(y[3])
	}
	for ; k < len(w); k++ {
		s0 += int32(a[k]) * int32(w[k])
	}
	return s0 + s1 + s2 + s3
}
