//go:build !purego

package kernel

// depth32AVX2 is, with number(a, i) what lies i bytes behind a,
//
//	for p := range r.Count {
//		for c := range r.Channels {
//			sum := r.Begin[c]
//			for y := range r.Rows {
//				for x := range r.Cols {
//					tap := number(r.Src, p*r.From+y*r.Pitch+x*r.Step+4*c)
//					sum = fma(tap, number(r.Weights, y*r.WeightPitch+x*r.WeightStep+4*c), sum)
//				}
//			}
//			number(r.Dst, p*r.To+4*c) = Clamp32(sum, r.Lo, r.Hi)
//		}
//	}
//
//go:noescape
func depth32AVX2(r *Row32)

// depth32AVX512 is depth32AVX2.
//
//go:noescape
func depth32AVX512(r *Row32)

// max32AVX2 is depth32AVX2 with the greater of the sum and the tap instead of their sum.
//
//go:noescape
func max32AVX2(r *Row32)

// average32AVX2 is depth32AVX2 without weights and with sum/r.Divisor instead of sum.
//
//go:noescape
func average32AVX2(r *Row32)
