package cpu

import (
	"fmt"
	"slices"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// matMul is the geometry of products of matrices, m × k by k × n, of a BATCH_MATMUL, or of a FULLY_CONNECTED whose weights are computed.
// The first matrices lie in rows of k numbers, the second in columns of k: what lies otherwise is turned before.
type matMul struct {
	m, k, n int
	count   int // products
	xs, ys  int // first and second matrices
	x, y    []stride
	turnX   bool // the first matrices lie in columns
	turnY   bool // the second matrices lie in rows
}

// factors are the numbers of the first and the second matrix of a product.
func (g *matMul) factors(product int) (x, y int) { return offset(g.x, product), offset(g.y, product) }

// readMatMul reads the shapes and options of a BATCH_MATMUL.
func readMatMul(n *node) (g *matMul, err error) {
	opt, ok := n.options.(model.BatchMatMul)
	const maxRank = 5
	if !ok || len(n.inputs) != 2 || n.inputs[1] == nil {
		return nil, fmt.Errorf("no options, or %d inputs (want 2)", len(n.inputs))
	}
	x, y, out := n.inputs[0].Shape, n.inputs[1].Shape, n.outputs[0].Shape
	rank := len(out)
	if len(x) < 2 || len(y) < 2 || len(x) > maxRank || len(y) > maxRank || rank != max(len(x), len(y)) {
		return nil, fmt.Errorf("%v by %v makes no %v (want 2 to %d dimensions): %w", x, y, out, maxRank, model.ErrUnsupported)
	}
	batch, xs, ys := out[:rank-2], x[:len(x)-2], y[:len(y)-2]
	x, y = slices.Clone(x[len(x)-2:]), slices.Clone(y[len(y)-2:])
	if opt.TransposeA {
		slices.Reverse(x)
	}
	if opt.TransposeB {
		slices.Reverse(y)
	}
	g = &matMul{
		m: x[0], k: x[1], n: y[1], count: product(batch), xs: product(xs), ys: product(ys), turnX: opt.TransposeA, turnY: !opt.TransposeB,
	}
	var okX, okY bool
	if g.x, okX = strides(xs, batch); okX {
		g.y, okY = strides(ys, batch)
	}
	if !okY || x[1] != y[0] || out[rank-2] != g.m || out[rank-1] != g.n {
		return nil, fmt.Errorf("%v by %v makes no %v: %w", n.inputs[0].Shape, n.inputs[1].Shape, out, model.ErrUnsupported)
	}
	return g, nil
}

// strides is [broadcast] in the form that [offset] takes.
func strides(in, out []int) ([]stride, bool) {
	steps, ok := broadcast(in, out)
	list := make([]stride, len(steps))
	for d, step := range steps {
		list[d] = stride{out[d], step}
	}
	return list, ok
}

// lowerBatchMatMul makes a BATCH_MATMUL.
func lowerBatchMatMul(l *lowering, n *node) (layer, error) {
	g, err := readMatMul(n)
	if err != nil {
		return nil, err
	}
	return newMatMul(l, n, g, model.NoActivation)
}

// newMatMul makes products of matrices, to each row of which a bias is added, if n has one.
func newMatMul(l *lowering, n *node, g *matMul, a model.Activation) (layer, error) {
	if g.k > maxPatch {
		return nil, fmt.Errorf("%d products for one number (the most is %d): %w", g.k, maxPatch, model.ErrUnsupported)
	}
	if err := l.work(float64(g.count) * float64(g.m) * float64(g.k) * float64(g.n)); err != nil {
		return nil, err
	}
	x, y, out := n.inputs[0].Type, n.inputs[1].Type, n.outputs[0].Type
	switch {
	case x == model.Float32 && y == model.Float32 && out == model.Float32:
		return newMatMul32(l, n, g, a)
	case x == model.Float32 && y == model.Int8 && out == model.Float32 && n.op == model.OpBatchMatMul:
		return newMatMulHybrid(l, n, g)
	case n.inputs[0].is8bit() && x == y && out == x:
		return newMatMul8(l, n, g, a)
	case x == model.Int8 && y == model.Int8 && out == model.Int32 && n.op == model.OpBatchMatMul:
		return newMatMulSums(l, n, g)
	case x == model.Int16 && y == model.Int16 && out == model.Int16 && n.bias() == nil:
		return newMatMul16(l, n, g)
	}
	return nil, fmt.Errorf("%v by %v makes no %v: %w", x, y, out, model.ErrUnsupported)
}

// turned is the memory of v, count matrices of rows × columns, or a copy of it in which they lie in columns: then a step makes that
// before each run, or now if v is constant.
func (l *lowering) turned(n *node, v *value, turn bool, count, rows, columns int) ([]byte, error) {
	src, err := l.raw(v)
	if err != nil || !turn || rows == 1 || columns == 1 {
		return src, err
	}
	if err := l.take(int64(len(src))); err != nil {
		return nil, err
	}
	size := v.Type.Size()
	dst, m := room(len(src)), &move{}
	m.add(dst, src, box(size, []int{count, columns, rows}, steps([]int{count, columns, rows}, size), []int{rows * columns * size, size, columns * size}))
	l.before(n, m, v)
	return dst, nil
}

// before adds a step that prepares input v of n for its layer, or takes it now if v is constant.
func (l *lowering) before(n *node, made layer, v *value) {
	if v.root().isConstant() {
		made.run(nil, 0, made.units())
		return
	}
	l.add(made, n)
}

// columnSums sums the columns of second matrices. A piece is a column.
type columnSums struct {
	columns []uint8
	k       int
	sums    []int32
}

func (c *columnSums) units() int { return len(c.sums) }

func (c *columnSums) run(_ *scratch, from, to int) {
	kernel.SumPixels(c.sums[from:to], c.columns[from*c.k:], c.k)
}
