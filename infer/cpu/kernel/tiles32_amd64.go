//go:build !purego

package kernel

// tiling32AVX2 multiplies 6 pixels by 16 columns.
func tiling32AVX2() *Tiling32 {
	return &Tiling32{Pixels: 6, Panel: 16, Vector: 16, Products: 1 << 21, Run: tiles32AVX2}
}

// tiles32AVX2 is, with number(a, i) what lies i bytes behind a,
//
//	for p := range t.Count {
//		for c := range 16 {
//			sum := float32(0)
//			if t.Begun != 0 {
//				sum = t.Sums[16*p+c]
//			}
//			k := 0
//			for _, piece := range t.Pieces[:t.Many] {
//				for i := piece.From; i < piece.To; i += 4 {
//					sum = fma(number(t.Lines, t.At[p]+i), t.Panel[16*k+c], sum)
//					k++
//				}
//			}
//			if t.Bias == nil {
//				t.Sums[16*p+c] = sum
//			} else {
//				number(t.Dst, p*t.Stride+4*c) = Clamp32(sum+t.Bias[c], t.Lo, t.Hi)
//			}
//		}
//	}
//
//go:noescape
func tiles32AVX2(t *Tiles32)

// tiling32AVX512 multiplies 12 pixels by 32 or 16 columns.
func tiling32AVX512() *Tiling32 {
	return &Tiling32{Pixels: 12, Panel: 32, Vector: 16, Products: 1 << 21, Partial: true, Run: tiles32AVX512}
}

// tiles32AVX512 is tiles32AVX2 for panels of 16 or, if t.Width is more, 32 columns, of which it writes t.Width to t.Dst.
//
//go:noescape
func tiles32AVX512(t *Tiles32)
