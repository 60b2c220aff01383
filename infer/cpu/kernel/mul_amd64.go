//go:build !purego

package kernel

// multiplierAVX2 takes all.
func multiplierAVX2(m *Multiplication) (mul func(dst, a, b []uint8), bytes int64) {
	out := m.Out
	for len(out.Mult) < Panel {
		out.Mult = append(out.Mult[:len(out.Mult):len(out.Mult)], m.Out.Mult[0])
	}
	block := &NewSumBlocks(&out, HalfAway)[0]
	return func(dst, a, b []uint8) {
		a, b = a[:len(dst)], b[:len(dst)]
		if len(dst) < 16 {
			m.Mul(dst, a, b, 1, 1)
			return
		}
		mulAVX2(&dst[0], &a[0], &b[0], len(dst), uint16(m.ZeroA), uint16(m.ZeroB), block)
	}, DepthBlockBytes
}

// mulAVX2 is, for n of at least 16,
//
//	for i := range n {
//		dst[i] = Clamp(mult.HalfAway((x[i]-zeroX)*(y[i]-zeroY))+zero, lo, hi)
//	}
//
//go:noescape
func mulAVX2(dst, x, y *uint8, n int, zeroX, zeroY uint16, b *DepthBlock)
