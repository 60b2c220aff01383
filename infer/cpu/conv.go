package cpu

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// buildConv makes a CONV_2D: a matrix product of the output pixels' patches with the weights, [out height width in].
func buildConv(p *planner, o *model.Operator) (layer, error) {
	opt, ok := o.Options.(model.Conv2D)
	if !ok || len(o.Inputs) < 2 || o.Inputs[1] < 0 {
		return nil, fmt.Errorf("no options or no weights")
	}
	in, out, weights := p.tensor(o.Inputs[0]), p.tensor(o.Outputs[0]), p.tensor(o.Inputs[1])
	if len(weights.Shape) != 4 {
		return nil, fmt.Errorf("weights are %v (want 4 dimensions)", weights.Shape)
	}
	g, err := newWindow(in, out, opt, weights.Shape[1], weights.Shape[2])
	if err != nil {
		return nil, err
	}
	n := weights.Shape[0]
	if weights.Shape[3] != g.inC || out.Shape[3] != n {
		return nil, fmt.Errorf("input is %v, weights %v, output %v: the channels differ (grouped convolution?): %w",
			in.Shape, weights.Shape, out.Shape, infer.ErrUnsupported)
	}
	return p.product(o, g, n, opt.Activation, conv)
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

// product makes the matrix product behind a convolution or fully connected layer with n outputs.
func (p *planner) product(o *model.Operator, g *window, n int, a model.Activation, k kind) (layer, error) {
	if p.tensor(o.Inputs[0]).Type == model.Float32 {
		return p.product32(o, g, n, a)
	}
	in, err := p.bytes(o.Inputs[0])
	if err != nil {
		return nil, err
	}
	out, err := p.bytes(o.Outputs[0])
	if err != nil {
		return nil, err
	}
	w, err := p.weights(o, n, 0, k, a)
	if err != nil {
		return nil, err
	}
	if err := p.take(8 * int64(n)); err != nil {
		return nil, err
	}
	gemm := kernel.NewGEMM(g.patch(), n, w.bytes, w.bias, w.in.zero, w.zero, w.out)
	if g.pointwise() && g.pixels() == 1 {
		return &vector8{in: in, out: out, gemm: gemm}, nil
	}
	c := &conv8{window: g, in: in, out: out, fill: uint8(w.in.zero), gemm: gemm}
	p.need.grow(need{tile: g.patch()})
	if !g.pointwise() {
		p.need.grow(need{patch: kernel.TileRows * g.patch()})
	}
	return c, nil
}

func (p *planner) product32(o *model.Operator, g *window, n int, a model.Activation) (layer, error) {
	in, err := p.floats(o.Inputs[0])
	if err != nil {
		return nil, err
	}
	out, err := p.floats(o.Outputs[0])
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
	in, out []uint8
	fill    uint8
	gemm    *kernel.GEMM
}

func (c *conv8) units() int { return ceil(c.pixels(), kernel.TileRows) }

func (c *conv8) run(s *scratch, from, to int) {
	for u := from; u < to; u++ {
		pixel := u * kernel.TileRows
		n := gather(c.window, s.rows[:], c.in, s.patch, c.fill, pixel)
		c.gemm.Rows(c.out[pixel*c.gemm.N:], c.gemm.N, &s.rows, n, s.tile)
	}
}

// vector8 is a product with a single row; a piece is a run of columns.
type vector8 struct {
	in, out []uint8
	gemm    *kernel.GEMM
}

const vectorColumns = 64

func (v *vector8) units() int { return ceil(v.gemm.N, vectorColumns) }

func (v *vector8) run(_ *scratch, from, to int) {
	v.gemm.Columns(v.out, v.in, v.gemm.RowSum(v.in), from*vectorColumns, min(to*vectorColumns, v.gemm.N))
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

// kind is what a product's scale is computed as.
type kind int

const (
	conv kind = iota
	fullyConnected
)

// weights8 is what an 8-bit layer with weights is made of.
type weights8 struct {
	bytes []uint8
	zero  int32 // of the weights
	bias  []int32
	in    quant
	out   kernel.Output
}

// weights reads weights, bias and scales of an 8-bit layer with n outputs along dimension axis of the weights.
func (p *planner) weights(o *model.Operator, n, axis int, k kind, a model.Activation) (weights8, error) {
	in, w, out := p.tensor(o.Inputs[0]), p.tensor(o.Inputs[1]), p.tensor(o.Outputs[0])
	if w.Data == nil || w.Type != in.Type || out.Type != in.Type {
		return weights8{}, fmt.Errorf("input is %v, weights %v, output %v (want one type, and constant weights): %w",
			in.Type, w.Type, out.Type, infer.ErrUnsupported)
	}
	bytes, err := p.bytes(o.Inputs[1])
	if err != nil {
		return weights8{}, err
	}
	bias, err := p.bias(o, n)
	if err != nil {
		return weights8{}, err
	}
	qi, err := p.quant(o.Inputs[0])
	if err != nil {
		return weights8{}, err
	}
	qo, err := p.quant(o.Outputs[0])
	if err != nil {
		return weights8{}, err
	}
	mult, err := p.channels(w, n, axis, k, qi, qo)
	if err != nil {
		return weights8{}, err
	}
	result, err := qo.output(a, mult)
	return weights8{bytes, w.Quant.ZeroPoint[0] + int32(flip(w)), bias, qi, result}, err
}

// channels derives each output's multiplier, in scale × weights' scale / out scale. For uint8, and for fully connected
// layers, TensorFlow Lite rounds the first product to float32; for int8 convolutions it does not.
func (p *planner) channels(w *model.Tensor, n, axis int, k kind, in, out quant) ([]kernel.Multiplier, error) {
	q := w.Quant
	if q == nil || len(q.Scale) != 1 && (len(q.Scale) != n || q.Axis != axis) || len(q.ZeroPoint) != len(q.Scale) {
		return nil, fmt.Errorf("weights %q have no scale, or not one for each of %d outputs: %w", w.Name, n, infer.ErrUnsupported)
	}
	perChannel := len(q.Scale) > 1
	if slices.ContainsFunc(q.ZeroPoint, func(z int32) bool { return z != 0 }) && (perChannel || w.Type == model.Int8 && k == conv) {
		return nil, fmt.Errorf("weights %q have a zero point (want 0 for int8 and for a scale per channel): %w", w.Name, infer.ErrUnsupported)
	}
	if perChannel && w.Type != model.Int8 {
		return nil, fmt.Errorf("%v weights %q have a scale per channel (want int8): %w", w.Type, w.Name, infer.ErrUnsupported)
	}
	mult := make([]kernel.Multiplier, n)
	for i := range mult {
		scale := q.Scale[min(i, len(q.Scale)-1)]
		product := float64(in.scale) * float64(scale)
		if w.Type == model.Uint8 || k == fullyConnected && !perChannel {
			product = float64(in.scale * scale)
		}
		var err error
		if mult[i], err = multiplier(product / float64(out.scale)); err != nil {
			return nil, err
		}
	}
	return mult, nil
}

// bias reads the n values of an 8-bit layer's bias, 0 if it has none.
func (p *planner) bias(o *model.Operator, n int) ([]int32, error) {
	bias := make([]int32, n)
	if len(o.Inputs) < 3 || o.Inputs[2] < 0 {
		return bias, nil
	}
	t := p.tensor(o.Inputs[2])
	if t.Data == nil || t.Type != model.Int32 || t.Elements() != n {
		return nil, fmt.Errorf("bias is %v %v (want %d constant int32): %w", t.Type, t.Shape, n, infer.ErrUnsupported)
	}
	for i := range bias {
		bias[i] = int32(binary.LittleEndian.Uint32(t.Data[4*i:]))
	}
	return bias, nil
}

// weights32 reads weights and bias of a float32 layer with n outputs.
func (p *planner) weights32(o *model.Operator, n int) (weights, bias []float32, err error) {
	if p.tensor(o.Inputs[1]).Data == nil {
		return nil, nil, fmt.Errorf("weights %q are not constant: %w", p.tensor(o.Inputs[1]).Name, infer.ErrUnsupported)
	}
	if weights, err = p.floats(o.Inputs[1]); err != nil {
		return nil, nil, err
	}
	if len(o.Inputs) < 3 || o.Inputs[2] < 0 {
		return weights, make([]float32, n), nil
	}
	if bias, err = p.floats(o.Inputs[2]); err != nil {
		return nil, nil, err
	}
	if p.tensor(o.Inputs[2]).Data == nil || len(bias) != n {
		return nil, nil, fmt.Errorf("bias has %d values (want %d constants): %w", len(bias), n, infer.ErrUnsupported)
	}
	return weights, bias, nil
}
