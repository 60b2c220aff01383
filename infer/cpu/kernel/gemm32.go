package kernel

// TileRows32 is the number of rows that [GEMM32.Rows] multiplies at once.
const TileRows32 = 4

// GEMM32 multiplies rows of K numbers by N columns of K weights and adds a bias:
//
//	dst[n] = Clamp32(bias[n] + Σ a[k] * w[n][k], Lo, Hi)
//
// The products of a column are added in their order, one after the other, and none is fused with an addition: so the
// answers are the same for every set of kernels.
type GEMM32 struct {
	K, N    int
	Weights []float32 // N columns of K; nil if there are Panels
	Bias    []float32 // N
	Lo, Hi  float32   // limits of the activation function

	// Panels is the weights as [PackPanels32] arranges them for Tile, a [Set]'s Tile32; nil if Weights are there.
	Panels []float32
	Tile   func(acc *Tile32, rows *[TileRows32][]float32, panel []float32)
}

// Tile32 is sums of rows by a panel of columns.
type Tile32 [TileRows32][Panel]float32

// maxSpan32 is the most rows of a panel that a call multiplies: nothing can interrupt it.
const maxSpan32 = 1 << 12

// PanelsSize32 is the numbers in the panels of n columns of k.
func PanelsSize32(k, n int) int { return (n + Panel - 1) / Panel * Panel * k }

// PackPanels32 arranges weights, n columns of k, in panels of 16 columns, whose rows are the 16 columns' numbers; the last
// panel may have columns of 0.
func PackPanels32(k, n int, weights []float32) []float32 {
	panels := make([]float32, PanelsSize32(k, n))
	for c := range n {
		panel := panels[c/Panel*Panel*k:]
		for i, w := range weights[c*k : (c+1)*k] {
			panel[i*Panel+c%Panel] = w
		}
	}
	return panels
}

// Rows multiplies the first count rows, each of K numbers, by the columns from … to-1; row r goes to dst[r*stride:],
// N numbers. With Panels, from is a multiple of 16, and acc is working memory.
func (g *GEMM32) Rows(dst []float32, stride int, rows *[TileRows32][]float32, acc *Tile32, count, from, to int) {
	for r := count; r < TileRows32; r++ {
		rows[r] = rows[0] // computed and thrown away
	}
	if g.Panels != nil {
		g.panels(dst, stride, rows, acc, count, from, to)
		return
	}
	for n := from; n < to; n += 2 {
		second := min(n+1, g.N-1)
		var sums [2][TileRows32]float32
		dot32(rows, g.Weights[n*g.K:(n+1)*g.K], g.Weights[second*g.K:(second+1)*g.K], &sums)
		for c := n; c < min(n+2, to); c++ {
			for r := range count {
				dst[r*stride+c] = Clamp32(sums[c-n][r]+g.Bias[c], g.Lo, g.Hi)
			}
		}
	}
}

// panels is Rows by panels.
func (g *GEMM32) panels(dst []float32, stride int, rows *[TileRows32][]float32, acc *Tile32, count, from, to int) {
	for n := from; n < to; n += Panel {
		*acc = Tile32{}
		panel, whole := g.Panels[n*g.K:(n+Panel)*g.K], *rows
		for k := 0; k < g.K; k += maxSpan32 {
			end := min(k+maxSpan32, g.K)
			for r := range rows {
				rows[r] = whole[r][k:end]
			}
			g.Tile(acc, rows, panel[k*Panel:end*Panel])
		}
		*rows = whole
		for r := range count {
			out := dst[r*stride+n : r*stride+min(n+Panel, to)]
			for c := range out {
				out[c] = Clamp32(acc[r][c]+g.Bias[n+c], g.Lo, g.Hi)
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
