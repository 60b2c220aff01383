package cpu

import (
	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// newMatMul32 makes products of float32.
func newMatMul32(l *lowering, n *node, g *matMul, a model.Activation) (layer, error) {
	lo, hi, err := limits(a)
	if err != nil {
		return nil, err
	}
	bias, err := bias32(l, n, g.n)
	if err != nil {
		return nil, err
	}
	rows, err := l.turned(n, n.inputs[0], g.turnX, g.xs, g.k, g.m)
	if err != nil {
		return nil, err
	}
	out, err := l.floats(n.outputs[0])
	if err != nil {
		return nil, err
	}
	w := weights32{bias: bias, lo: lo, hi: hi, out: view32{out, g.n}}
	second, err := l.floats(n.inputs[1])
	if err != nil {
		return nil, err
	}
	if p, err := newTileMatMul32(l, n, g, as[float32](rows), second, w); p != nil || err != nil {
		return p, err
	}
	columns, err := l.turned(n, n.inputs[1], g.turnY, g.ys, g.k, g.n)
	if err != nil {
		return nil, err
	}
	gemm := kernel.GEMM32{K: g.k, N: g.n, Bias: w.bias, Lo: lo, Hi: hi}
	return &matMul32{matMul: g, gemm: gemm, rows: as[float32](rows), columns: as[float32](columns), out: out}, nil
}

// matMul32 is products in plain Go. A piece is some rows of a product.
type matMul32 struct {
	*matMul
	gemm               kernel.GEMM32
	rows, columns, out []float32
}

func (p *matMul32) tiles() int { return ceil(p.m, kernel.TileRows32) }

func (p *matMul32) units() int { return p.count * p.tiles() }

func (p *matMul32) run(s *scratch, from, to int) {
	for u := from; u < to; u++ {
		x, y := p.factors(u / p.tiles())
		first := u % p.tiles() * kernel.TileRows32
		count := min(kernel.TileRows32, p.m-first)
		for i := range count {
			s.patches32[i] = p.rows[(x*p.m+first+i)*p.k:][:p.k]
		}
		gemm := p.gemm
		gemm.Weights = p.columns[y*p.n*p.k:]
		gemm.Rows(p.out[(u/p.tiles()*p.m+first)*p.n:], p.n, &s.patches32, &s.tile32, count, 0, p.n)
	}
}

// tileMatMul32 is products by a kernel.Tiling32, whose panels are arranged before each run: each is a convolution of one
// column of m pixels. A piece is a band of rows of a product times a group of panels.
type tileMatMul32 struct {
	*matMul
	*tileConv32
	each int // panels of a second matrix
}

// newTileMatMul32 is nil where this method does not fit. second is the second matrices as n's input has them.
func newTileMatMul32(l *lowering, n *node, g *matMul, rows, second []float32, w weights32) (layer, error) {
	if l.set.Tiling32 == nil {
		return nil, nil
	}
	b := newBands32(l, &window{inH: g.m, inW: 1, inC: g.k, outH: g.m, outW: 1, h: 1, w: 1, strideH: 1, strideW: 1, dilationH: 1, dilationW: 1}, rows)
	if b == nil {
		return nil, nil
	}
	c := &tileConv32{bands32: b, tiling: l.set.Tiling32, depths: b.blocks()}
	panel := c.tiling.Panel
	p := &tileMatMul32{g, c, ceil(g.n, panel)}
	if err := l.take(4 * int64(g.ys*p.each*panel*g.k+len(b.at))); err != nil {
		return nil, err
	}
	bias := make([]float32, p.each*panel)
	copy(bias, w.bias)
	for range g.ys {
		for first := 0; first < g.n; first += panel {
			width := min(panel, g.n-first)
			columns := c.tiling.Columns(width)
			c.panels = append(c.panels, panel32{
				weights: l.packed.numbers(g.k * columns), bias: bias[first:][:columns], width: width, out: w.out.from(first), lo: w.lo, hi: w.hi,
			})
		}
	}
	l.before(n, &packPanels32{p, second}, n.inputs[1])
	c.groups = min(p.each, ceil(lastChunks*unitsPerThread*l.threads, c.count()*g.count))
	l.scratch.grow(need{sums32: len(b.at) * panel})
	return p, nil
}

func (p *tileMatMul32) units() int { return p.matMul.count * p.tileConv32.units() }

func (p *tileMatMul32) run(s *scratch, from, to int) {
	for u := from; u < to; u++ {
		x, y := p.factors(u / p.tileConv32.units())
		at := u % p.tileConv32.units()
		row, group := at/p.groups*p.rows, at%p.groups
		count := min(p.rows, p.m-row)
		s.band32 = bandRun32{lines: p.in[(x*p.m+row)*p.k:]}
		for i := group * p.each / p.groups; i < (group+1)*p.each/p.groups; i++ {
			panel := p.panels[y*p.each+i]
			p.panel(s, &panel, u/p.tileConv32.units()*p.m+row, count)
		}
	}
}

// packPanels32 arranges second matrices in panels. A piece is a panel.
type packPanels32 struct {
	*tileMatMul32
	second []float32
}

func (p *packPanels32) units() int { return len(p.panels) }

func (p *packPanels32) run(_ *scratch, from, to int) {
	for u := from; u < to; u++ {
		w, width := p.panels[u].weights, p.panels[u].width
		y, first, columns := u/p.each, u%p.each*p.tiling.Panel, p.tiling.Columns(width)
		if p.turnY {
			for i := range p.k {
				copy(w[i*columns:][:width], p.second[(y*p.k+i)*p.n+first:])
			}
			continue
		}
		for c := range width {
			for i, x := range p.second[(y*p.n+first+c)*p.k:][:p.k] {
				w[i*columns+c] = x
			}
		}
	}
}
