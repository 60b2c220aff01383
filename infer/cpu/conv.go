package cpu

import (
	"fmt"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// buildConv makes a CONV_2D: a matrix product of the output pixels' patches with the weights, [out height width in].
func buildConv(p *planner, o *model.Operator) (layer, error) {
	g, n, err := p.convolution(o)
	if err != nil {
		return nil, err
	}
	return p.product(o, g, n, o.Options.(model.Conv2D).Activation, conv)
}

// buildTogether makes one step of several CONV_2D of the same input and window, if that can be, else one for each.
func (p *planner) buildTogether(operators []int) error {
	var list []weights8
	var g *window
	for _, i := range operators {
		o := &p.m.Operators[i]
		var n int
		var err error
		if g, n, err = p.convolution(o); err != nil {
			return err
		}
		w, err := p.operands(o, g, n, o.Options.(model.Conv2D).Activation, conv)
		if err != nil {
			return err
		}
		list = append(list, w)
	}
	first := &p.m.Operators[operators[0]]
	in, err := p.bytes(p.inside(first.Inputs[0]))
	if err != nil {
		return err
	}
	if c, err := p.newTileConv(g, in, p.computed(p.inside(first.Inputs[0])), list); err != nil {
		return err
	} else if c != nil {
		p.add(c, operators...)
		return nil
	}
	for n, i := range operators {
		l, err := p.product8(&p.m.Operators[i], g, list[n])
		if err != nil {
			return err
		}
		p.add(l, i)
	}
	return nil
}

// convolution is the window of a CONV_2D, and its number of outputs.
func (p *planner) convolution(o *model.Operator) (*window, int, error) {
	opt, ok := o.Options.(model.Conv2D)
	if !ok || len(o.Inputs) < 2 || o.Inputs[1] < 0 {
		return nil, 0, fmt.Errorf("no options or no weights")
	}
	in, out, weights := p.tensor(o.Inputs[0]), p.tensor(o.Outputs[0]), p.tensor(o.Inputs[1])
	if len(weights.Shape) != 4 {
		return nil, 0, fmt.Errorf("weights are %v (want 4 dimensions)", weights.Shape)
	}
	g, err := newWindow(in, out, opt, weights.Shape[1], weights.Shape[2])
	if err != nil {
		return nil, 0, err
	}
	p.unpad(g, o.Inputs[0])
	n := weights.Shape[0]
	if weights.Shape[3] != g.inC || out.Shape[3] != n {
		return nil, 0, fmt.Errorf("input is %v, weights %v, output %v: the channels differ (grouped convolution?): %w",
			in.Shape, weights.Shape, out.Shape, infer.ErrUnsupported)
	}
	return g, n, nil
}

// buildFullyConnected makes a FULLY_CONNECTED: rows of inputs times weights, [out in].
func buildFullyConnected(p *planner, o *model.Operator) (layer, error) {
	opt, ok := o.Options.(model.FullyConnected)
	if !ok || len(o.Inputs) < 2 || o.Inputs[1] < 0 {
		return nil, fmt.Errorf("no options or no weights")
	}
	if opt.ShuffledWeights {
		return nil, fmt.Errorf("shuffled weights: %w", infer.ErrUnsupported)
	}
	in, out, weights := p.tensor(o.Inputs[0]), p.tensor(o.Outputs[0]), p.tensor(o.Inputs[1])
	if len(weights.Shape) != 2 {
		return nil, fmt.Errorf("weights are %v (want 2 dimensions)", weights.Shape)
	}
	n, k := weights.Shape[0], weights.Shape[1]
	rows := in.Elements() / k
	if rows*k != in.Elements() || rows*n != out.Elements() {
		return nil, fmt.Errorf("input %v times weights %v does not make output %v", in.Shape, weights.Shape, out.Shape)
	}
	g := &window{inH: 1, inW: rows, inC: k, outH: 1, outW: rows, h: 1, w: 1, strideH: 1, strideW: 1, dilationH: 1, dilationW: 1}
	return p.product(o, g, n, opt.Activation, fullyConnected)
}

// maxPatch keeps the sum of a patch's bytes in 32 bits.
const maxPatch = 1 << 24

// product makes the matrix product behind a convolution or fully connected layer with n outputs.
func (p *planner) product(o *model.Operator, g *window, n int, a model.Activation, k kind) (layer, error) {
	if p.tensor(o.Inputs[0]).Type == model.Float32 {
		if err := p.effortOf(g, n); err != nil {
			return nil, err
		}
		return p.product32(o, g, n, a)
	}
	w, err := p.operands(o, g, n, a, k)
	if err != nil {
		return nil, err
	}
	return p.product8(o, g, w)
}

// effortOf counts the work of a product, and refuses one that is too large.
func (p *planner) effortOf(g *window, n int) error {
	if g.patch() > maxPatch {
		return fmt.Errorf("%d inputs for one output (the most is %d): %w", g.patch(), maxPatch, infer.ErrUnsupported)
	}
	return p.work(float64(g.pixels()) * float64(g.patch()) * float64(n))
}

// operands is what an 8-bit product with n outputs is made of.
func (p *planner) operands(o *model.Operator, g *window, n int, a model.Activation, k kind) (weights8, error) {
	if err := p.effortOf(g, n); err != nil {
		return weights8{}, err
	}
	w, err := p.weights(o, n, 0, k, a)
	if err != nil {
		return weights8{}, err
	}
	if p.values[o.Outputs[0]].into < 0 {
		w.view.pitch = n
	}
	return w, p.take(8 * int64(n))
}

// product8 is product for 8-bit tensors.
func (p *planner) product8(o *model.Operator, g *window, w weights8) (layer, error) {
	in, err := p.bytes(p.inside(o.Inputs[0]))
	if err != nil {
		return nil, err
	}
	vector := g.pointwise() && g.pixels() == 1
	if !vector || p.set.Tiling != nil && p.set.Tiling.Maps {
		if c, err := p.newTileConv(g, in, p.computed(p.inside(o.Inputs[0])), []weights8{w}); c != nil || err != nil {
			return c, err
		}
	}
	if err := p.take(int64(len(w.bytes))); err != nil {
		return nil, err
	}
	gemm := kernel.NewGEMM(g.patch(), len(w.bias), w.own(), w.bias, w.in.zero, w.zero, w.out)
	if vector {
		return &vector8{in: in, out: w.view, gemm: gemm, dot: p.set.Dot}, nil
	}
	c := &conv8{window: g, in: in, out: w.view, fill: uint8(w.in.zero), gemm: gemm}
	p.need.grow(need{tile: g.patch()})
	if !g.pointwise() {
		p.need.grow(need{patch: kernel.TileRows * g.patch()})
	}
	return c, nil
}

func (p *planner) product32(o *model.Operator, g *window, n int, a model.Activation) (layer, error) {
	in, out, err := ends(p.floats, o)
	if err != nil {
		return nil, err
	}
	weights, bias, err := p.weights32(o, n)
	if err != nil {
		return nil, err
	}
	lo, hi, err := limits(a)
	if err != nil {
		return nil, err
	}
	if !g.pointwise() {
		p.need.grow(need{patch32: kernel.TileRows32 * g.patch()})
	}
	gemm := kernel.GEMM32{K: g.patch(), N: n, Weights: weights, Bias: bias, Lo: lo, Hi: hi}
	return &conv32{window: g, in: in, out: out, gemm: gemm}, nil
}

// conv8 is a convolution; a piece is a tile of pixels.
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
		n := gather(c.window, s.rows[:], c.in, s.patch, c.fill, pixel)
		c.gemm.Rows(c.out.data[pixel*c.out.pitch:], c.out.pitch, &s.rows, n, s.tile)
		c.out.translate(pixel, n, c.gemm.N)
	}
}

// vector8 is a product with a single row; a piece is a run of columns.
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
	in, out []float32
	gemm    kernel.GEMM32
}

func (c *conv32) units() int {
	if c.pixels() <= kernel.TileRows32 {
		return ceil(c.gemm.N, vectorColumns)
	}
	return ceil(c.pixels(), kernel.TileRows32)
}

func (c *conv32) run(s *scratch, from, to int) {
	if c.pixels() <= kernel.TileRows32 {
		n := gather(c.window, s.rows32[:], c.in, s.patch32, 0, 0)
		c.gemm.Rows(c.out, c.gemm.N, &s.rows32, n, from*vectorColumns, min(to*vectorColumns, c.gemm.N))
		return
	}
	for u := from; u < to; u++ {
		pixel := u * kernel.TileRows32
		n := gather(c.window, s.rows32[:], c.in, s.patch32, 0, pixel)
		c.gemm.Rows(c.out[pixel*c.gemm.N:], c.gemm.N, &s.rows32, n, 0, c.gemm.N)
	}
}

// ceil is a/b, rounded up.
func ceil(a, b int) int { return (a + b - 1) / b }
