package jpeg

import (
	"fmt"
	"math"
)

// basis is the definition of the transforms (A.3.3 of the standard) for n samples, as C(u)/2 cos((2x+1) u pi / 2n).
func basis(n, x, u int) float64 {
	c := 0.5
	if u == 0 {
		c = math.Sqrt2 / 4
	}
	return c * math.Cos(float64((2*x+1)*u)*math.Pi/float64(2*n))
}

// bases holds basis(n, x, u) at [n][x][u].
var bases = func() (b [9][8][8]float64) {
	for _, n := range []int{1, 2, 4, 8} {
		for x := range n {
			for u := range n {
				b[n][x][u] = basis(n, x, u)
			}
		}
	}
	return b
}()

// forwardDCT transforms 8x8 samples exactly.
func forwardDCT(s *[64]float64) (out [64]float64) {
	var rows [64]float64
	for i := range 64 {
		for x := range 8 {
			rows[i] += s[i/8*8+x] * bases[8][x][i%8]
		}
	}
	for i := range 64 {
		for y := range 8 {
			out[i] += rows[y*8+i%8] * bases[8][y][i/8]
		}
	}
	return out
}

// inverseDCT is the exact transform of the first n coefficients of the first n rows to n x n samples: the result at
// [y*8+x], for the full size the definition of the standard and otherwise what libjpeg's reduced transforms mean.
func inverseDCT(coefs *[64]float64, n int) (out [64]float64) {
	var rows [64]float64
	for v := range n {
		for x := range n {
			for u := range n {
				rows[v*8+x] += coefs[v*8+u] * bases[n][x][u]
			}
		}
	}
	for y := range n {
		for x := range n {
			for v := range n {
				out[y*8+x] += rows[v*8+x] * bases[n][y][v]
			}
		}
	}
	return out
}

// compare holds an image to the exact one of coefficients, which it may miss by less than tolerance levels.
func compare(img *Image, p *coded, scale int, tolerance float64) error {
	f, size := &p.frame, 8/scale
	if img.Width != ceilDiv(f.width, scale) || img.Height != ceilDiv(f.height, scale) || img.Components != f.n {
		return fmt.Errorf("%dx%d with %d components", img.Width, img.Height, img.Components)
	}
	for i := range f.n {
		c, plane := &f.comps[i], img.Planes[i]
		if plane.Width != ceilDiv(ceilDiv(f.width*c.h, f.hMax), scale) || plane.Height != ceilDiv(ceilDiv(f.height*c.v, f.vMax), scale) {
			return fmt.Errorf("component %d: %dx%d samples", i, plane.Width, plane.Height)
		}
		for b := range p.blocks[i] {
			x, y := b%(f.mcusX*c.h)*size, b/(f.mcusX*c.h)*size
			if err := compareBlock(plane, x, y, size, p.exact(i, b, size), tolerance); err != nil {
				return fmt.Errorf("component %d: %w", i, err)
			}
		}
	}
	return nil
}

// exact is one block's samples.
func (p *coded) exact(comp, b, size int) [64]float64 {
	var coefs [64]float64
	for k, i := range zigzag {
		coefs[i] = float64(p.blocks[comp][b][i]) * float64(p.quants[comp][k])
	}
	return inverseDCT(&coefs, size)
}

func compareBlock(plane Plane, left, top, size int, want [64]float64, tolerance float64) error {
	for y := top; y < min(top+size, plane.Height); y++ {
		for x := left; x < min(left+size, plane.Width); x++ {
			exact := max(0, min(255, want[(y-top)*8+x-left]+128))
			if got := plane.Pix[y*plane.Stride+x]; math.Abs(float64(got)-exact) >= tolerance {
				return fmt.Errorf("sample %d, %d is %d, exactly %.3f", x, y, got, exact)
			}
		}
	}
	return nil
}
