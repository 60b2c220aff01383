package kernel

import "testing"

func BenchmarkDepth(b *testing.B) {
	for _, off := range []int{0, 16} {
		for _, c := range []int{64, 144} {
			s := Best()
			const count = 28
			lines := aligned64(100000)[off:]
			w := make([]int16, 9*64)
			out := &Output{Mult: make([]Multiplier, 64), Hi: 255}
			for i := range out.Mult {
				out.Mult[i] = Multiplier{M: 1 << 30, Right: 8}
			}
			p := NewDepthPanel(64, w, make([]int32, 64), 0, out, func(i int) int { return i })
			taps := make([]int, len(p.Taps))
			for i, t := range p.Taps {
				taps[i] = t/3*58*c + t%3*c
			}
			dst := make([]uint8, 10000)
			t := DepthBytes{Lines: &lines[0], Step: c, Count: count, Taps: &taps[0], Fours: len(taps) / 4, Panel: &p.Panel[0], Block: &p.Block, Dst: &dst[0], Stride: c, Width: 64}
			b.Run("", func(b *testing.B) {
				for b.Loop() {
					s.DepthBytes(&t)
				}
				b.ReportMetric(b.Elapsed().Seconds()*3.69e9/float64(b.N)/count, "cycles/px")
			})
		}
	}
}
func aligned64(n int) []uint8 { b := make([]uint8, n+64); return b }
