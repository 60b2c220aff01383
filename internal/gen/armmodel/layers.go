package armmodel

import (
	"fmt"
	"slices"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// use is how often a part of a kernel runs in a layer.
type use struct {
	part  string
	times float64
}

// layer is what an operator costs.
type layer struct {
	op      string
	uses    []use
	code    float64 // instructions of Go around the kernels
	weights float64 // bytes that are read once
	macs    float64
}

func (l *layer) use(part string, times float64) { l.uses = append(l.uses, use{part, times}) }

// Instructions of Go around the kernels, as counted once: for a step, for a call of a kernel, for 64 bytes that are copied,
// and for each number of a local response normalization, whose sums slide in plain Go.
const (
	codeCopy  = 8
	codeStep  = 6000
	codeCall  = 110
	codeSlide = 6.5
	codeNorm  = 0.7 // for one of bytes, whose sums do not
)

// layers is what the operators of a model cost with a set of kernels.
// Concatenations and padding cost nothing: the operators beside them do that.
func layers(m *model.Model, s set) ([]layer, error) {
	var list []layer
	copied, joined := map[string]bool{}, normsOfBytes(m)
	for i := range m.Operators {
		o := &m.Operators[i]
		if joined[i] && o.Op != model.OpLRN {
			continue
		}
		l := layer{op: o.Name(), code: codeStep, macs: float64(m.MACs(i))}
		in, out := m.Tensors[o.Inputs[0]].Shape, m.Tensors[o.Outputs[0]].Shape
		n := float64(m.Tensors[o.Outputs[0]].Elements())
		switch opt := o.Options.(type) {
		case model.Conv2D:
			w := m.Tensors[o.Inputs[1]].Shape
			g := shape{in: in, out: out, h: w[1], w: w[2], stride: opt.StrideH, n: w[0]}
			if g.pixels() == 1 && g.h*g.w == 1 {
				l.single(g.n, g.channels())
				break
			}
			key := fmt.Sprint(o.Inputs[0], g.h, g.w, g.stride)
			l.convolution(g, s, !copied[key])
			if wide(&m.Tensors[o.Inputs[1]]) && !copied[key] {
				l.sums(g, s)
			}
			copied[key] = true
		case model.FullyConnected:
			w := m.Tensors[o.Inputs[1]].Shape
			l.single(w[0], w[1])
		case model.DepthwiseConv2D:
			w := m.Tensors[o.Inputs[1]].Shape
			l.depthwise(shape{in: in, out: out, h: w[1], w: w[2], stride: opt.StrideH, n: w[3]}, plainBlocks(m, o))
		case model.Pool2D:
			l.pool(shape{in: in, out: out, h: opt.Height, w: opt.Width, stride: opt.StrideH}, o.Op == model.OpMaxPool2D)
		case model.LRN:
			if joined[i] {
				l.use("normNEON.read", n/64)
				l.use("normNEON.channel", n/8)
				l.use("normNEON.write", n/64)
				l.code += codeNorm * n
				break
			}
			l.use("squareNEON.sixteen", n/16)
			l.use("scalePowerNEON.four", n/4)
			l.code += codeSlide * n
		case model.Add:
			l.use("addRoundNEON.eight", n/8)
		case model.Reducer:
			l.use("sumWindowNEON.column", float64(m.Tensors[o.Inputs[0]].Elements())/16)
		case model.Softmax:
			l.code += 40 * n
		default:
			switch o.Op {
			case model.OpQuantize:
				l.use("quantizeNEON.sixteen", n/16)
			case model.OpDequantize:
				l.use("dequantizeNEON.sixteen", n/16)
			default:
				continue
			}
		}
		list = append(list, l)
	}
	return list, nil
}

// normsOfBytes is the numbers of operators that are one step: DEQUANTIZE, a local response normalization and QUANTIZE.
func normsOfBytes(m *model.Model) map[int]bool {
	makers, readers := map[int]int{}, map[int][]int{}
	for i := range m.Operators {
		o := &m.Operators[i]
		makers[o.Outputs[0]] = i
		readers[o.Inputs[0]] = append(readers[o.Inputs[0]], i)
	}
	joined := map[int]bool{}
	for i := range m.Operators {
		o := &m.Operators[i]
		before, ok := makers[o.Inputs[0]]
		after := readers[o.Outputs[0]]
		opt, _ := o.Options.(model.LRN)
		if ok && len(after) == 1 && opt.Beta == 0.75 && m.Operators[before].Op == model.OpDequantize && m.Operators[after[0]].Op == model.OpQuantize {
			joined[before], joined[i], joined[after[0]] = true, true, true
		}
	}
	return joined
}

// shape is the geometry of a window.
type shape struct {
	in, out []int
	h, w    int
	stride  int
	n       int // outputs
}

func (g *shape) channels() int { return g.in[3] }

// inside tells whether the windows are inside the input, so that kernels for unsigned bytes read it where it lies.
func (g *shape) inside() bool {
	return (g.out[1]-1)*g.stride+g.h <= g.in[1] && (g.out[2]-1)*g.stride+g.w <= g.in[2]
}

// bytes is the size of the input.
func (g *shape) bytes() float64 { return float64(g.in[1] * g.in[2] * g.in[3]) }

// pixels is the number of output pixels.
func (g *shape) pixels() float64 { return float64(g.out[1] * g.out[2]) }

// runs is the rows of output pixels, or one if each pixel sees only itself.
func (g *shape) runs() []kernel.Run {
	if g.h == 1 && g.w == 1 && g.stride == 1 {
		return []kernel.Run{{Count: g.out[1] * g.out[2]}}
	}
	var list []kernel.Run
	for y := range g.out[1] {
		list = append(list, kernel.Run{At: y << 20, Pixel: y * g.out[2], Count: g.out[2]})
	}
	return list
}

// convolution counts the turns of the loops over tiles; copied tells whether its input becomes lines here, and not for an
// earlier convolution that sees the same.
func (l *layer) convolution(g shape, s set, copied bool) {
	l.weights = float64(g.n * g.h * g.w * g.channels())
	panels := float64((g.n + kernel.Panel - 1) / kernel.Panel)
	l.code += codeCall * panels
	switch {
	case s == matrix && copied && !g.inside():
		l.code += codeCopy * g.bytes() / 64
	case s != matrix && copied:
		l.use("flipNEON.sixtyfour", g.bytes()/64)
	}
	tiling := kernel.Tiling{Group: []int{neonPixels, dotPixels, matrixPixels}[s] / 2}
	tiles := []func(shape, int, float64){l.neonTiles, l.dotTiles, l.matrixTiles}[s]
	for _, list := range tiling.Arrange(g.runs(), 1) {
		tiles(g, list.Pixels, float64(len(list.Tiles))*panels)
	}
}

// single counts a product of one pixel.
func (l *layer) single(n, k int) {
	l.weights = float64(n * k)
	l.use("dotNEON.thirtytwo", float64(n)*float64(k/32))
	l.code += float64(n) * (130 + 6*float64(k%32))
}

// sums counts the sums of what pixels see, which weights want that do not fit 8 bits less their zero point.
func (l *layer) sums(g shape, s set) {
	pixels, vectors := float64(g.in[1]*g.in[2]), float64(g.channels()/16)
	if vectors == 0 {
		l.code += pixels * float64(8*g.channels()+13)
		return
	}
	f := "sumSignedNEON."
	if s == matrix {
		f = "sumUnsignedNEON."
	}
	l.use(f+"pixel", pixels)
	l.use(f+"sixteen", pixels*(vectors+1))
	l.use(f+"total", pixels)
	l.code += 7 * pixels * float64(g.h-1+g.w-1)
}

// wide tells whether some weight of a tensor is not -128 … 127 less its zero point.
func wide(t *model.Tensor) bool {
	if t.Type != model.Uint8 || t.Quant == nil {
		return false
	}
	zero := int(t.Quant.ZeroPoint[0])
	return slices.ContainsFunc(t.Data, func(x byte) bool { return int(x)-zero < -128 || int(x)-zero > 127 })
}

// dotTiles counts count tiles of n pixels by a panel, with dot products.
func (l *layer) dotTiles(g shape, n int, count float64) {
	at := func(name string) string { return fmt.Sprint(dotTiles, ".", name, n) }
	steps, turns := (g.w*g.channels()+3)/4, count*float64(g.h)
	l.use(at("tile"), count)
	l.use(at("segment"), turns)
	l.use(at("four"), turns*float64(steps/4))
	l.use(at("rest"), turns)
	l.use(at("one"), turns*float64(steps%4))
	l.use(at("skip"), count)
	l.code += (turns - count) * float64(n+2)
	l.use(at("place"), count)
	l.code += 3 * count
}

// matrixTiles counts count tiles of n pixels by a panel, with matrix products.
func (l *layer) matrixTiles(g shape, n int, count float64) {
	at := func(name string) string { return fmt.Sprint(matrixTiles, ".", name, n) }
	steps, turns := (g.w*g.channels()+7)/8, count*float64(g.h)
	l.use(at("tile"), count)
	l.use(at("segment"), turns)
	l.use(at("two"), turns*float64(steps/2))
	l.use(at("rest"), turns)
	l.use(at("one"), turns*float64(steps%2))
	l.use(at("skip"), count)
	l.code += (turns - count) * float64(n+2)
	l.use(at("place"), count)
	l.code += 3 * count
}

// neonTiles counts count tiles of n pixels by a panel.
func (l *layer) neonTiles(g shape, n int, count float64) {
	at := func(name string) string { return fmt.Sprint("tilesNEON.", name, n) }
	steps, segments := (g.w*g.channels()+7)/8, float64(g.h)
	pairs, singles := steps/2, float64(steps%2)
	turns := 4 * count * segments
	l.use(at("tile"), count)
	l.use(at("columns"), 4*count)
	l.use(at("segment"), turns)
	l.use(at("pair"), turns*float64(pairs/2))
	l.use(at("odd"), turns*float64(pairs%2))
	l.use(at("singles"), turns)
	l.use(at("single"), turns*singles)
	l.use(at("skip"), 4*count)
	l.code += (turns - 4*count) * float64(n+2)
	l.use(at("kept"), count)
	l.code += 9 * count
}

// plainBlocks is how many of a depthwise convolution's blocks of 16 channels, 0 to 1, can round half up, with weights that
// fit 8 bits.
func plainBlocks(m *model.Model, o *model.Operator) float64 {
	in, t, out := &m.Tensors[o.Inputs[0]], &m.Tensors[o.Inputs[1]], &m.Tensors[o.Outputs[0]]
	if in.Quant == nil || t.Quant == nil || out.Quant == nil {
		return 1
	}
	n := t.Shape[3]
	odd := make([]bool, (n+15)/16)
	for i, x := range t.Data {
		c := i % n
		scale := float64(in.Quant.Scale[0]) * float64(t.Quant.Scale[c%len(t.Quant.Scale)]) / float64(out.Quant.Scale[0])
		w := int(x) - int(t.Quant.ZeroPoint[0])
		if t.Type == model.Int8 {
			w = int(int8(x))
		}
		if scale >= 0.5 || w < -127 || w > 127 {
			odd[c/16] = true
		}
	}
	plain := 0
	for _, x := range odd {
		if !x {
			plain++
		}
	}
	return float64(plain) / float64(len(odd))
}

// depthwise counts blocks of 16 channels. With a stride of 1, pixels are taken together until their channels are whole
// blocks. plain is the part of the blocks that the loop for 9 taps takes.
func (l *layer) depthwise(g shape, plain float64) {
	group := 1
	for g.stride == 1 && group*g.n%16 != 0 && group < g.out[2] {
		group++
	}
	calls := float64(g.out[1]) * float64((group*g.n+15)/16)
	pixels := calls * float64(g.out[2]) / float64(group)
	l.use("flipNEON.sixtyfour", g.bytes()/64)
	l.code += codeCall*calls + 60*float64(g.in[1])
	l.weights = float64(g.n * g.h * g.w)
	if g.h*g.w != 9 {
		plain = 0
	}
	l.use("depthNineNEON.", calls*plain)
	l.use("depthNineNEON.nine", pixels*plain)
	pixels *= 1 - plain
	l.use("depthNEON.", calls*(1-plain))
	l.use("depthNEON.pixel", pixels)
	l.use("depthNEON.pair", pixels*float64((g.h*g.w+2)/2)) // some weights make another tap
	l.use("depthNEON.away", pixels)
	l.use("depthNEON.bytes", pixels)
}

// pool counts taps.
func (l *layer) pool(g shape, isMax bool) {
	channels := g.channels()
	taps := g.pixels() * float64(g.h*g.w)
	l.code += codeCall * g.pixels() / 4
	switch {
	case isMax:
		l.use("maxRowNEON.column64", taps*float64(channels/64))
		l.use("maxRowNEON.column16", taps*float64(channels%64+15)/16)
	case g.h*g.w <= 16:
		l.use("averageWindowNEON.column", taps*float64(channels+15)/16)
		l.use("averageWindowNEON.whole", g.pixels()*float64(channels+15)/16)
		l.code += codeCall * g.pixels()
	default:
		l.use("sumWindowNEON.column", taps*float64(channels)/16)
		l.code += 12 * g.pixels() * float64(channels)
	}
}
