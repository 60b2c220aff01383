//go:build !purego

package kernel

// roundFactor is a [Multiplier] for vector code.
type roundFactor struct{ left, mult, right int32 } // right is negative

func newRoundFactor(m Multiplier) roundFactor {
	return roundFactor{int32(m.Left & 31), m.M, -int32(m.Right & 31)}
}

// roundProduct is a [Multiplication] for vector code. The fields are read by assembly.
type roundProduct struct {
	zeroA, zeroB int16
	factor       roundFactor
	zero         int32
	lo, hi       uint8
}

const roundProductBytes = 24

// multiplierNEON takes all.
func multiplierNEON(m *Multiplication) (mul func(dst, a, b []uint8), bytes int64) {
	p := &roundProduct{
		zeroA: int16(m.ZeroA), zeroB: int16(m.ZeroB), factor: newRoundFactor(m.Out.Mult[0]),
		zero: m.Out.Zero, lo: uint8(m.Out.Lo), hi: uint8(m.Out.Hi),
	}
	return func(dst, a, b []uint8) {
		a, b = a[:len(dst)], b[:len(dst)]
		if len(dst) < vector {
			m.Mul(dst, a, b, 1, 1)
			return
		}
		mulRoundNEON(&dst[0], &a[0], &b[0], len(dst), p)
	}, roundProductBytes
}

// mulRoundNEON is Multiplication.Mul of at least 16 bytes, with steps of 1.
//
//go:noescape
func mulRoundNEON(dst, a, b *uint8, n int, p *roundProduct)

// roundPReLU is a [PReLU8] for vector code. The fields are read by assembly.
type roundPReLU struct {
	zeroA, zeroB int16
	above, below roundFactor
	zero         int32
}

const roundPReLUBytes = 32

// minBent is the fewest bytes that preluRoundNEON takes.
const minBent = 8

// preluerNEON takes all.
func preluerNEON(p *PReLU8) (bend func(dst, a, b []uint8), bytes int64) {
	r := &roundPReLU{
		zeroA: int16(p.ZeroA), zeroB: int16(p.ZeroB), above: newRoundFactor(p.Above), below: newRoundFactor(p.Below), zero: p.Zero,
	}
	return func(dst, a, b []uint8) {
		a, b = a[:len(dst)], b[:len(dst)]
		if len(dst) < minBent {
			p.Combine(dst, a, b, 1, 1)
			return
		}
		preluRoundNEON(&dst[0], &a[0], &b[0], len(dst), r)
	}, roundPReLUBytes
}

// preluRoundNEON is PReLU8.Combine of at least 8 bytes, with steps of 1.
//
//go:noescape
func preluRoundNEON(dst, a, b *uint8, n int, p *roundPReLU)
