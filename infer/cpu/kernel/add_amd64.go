//go:build !purego

package kernel

import "unsafe"

// addBlock is an [Adder] for vector code, which computes what its tables have. The fields are read by assembly: their order
// is part of it.
type addBlock struct {
	inputs [2]addTerm
	out    DepthBlock // 16 times the same
}

// addTerm makes 20 bits of fraction of an input's byte. With d the byte less zero, and since d<<20 times mult, rounded at
// 31 bits, is d times mult, rounded at 11,
//
//	v := (d*mult + 1<<10) >> 11
//	v = (v + half + v>>31&away) >> right
type addTerm struct {
	mult             int64
	right            int64
	zero, half, away int32
	_                int32
}

// adderAVX2 takes all but multipliers with a shift to the left, which inputs never have.
func adderAVX2(d *Adder) (add func(dst, a, b []uint8), bytes int64) {
	out := d.Out
	for len(out.Mult) < Panel {
		out.Mult = append(out.Mult[:len(out.Mult):len(out.Mult)], d.Out.Mult[0])
	}
	b := &addBlock{out: NewSumBlocks(&out, HalfAway)[0]}
	for i, in := range d.inputs {
		if in.Mult.Left != 0 || in.Mult.Right > 31 {
			return nil, 0
		}
		t := addTerm{mult: int64(in.Mult.M), right: int64(in.Mult.Right), zero: in.Zero, half: 1 << in.Mult.Right >> 1}
		if t.half != 0 {
			t.away = -1
		}
		b.inputs[i] = t
	}
	return func(dst, x, y []uint8) {
		x, y = x[:len(dst)], y[:len(dst)]
		if len(dst) < Panel {
			d.Add(dst, x, y, 1, 1)
			return
		}
		addAVX2(&dst[0], &x[0], &y[0], len(dst), b)
	}, int64(unsafe.Sizeof(*b))
}

// addAVX2 is, for n of at least 16,
//
//	for i := range n {
//		dst[i] = Clamp(mult.HalfAway(term(b.inputs[0], x[i])+term(b.inputs[1], y[i]))+zero, lo, hi) // see addTerm
//	}
//
//go:noescape
func addAVX2(dst, x, y *uint8, n int, b *addBlock)
