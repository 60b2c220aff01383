package cpu

import (
	"fmt"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// lowerConv makes a CONV_2D: a matrix product of the output pixels' patches with the weights, [out height width in].
func lowerConv(l *lowering, n *node) (layer, error) {
	g, outC, err := convWindow(n)
	if err != nil {
		return nil, err
	}
	return lowerProduct(l, n, g, outC, n.options.(model.Conv2D).Activation, conv)
}

// lowerSiblings makes one step of several CONV_2D of the same input and window if there is a layer for that, else one for
// each.
func lowerSiblings(l *lowering, nodes []*node) error {
	in := nodes[0].inputs[0]
	if in.Type == model.Float32 {
		data, err := l.floats(in.inner())
		if err != nil {
			return nodes[0].wrap(err)
		}
		return together(l, nodes, convOperands32,
			func(g *window, list []weights32) (layer, error) { return newTileConv32(l, g, data, list) },
			func(_ *node, g *window, w *weights32) (layer, error) { return newConv32(l, g, data, w) })
	}
	img, err := l.image(in)
	if err != nil {
		return nodes[0].wrap(err)
	}
	return together(l, nodes, convOperands,
		func(g *window, list []weights8) (layer, error) { return newTileConv(l, g, img, list) },
		func(n *node, g *window, w *weights8) (layer, error) { return newProduct8(l, n, g, *w) })
}

// together makes one step of nodes by join if that makes a layer of their operands, else one for each by alone.
func together[W any](l *lowering, nodes []*node, operands func(*lowering, *node) (*window, W, error),
	join func(*window, []W) (layer, error), alone func(*node, *window, *W) (layer, error)) error {
	var g *window
	list := make([]W, len(nodes))
	for i, n := range nodes {
		var err error
		if g, list[i], err = operands(l, n); err != nil {
			return n.wrap(err)
		}
	}
	joined, err := join(g, list)
	if err != nil {
		return nodes[0].wrap(err)
	}
	if joined != nil {
		l.add(joined, nodes...)
		return nil
	}
	for i, n := range nodes {
		made, err := alone(n, g, &list[i])
		if err != nil {
			return n.wrap(err)
		}
		l.add(made, n)
	}
	return nil
}

// convOperands is what an 8-bit CONV_2D is made of.
func convOperands(l *lowering, n *node) (*window, weights8, error) {
	g, outC, err := convWindow(n)
	if err != nil {
		return nil, weights8{}, err
	}
	w, err := newOperands(l, n, g, outC, n.options.(model.Conv2D).Activation, conv)
	return g, w, err
}

// convWindow is the window of a CONV_2D, and its number of output channels.
func convWindow(n *node) (g *window, outC int, err error) {
	opt, ok := n.options.(model.Conv2D)
	if !ok || len(n.inputs) < 2 || n.inputs[1] == nil {
		return nil, 0, fmt.Errorf("no options or no weights")
	}
	in, out, weights := n.inputs[0], n.outputs[0], n.inputs[1]
	if len(weights.Shape) != 4 {
		return nil, 0, fmt.Errorf("weights are %v (want 4 dimensions)", weights.Shape)
	}
	if g, err = newWindow(in, out, opt, weights.Shape[1], weights.Shape[2]); err != nil {
		return nil, 0, err
	}
	outC = weights.Shape[0]
	if weights.Shape[3] != g.inC || out.Shape[3] != outC {
		return nil, 0, fmt.Errorf("input is %v, weights %v, output %v: the channels differ (grouped convolution?): %w",
			in.Shape, weights.Shape, out.Shape, model.ErrUnsupported)
	}
	return g, outC, nil
}

// lowerFullyConnected makes a FULLY_CONNECTED: vectors of inputs times weights, [out in].
func lowerFullyConnected(l *lowering, n *node) (layer, error) {
	opt, ok := n.options.(model.FullyConnected)
	if !ok || len(n.inputs) < 2 || n.inputs[1] == nil {
		return nil, fmt.Errorf("no options or no weights")
	}
	if opt.ShuffledWeights {
		return nil, fmt.Errorf("shuffled weights: %w", model.ErrUnsupported)
	}
	in, out, weights := n.inputs[0], n.outputs[0], n.inputs[1]
	if len(weights.Shape) != 2 {
		return nil, fmt.Errorf("weights are %v (want 2 dimensions)", weights.Shape)
	}
	outC, k := weights.Shape[0], weights.Shape[1]
	count := in.Elements() / k
	if count*k != in.Elements() || count*outC != out.Elements() {
		return nil, fmt.Errorf("input %v times weights %v does not make output %v", in.Shape, weights.Shape, out.Shape)
	}
	if !n.constant(1) {
		m := &matMul{m: count, k: k, n: outC, count: 1, xs: 1, ys: 1}
		return newMatMul(l, n, m, opt.Activation)
	}
	g := &window{inH: 1, inW: count, inC: k, outH: 1, outW: count, h: 1, w: 1, strideH: 1, strideW: 1, dilationH: 1, dilationW: 1}
	return lowerProduct(l, n, g, outC, opt.Activation, fullyConnected)
}

// maxPatch keeps the sum of a patch's bytes in 32 bits.
const maxPatch = 1 << 24

// lowerProduct makes the matrix product behind a convolution or fully connected layer with outC outputs.
func lowerProduct(l *lowering, n *node, g *window, outC int, a model.Activation, k kind) (layer, error) {
	if n.inputs[0].dynamic != nil {
		return newHybridProduct(l, n, g, outC, a)
	}
	if n.inputs[0].Type == model.Float32 {
		if err := workOf(l, g, outC); err != nil {
			return nil, err
		}
		return newProduct32(l, n, g, outC, a)
	}
	if n.inputs[0].Type == model.Int16 {
		return newProduct16(l, n, g, outC, a, k)
	}
	w, err := newOperands(l, n, g, outC, a, k)
	if err != nil {
		return nil, err
	}
	return newProduct8(l, n, g, w)
}

// workOf counts the work of a product, and refuses one that is too large.
func workOf(l *lowering, g *window, outC int) error {
	if g.patch() > maxPatch {
		return fmt.Errorf("%d inputs for one output (the most is %d): %w", g.patch(), maxPatch, model.ErrUnsupported)
	}
	return l.work(float64(g.pixels()) * float64(g.patch()) * float64(outC))
}

// newOperands is what an 8-bit product with outC outputs is made of.
func newOperands(l *lowering, n *node, g *window, outC int, a model.Activation, k kind) (weights8, error) {
	if err := workOf(l, g, outC); err != nil {
		return weights8{}, err
	}
	w, err := newWeights8(l, n, outC, 0, k, a)
	if err != nil {
		return weights8{}, err
	}
	if n.outputs[0].slot == nil {
		w.view.pitch = outC
	}
	return w, l.take(8 * int64(outC))
}

// newProduct8 makes a product of bytes.
func newProduct8(l *lowering, n *node, g *window, w weights8) (layer, error) {
	img, err := l.image(n.inputs[0])
	if err != nil {
		return nil, err
	}
	vector := g.pointwise() && g.pixels() == 1
	if !vector || l.set.Tiling != nil && l.set.Tiling.Maps {
		if c, err := newTileConv(l, g, img, []weights8{w}); c != nil || err != nil {
			return c, err
		}
	}
	if err := l.take(int64(len(w.bytes))); err != nil {
		return nil, err
	}
	gemm := kernel.NewGEMM(g.patch(), len(w.bias), w.own(), w.bias, w.in.zero, w.zero, w.out)
	gemm.Rounding = w.round
	if vector {
		return &vector8{in: img.data, out: w.view, gemm: gemm, dot: l.set.Dot}, nil
	}
	l.scratch.grow(need{tile: g.patch()})
	if !g.pointwise() {
		l.scratch.grow(need{patch: kernel.TileRows * g.patch()})
	}
	return &conv8{window: g, in: img.data, out: w.view, fill: uint8(w.in.zero), gemm: gemm}, nil
}

// newProduct32 makes a product of float32.
func newProduct32(l *lowering, n *node, g *window, outC int, a model.Activation) (layer, error) {
	in, err := l.floats(n.inputs[0].inner())
	if err != nil {
		return nil, err
	}
	w, err := newWeights32(l, n, outC, a)
	if err != nil {
		return nil, err
	}
	if c, err := newTileConv32(l, g, in, []weights32{w}); c != nil || err != nil {
		return c, err
	}
	return newConv32(l, g, in, &w)
}

// newConv32 makes a product of float32 by patches.
func newConv32(l *lowering, g *window, in []float32, w *weights32) (layer, error) {
	gemm := kernel.GEMM32{K: g.patch(), N: len(w.bias), Weights: w.numbers.numbers(), Bias: w.bias, Lo: w.lo, Hi: w.hi, Tile: l.set.Tile32}
	size := len(gemm.Weights)
	if gemm.Tile != nil {
		size = kernel.PanelsSize32(gemm.K, gemm.N)
		gemm.Weights, gemm.Panels = nil, kernel.PackPanels32(gemm.K, gemm.N, gemm.Weights)
	}
	if !g.pointwise() {
		l.scratch.grow(need{patch32: kernel.TileRows32 * g.patch()})
	}
	return &conv32{window: g, in: in, out: w.out, gemm: gemm}, l.take(4 * int64(size))
}

// conv8 is a convolution by im2col: patches are gathered, then multiplied. A piece is a tile of pixels.
type conv8 struct {
	*window
	in   []uint8
	out  view
	fill uint8
	gemm *kernel.GEMM
}

func (c *conv8) units() int { return ceil(c.pixels(), kernel.TileRows) }

func (c *conv8) run(s *scratch, from, to int) {
	for u := from; u < to; u++ {
		pixel := u * kernel.TileRows
		n := gather(c.window, s.patches[:], c.in, s.patch, c.fill, pixel)
		c.gemm.Rows(c.out.data[pixel*c.out.pitch:], c.out.pitch, &s.patches, n, s.tile)
		c.out.translate(pixel, n, c.gemm.N)
	}
}

// vector8 is a product with a single vector; a piece is a run of columns.
type vector8 struct {
	in   []uint8
	out  view
	gemm *kernel.GEMM
	dot  func(a, w []uint8) int32
}

const vectorColumns = 64

func (v *vector8) units() int { return ceil(v.gemm.N, vectorColumns) }

func (v *vector8) run(_ *scratch, from, to int) {
	first, end := from*vectorColumns, min(to*vectorColumns, v.gemm.N)
	v.gemm.Columns(v.out.data, v.in, v.gemm.RowSum(v.in), first, end, v.dot)
	v.out.from(first).translate(0, 1, end-first)
}

// conv32 is a convolution in float32; a piece is a tile of pixels, or a run of columns if there is only one tile.
type conv32 struct {
	*window
	in   []float32
	out  view32
	gemm kernel.GEMM32
}

func (c *conv32) units() int {
	if c.pixels() <= kernel.TileRows32 {
		return ceil(c.gemm.N, vectorColumns)
	}
	return ceil(c.pixels(), kernel.TileRows32)
}

func (c *conv32) run(s *scratch, from, to int) {
	if c.pixels() <= kernel.TileRows32 {
		n := gather(c.window, s.patches32[:], c.in, s.patch32, 0, 0)
		c.gemm.Rows(c.out.data, c.out.pitch, &s.patches32, &s.tile32, n, from*vectorColumns, min(to*vectorColumns, c.gemm.N))
		return
	}
	for u := from; u < to; u++ {
		pixel := u * kernel.TileRows32
		n := gather(c.window, s.patches32[:], c.in, s.patch32, 0, pixel)
		c.gemm.Rows(c.out.data[pixel*c.out.pitch:], c.out.pitch, &s.patches32, &s.tile32, n, 0, c.gemm.N)
	}
}

// ceil is a/b, rounded up.
func ceil(a, b int) int { return (a + b - 1) / b }
