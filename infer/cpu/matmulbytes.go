package cpu

import (
	"math"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// matMulBytes is products of bytes. A piece is a row of a product, or a run of its columns if there are few rows.
type matMulBytes struct {
	*matMul
	rows, columns []uint8
	sums          []int32  // of each column
	zeroX, zeroY  int32    // what the bytes of 0 are
	dynamic       *dynamic // if not nil, has what they are in each of the rows
	part          int      // columns of a piece
	dot           func(a, w []uint8) int32
	finish        func(row, first int, sums []int32) // makes numbers of the sums of a row of the output, from column first on
}

// newMatMulBytes arranges the factors; rows are the first ones.
func newMatMulBytes(l *lowering, n *node, g *matMul, rows []uint8) (*matMulBytes, error) {
	columns, err := l.turned(n, n.inputs[1], g.turnY, g.ys, g.k, g.n)
	if err != nil {
		return nil, err
	}
	p := &matMulBytes{matMul: g, rows: rows, columns: columns, sums: make([]int32, g.ys*g.n), part: g.n, dot: l.set.Dot}
	l.before(n, &columnSums{columns, g.k, p.sums}, n.inputs[1])
	if g.count*g.m < unitsPerThread*l.threads {
		p.part = vectorColumns
	}
	l.scratch.grow(need{sums: p.part})
	return p, l.take(4 * int64(len(p.sums)))
}

func (p *matMulBytes) parts() int { return ceil(p.n, p.part) }

func (p *matMulBytes) units() int { return p.count * p.m * p.parts() }

func (p *matMulBytes) run(s *scratch, from, to int) {
	for u := from; u < to; u++ {
		row, first := u/p.parts(), u%p.parts()*p.part
		x, y := p.factors(row / p.m)
		x = x*p.m + row%p.m
		a, zeroX := p.rows[x*p.k:(x+1)*p.k], p.zeroX
		if p.dynamic != nil {
			zeroX = p.dynamic.rows[x].Zero
		}
		start := p.zeroY * (int32(p.k)*zeroX - sumBytes(a))
		sums := s.sums[:min(p.part, p.n-first)]
		for i := range sums {
			c := y*p.n + first + i
			sums[i] = p.dot(a, p.columns[c*p.k:(c+1)*p.k]) - zeroX*p.sums[c] + start
		}
		p.finish(row, first, sums)
	}
}

// newMatMulSums makes products of int8 as they are stored, whatever their zero points: what they sum up to, in int32.
func newMatMulSums(l *lowering, n *node, g *matMul) (layer, error) {
	rows, err := l.turned(n, n.inputs[0], g.turnX, g.xs, g.k, g.m)
	if err != nil {
		return nil, err
	}
	p, err := newMatMulBytes(l, n, g, rows)
	if err != nil {
		return nil, err
	}
	p.zeroX, p.zeroY = int32(n.inputs[0].flip()), int32(n.inputs[1].flip())
	dst, err := l.int32s(n.outputs[0])
	p.finish = func(row, first int, sums []int32) { copy(dst[row*g.n+first:], sums) }
	return p, err
}

// newMatMul8 makes products of bytes.
func newMatMul8(l *lowering, n *node, g *matMul, a model.Activation) (layer, error) {
	x, y, out, err := n.quants3()
	if err != nil {
		return nil, err
	}
	rows, err := l.turned(n, n.inputs[0], g.turnX, g.xs, g.k, g.m)
	if err != nil {
		return nil, err
	}
	p, err := newMatMulBytes(l, n, g, rows)
	if err != nil {
		return nil, err
	}
	p.zeroX, p.zeroY = x.zero, y.zero
	m, err := multiplier(float64(x.scale*y.scale) / float64(out.scale))
	if err != nil {
		return nil, err
	}
	result, err := out.output(a, nil)
	if err != nil {
		return nil, err
	}
	begin, err := bias8(n, g.n)
	if err != nil {
		return nil, err
	}
	dst, err := l.bytes(n.outputs[0])
	p.finish = func(row, first int, sums []int32) {
		to := dst[row*g.n+first:][:len(sums)]
		for i, v := range sums {
			to[i] = kernel.Clamp(m.HalfUp(v+begin[first+i])+result.Zero, result.Lo, result.Hi)
		}
	}
	return p, err
}

// newMatMulHybrid makes products of float32 by bytes: each row of the first is quantized.
func newMatMulHybrid(l *lowering, n *node, g *matMul) (layer, error) {
	opt, _ := n.options.(model.BatchMatMul)
	y, err := n.inputs[1].scaled()
	if err != nil {
		return nil, err
	}
	numbers, err := l.turned(n, n.inputs[0], g.turnX, g.xs, g.k, g.m)
	if err != nil {
		return nil, err
	}
	how := &dynamic{!opt.AsymmetricInputs, make([]kernel.Dynamic, g.xs*g.m)}
	rows := make([]uint8, g.xs*g.m*g.k)
	l.before(n, &quantizeRows{as[float32](numbers), rows, how, l.set.QuantizeDynamic}, n.inputs[0])
	p, err := newMatMulBytes(l, n, g, rows)
	if err != nil {
		return nil, err
	}
	p.dynamic, p.zeroY = how, y.zero
	dst, err := l.floats(n.outputs[0])
	p.finish = func(row, first int, sums []int32) {
		to := dst[row*g.n+first:][:len(sums)]
		x, _ := g.factors(row / g.m)
		scale := float32(how.rows[x*g.m+row%g.m].Scale * y.scale)
		for i, v := range sums {
			to[i] = float32(v) * scale
		}
	}
	return p, l.take(int64(len(rows)) + 16*int64(len(how.rows)))
}

// newMatMul16 makes products of int16.
func newMatMul16(l *lowering, n *node, g *matMul) (layer, error) {
	x, y, out, err := n.quants3()
	if err != nil {
		return nil, err
	}
	if x.zero != 0 || y.zero != 0 || out.zero != 0 {
		return nil, errZero16(x, y, out)
	}
	m, err := coarse(float64(x.scale*y.scale) / float64(out.scale))
	if err != nil {
		return nil, err
	}
	rows, err := l.turned(n, n.inputs[0], g.turnX, g.xs, g.k, g.m)
	if err != nil {
		return nil, err
	}
	columns, err := l.turned(n, n.inputs[1], g.turnY, g.ys, g.k, g.n)
	if err != nil {
		return nil, err
	}
	dst, err := l.int16s(n.outputs[0])
	return &matMul16{g, as[int16](rows), as[int16](columns), dst, m}, err
}

// matMul16 is products of int16. A piece is a row of a product.
type matMul16 struct {
	*matMul
	rows, columns, out []int16
	scale              kernel.Coarse
}

func (p *matMul16) units() int { return p.count * p.m }

func (p *matMul16) run(_ *scratch, from, to int) {
	for row := from; row < to; row++ {
		x, y := p.factors(row / p.m)
		a := p.rows[(x*p.m+row%p.m)*p.k:][:p.k]
		for c := range p.n {
			sum := kernel.Dot16(a, p.columns[(y*p.n+c)*p.k:][:p.k])
			p.out[row*p.n+c] = int16(min(max(p.scale.Times(sum), math.MinInt16), math.MaxInt16))
		}
	}
}
