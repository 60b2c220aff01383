//go:build !purego

package kernel

type (
	combining       = func(dst, a, b []uint8)
	multiplyingLoop = func(dst, x, y *uint8, n int, zeroX, zeroY uint16, b *DepthBlock)
	bendingLoop     = func(dst, x, y *uint8, n int, zeroX, zeroY uint16, above, below *DepthBlock)
)

// byteMultiplier is a [Set]'s Multiplier that takes all, by f, which takes least bytes and more.
func byteMultiplier(least int, f multiplyingLoop) func(*Multiplication) (combining, int64) {
	return func(m *Multiplication) (mul combining, bytes int64) {
		block := sameBlock(m.Out)
		return func(dst, a, b []uint8) {
			a, b = a[:len(dst)], b[:len(dst)]
			if len(dst) < least {
				m.Mul(dst, a, b, 1, 1)
				return
			}
			f(&dst[0], &a[0], &b[0], len(dst), uint16(m.ZeroA), uint16(m.ZeroB), block)
		}, DepthBlockBytes
	}
}

// mulAVX2 is, for n of at least 16,
//
//	for i := range n {
//		dst[i] = Clamp(mult.HalfAway((x[i]-zeroX)*(y[i]-zeroY))+zero, lo, hi)
//	}
//
//go:noescape
func mulAVX2(dst, x, y *uint8, n int, zeroX, zeroY uint16, b *DepthBlock)

// byteBender is a [Set]'s PReLUer that takes all, by f, which takes least bytes and more.
func byteBender(least int, f bendingLoop) func(*PReLU8) (combining, int64) {
	return func(p *PReLU8) (bend combining, bytes int64) {
		out := Output{Mult: []Multiplier{p.Above}, Zero: p.Zero, Hi: 255}
		above := sameBlock(out)
		out.Mult = []Multiplier{p.Below}
		below := sameBlock(out)
		return func(dst, a, b []uint8) {
			a, b = a[:len(dst)], b[:len(dst)]
			if len(dst) < least {
				p.Combine(dst, a, b, 1, 1)
				return
			}
			f(&dst[0], &a[0], &b[0], len(dst), uint16(p.ZeroA), uint16(p.ZeroB), above, below)
		}, 2 * DepthBlockBytes
	}
}

// sameBlock is a block of channels that all have the one multiplier of out.
func sameBlock(out Output) *DepthBlock {
	one := out.Mult[0]
	out.Mult = make([]Multiplier, Panel)
	Fill(out.Mult, one)
	return &NewSumBlocks(&out, HalfAway)[0]
}

// preluBytesAVX2 is PReLU8.Combine of at least 16 bytes, with steps of 1.
//
//go:noescape
func preluBytesAVX2(dst, x, y *uint8, n int, zeroX, zeroY uint16, above, below *DepthBlock)
