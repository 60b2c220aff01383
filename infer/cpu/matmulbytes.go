package cpu

import (
	"math"
	"slices"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// byteProducts is products of bytes, on their way to a layer.
type byteProducts struct {
	rows         []uint8  // the first factors
	zeroX, zeroY int32    // what the bytes of 0 are
	dynamic      *dynamic // if not nil, has what they are in each of the rows

	// finish makes numbers of the sums of a row of the output, from column first on. There is memory behind the sums for a whole
	// vector.
	finish func(s *scratch, row, first int, sums []int32)
}

// zero is what the byte of 0 is in a row of the first factors.
func (p *byteProducts) zero(row int) int32 {
	if p.dynamic != nil {
		return p.dynamic.rows[row].Zero
	}
	return p.zeroX
}

// lower makes the layer: by kernels for float32 if they can add so many products without an error, else by dot products.
func (p *byteProducts) lower(l *lowering, n *node, g *matMul) (layer, error) {
	if made, err := p.lower32(l, n, g); made != nil || err != nil {
		return made, err
	}
	columns, err := l.turned(n, n.inputs[1], g.turnY, g.ys, g.k, g.n)
	if err != nil {
		return nil, err
	}
	m := &matMulBytes{matMul: g, byteProducts: p, columns: columns, sums: make([]int32, g.ys*g.n), part: g.n, dot: l.set.Dot}
	l.before(n, &columnSums{columns, g.k, m.sums}, n.inputs[1])
	if g.count*g.m < unitsPerThread*l.threads {
		m.part = vectorColumns
	}
	l.scratch.grow(need{sums: m.part + kernel.Panel})
	return m, l.take(4 * int64(len(m.sums)))
}

// maxExact bounds the size of whole numbers that float32 adds without an error.
const maxExact = 1 << 24

// lower32 is nil where products of float32 would not be exact, or there are no kernels for them.
func (p *byteProducts) lower32(l *lowering, n *node, g *matMul) (layer, error) {
	furthest := func(zero int32) int64 { return int64(max(zero, math.MaxUint8-zero)) }
	x := furthest(p.zeroX)
	if p.dynamic != nil {
		x = math.MaxUint8
	}
	if l.set.Tiling32 == nil || int64(g.k)*x*furthest(p.zeroY) > maxExact {
		return nil, nil
	}
	second, err := l.bytes(n.inputs[1])
	if err != nil {
		return nil, err
	}
	rows, columns, sums := make([]float32, len(p.rows)), make([]float32, len(second)), make([]float32, g.count*g.m*g.n)
	if err := l.take(4 * int64(len(rows)+len(columns)+len(sums))); err != nil {
		return nil, err
	}
	inf := float32(math.Inf(1))
	w := weights32{bias: make([]float32, g.n), lo: -inf, hi: inf, out: view32{sums, g.n}}
	l.before(n, &centred{p.rows, rows, g.k, p.zero, l.set.Dequantize}, n.inputs[0])
	l.before(n, &centred{second, columns, len(second) / g.ys, func(int) int32 { return p.zeroY }, l.set.Dequantize}, n.inputs[1])
	made, err := newTileMatMul32(l, n, g, rows, columns, w)
	if err != nil || made == nil {
		return nil, err
	}
	l.add(made, n)
	l.scratch.grow(need{sums: g.n + kernel.Panel})
	return &wholeSums{sums, g.n, p.finish}, nil
}

// centred makes float32 of rows of bytes, 0 of what stands for 0. A piece is a row.
type centred struct {
	in    []uint8
	out   []float32
	width int
	zero  func(row int) int32
	f     func(dst []float32, src []uint8, scale float32, zero int32)
}

func (c *centred) units() int { return len(c.in) / c.width }

func (c *centred) run(_ *scratch, from, to int) {
	for row := from; row < to; row++ {
		at, end := row*c.width, (row+1)*c.width
		for ; at < end; at += chunk {
			c.f(c.out[at:min(at+chunk, end)], c.in[at:min(at+chunk, end)], 1, c.zero(row))
		}
	}
}

// wholeSums finishes rows of sums that are whole numbers. A piece is a row.
type wholeSums struct {
	in     []float32
	width  int
	finish func(s *scratch, row, first int, sums []int32)
}

func (w *wholeSums) units() int { return len(w.in) / w.width }

func (w *wholeSums) run(s *scratch, from, to int) {
	sums := s.sums[:w.width]
	for row := from; row < to; row++ {
		for i, x := range w.in[row*w.width:][:w.width] {
			sums[i] = int32(x)
		}
		w.finish(s, row, 0, sums)
	}
}

// matMulBytes is products of bytes by dot products. A piece is a row of a product, or a run of its columns if there are few rows.
type matMulBytes struct {
	*matMul
	*byteProducts
	columns []uint8
	sums    []int32 // of each column
	part    int     // columns of a piece
	dot     func(a, w []uint8) int32
}

func (m *matMulBytes) parts() int { return ceil(m.n, m.part) }

func (m *matMulBytes) units() int { return m.count * m.m * m.parts() }

func (m *matMulBytes) run(s *scratch, from, to int) {
	for u := from; u < to; u++ {
		row, first := u/m.parts(), u%m.parts()*m.part
		x, y := m.factors(row / m.m)
		x = x*m.m + row%m.m
		a, zeroX := m.rows[x*m.k:(x+1)*m.k], m.zero(x)
		start := m.zeroY * (int32(m.k)*zeroX - sumBytes(a))
		sums := s.sums[:min(m.part, m.n-first)]
		for i := range sums {
			c := y*m.n + first + i
			sums[i] = m.dot(a, m.columns[c*m.k:(c+1)*m.k]) - zeroX*m.sums[c] + start
		}
		m.finish(s, row, first, sums)
	}
}

// newMatMulSums makes products of int8 as they are stored, whatever their zero points: what they sum up to, in int32.
func newMatMulSums(l *lowering, n *node, g *matMul) (layer, error) {
	rows, err := l.turned(n, n.inputs[0], g.turnX, g.xs, g.k, g.m)
	if err != nil {
		return nil, err
	}
	dst, err := l.int32s(n.outputs[0])
	if err != nil {
		return nil, err
	}
	p := &byteProducts{rows: rows, zeroX: int32(n.inputs[0].flip()), zeroY: int32(n.inputs[1].flip())}
	p.finish = func(_ *scratch, row, first int, sums []int32) { copy(dst[row*g.n+first:], sums) }
	return p.lower(l, n, g)
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
	p := &byteProducts{rows: rows, zeroX: x.zero, zeroY: y.zero}
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
	if err != nil {
		return nil, err
	}
	result.Mult = slices.Repeat([]kernel.Multiplier{m}, kernel.Panel)
	f := &sumsToBytes{result: result, block: kernel.NewSumBlocks(&result, kernel.HalfUp), run: l.set.FromSums}
	p.finish = func(s *scratch, row, first int, sums []int32) {
		if n.bias() != nil {
			for i := range sums {
				sums[i] += begin[first+i]
			}
		}
		f.write(&s.tiling.rawSums, dst[row*g.n+first:], sums)
	}
	return p.lower(l, n, g)
}

// sumsToBytes makes bytes of sums that all have the same multiplier, which result has once for each column of a block.
type sumsToBytes struct {
	result kernel.Output
	block  []kernel.DepthBlock
	run    func(*kernel.RawSums) // nil where result does it
}

// write writes len(sums) bytes to dst. Vectors read what is behind the sums.
func (f *sumsToBytes) write(raw *kernel.RawSums, dst []uint8, sums []int32) {
	if f.run == nil {
		mult := f.result.Mult[0]
		for i, v := range sums {
			dst[i] = kernel.Clamp(mult.HalfUp(v)+f.result.Zero, f.result.Lo, f.result.Hi)
		}
		return
	}
	const panel = kernel.Panel
	*raw = kernel.RawSums{Pitch: 4 * panel, Count: len(sums) / panel, Block: &f.block[0], Stride: panel, Width: panel}
	at := raw.Count * panel
	if raw.Count > 0 {
		raw.Sums, raw.Dst = &sums[0], &dst[0]
		f.run(raw)
	}
	if raw.Count, raw.Width = 1, len(sums)-at; raw.Width > 0 {
		raw.Sums, raw.Dst = &sums[at], &dst[at]
		f.run(raw)
	}
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
	dst, err := l.floats(n.outputs[0])
	if err != nil {
		return nil, err
	}
	if err := l.take(int64(len(rows)) + 16*int64(len(how.rows))); err != nil {
		return nil, err
	}
	p := &byteProducts{rows: rows, dynamic: how, zeroY: y.zero}
	p.finish = func(_ *scratch, row, first int, sums []int32) {
		to := dst[row*g.n+first:][:len(sums)]
		x, _ := g.factors(row / g.m)
		scale := float32(how.rows[x*g.m+row%g.m].Scale * y.scale)
		for i, v := range sums {
			to[i] = float32(v) * scale
		}
	}
	return p.lower(l, n, g)
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
