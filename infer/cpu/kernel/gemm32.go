package kernel

// TileRows32 is the number of rows that [GEMM32.Rows] multiplies at once.
const TileRows32 = 4

// GEMM32 multiplies rows of K numbers by N columns of K weights and adds a bias:
//
//	dst[n] = Clamp32(bias[n] + Σ a[k] * w[n][k], Lo, Hi)
type GEMM32 struct {
	K, N    int
	Weights []float32 // N columns of K
	Bias    []float32 // N
	Lo, Hi  float32   // limits of the activation function
}

// Rows multiplies the first count rows, each of K numbers, by the columns from … to-1; row r goes to dst[r*stride:],
// N numbers.
func (g *GEMM32) Rows(dst []float32, stride int, rows *[TileRows32][]float32, count, from, to int) {
	for r := count; r < TileRows32; r++ {
		rows[r] = rows[0] // computed and thrown away
	}
	for n := from; n < to; n += 2 {
		second := min(n+1, g.N-1)
		var acc [2][TileRows32]float32
		dot32(rows, g.Weights[n*g.K:(n+1)*g.K], g.Weights[second*g.K:(second+1)*g.K], &acc)
		for c := n; c < min(n+2, to); c++ {
			for r := range count {
				dst[r*stride+c] = Clamp32(acc[c-n][r]+g.Bias[c], g.Lo, g.Hi)
			}
		}
	}
}

// dot32 writes the products of the rows and two columns to acc.
func dot32(rows *[TileRows32][]float32, w0, w1 []float32, acc *[2][TileRows32]float32) {
	n := len(w0)
	w1 = w1[:n]
	r0, r1, r2, r3 := rows[0][:n], rows[1][:n], rows[2][:n], rows[3][:n]
	var a0, a1, b0, b1, c0, c1, d0, d1 float32
	for k, u := range w0 {
		v := w1[k]
		x := r0[k]
		a0 += float32(x * u)
		a1 += float32(x * v)
		x = r1[k]
		b0 += float32(x * u)
		b1 += float32(x * v)
		x = r2[k]
		c0 += float32(x * u)
		c1 += float32(x * v)
		x = r3[k]
		d0 += float32(x * u)
		d1 += float32(x * v)
	}
	acc[0] = [TileRows32]float32{a0, b0, c0, d0}
	acc[1] = [TileRows32]float32{a1, b1, c1, d1}
}
