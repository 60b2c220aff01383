package cpu

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/inceptiond/inceptiond/infer/model"
)

// Operators that are in no file: transposeConvs makes them of TRANSPOSE_CONV. The first is a CONV_2D whose sums are rounded
// half away from zero, as TensorFlow Lite rounds those of TRANSPOSE_CONV.
const (
	opBlocks = opNormBytes - 1 - iota
	opInterleave
)

// transposeConvs makes each TRANSPOSE_CONV a convolution, for which there are kernels, and an opInterleave behind it. Every pixel
// of the image is multiplied by all weights and added to a window of the output, windows being a stride apart. So a block of
// stride × stride pixels of the output sees a small window of the image, the same for all blocks, and each place in the block
// its own part of the weights: a convolution with one output for each channel and place in the block. Its output, a pixel a
// block, is then taken apart.
//
// It comes behind absorbPadding: it makes values with borders of images that keep their other readers.
func transposeConvs(g *graph, memory int64) error {
	var nodes []*node
	for _, n := range g.nodes {
		if n.op != model.OpTransposeConv {
			nodes = append(nodes, n)
			continue
		}
		t, err := newTransposeConv(n, memory)
		if err != nil {
			return n.wrap(err)
		}
		nodes = append(nodes, t.conv(g), t.interleave())
	}
	g.nodes = nodes
	return nil
}

// lowerTransposeConv refuses what transposeConvs has not seen: one of constants alone is too large to be computed before.
func lowerTransposeConv(_ *lowering, _ *node) (layer, error) {
	return nil, fmt.Errorf("as part of what is constant: %w", model.ErrUnsupported)
}

// transposeConv is a TRANSPOSE_CONV on its way to two nodes. Along each side, pixel y of the output is at y + before in the
// sum of the windows, in block (y + before) / stride.
type transposeConv struct {
	*node
	strides     [2]int
	before      [2]int // how much of the sum is cut off at the top and the left
	first, size [2]int // of the blocks that are computed
	window      [2]int // of the image, for one block
	blocks      *value
}

// newTransposeConv checks shapes and types.
func newTransposeConv(n *node, memory int64) (*transposeConv, error) {
	opt, ok := n.options.(model.TransposeConv)
	if !ok || len(n.inputs) < 3 || n.inputs[1] == nil || n.inputs[2] == nil {
		return nil, fmt.Errorf("no options, weights or image")
	}
	if opt.Activation != model.NoActivation {
		return nil, fmt.Errorf("fused activation %d: %w", opt.Activation, model.ErrUnsupported)
	}
	w, in, out := n.inputs[1], n.inputs[2], n.outputs[0]
	shape, err := n.inputs[0].ints()
	if err != nil {
		return nil, err
	}
	if len(w.Shape) != 4 || len(in.Shape) != 4 || !slices.Equal(shape, out.Shape) || len(shape) != 4 || shape[0] != in.Shape[0] ||
		shape[3] != w.Shape[0] || in.Shape[3] != w.Shape[3] {
		return nil, fmt.Errorf("image %v by weights %v does not make output %v of %v", in.Shape, w.Shape, out.Shape, shape)
	}
	if len(n.inputs) == 4 && n.inputs[3] != nil && n.inputs[3].Elements() != w.Shape[0] {
		return nil, fmt.Errorf("bias %v for weights %v", n.inputs[3].Shape, w.Shape)
	}
	if !w.root().isConstant() {
		return nil, fmt.Errorf("weights %q are not constant: %w", w.Name, model.ErrUnsupported)
	}
	t := &transposeConv{node: n, strides: [2]int{opt.StrideH, opt.StrideW}}
	for i, stride := range t.strides {
		size, kernel := out.Shape[1+i], w.Shape[1+i]
		if kernel > maxWindow {
			return nil, fmt.Errorf("a window of %d (the most is %d): %w", kernel, maxWindow, model.ErrUnsupported)
		}
		count := ceil(size, stride)
		if opt.Padding == model.Same {
			t.before[i] = max(0, (count-1)*stride+kernel-size) / 2
		} else {
			count = (size-kernel)/stride + 1
		}
		if count != in.Shape[1+i] || size < 1 || opt.Padding == model.Valid && size < kernel {
			return nil, fmt.Errorf("image %v by weights %v and strides %v does not make output %v: %w", in.Shape, w.Shape, t.strides, shape, model.ErrUnsupported)
		}
		t.first[i] = t.before[i] / stride
		t.size[i] = (t.before[i]+size-1)/stride - t.first[i] + 1
		t.window[i] = ceil(kernel, stride)
	}
	outputs := float64(t.strides[0]) * float64(t.strides[1]) * float64(w.Shape[0]) // of the convolution, each with weights and what else it has
	if bytes := outputs * float64(t.window[0]*t.window[1]*w.Shape[3]*w.Type.Size()+perOutput); bytes > float64(memory) {
		return nil, fmt.Errorf("strides %v by windows %v need %.0f bytes of weights: %w", t.strides, w.Shape[1:3], bytes, model.ErrMemory)
	}
	return t, nil
}

// perOutput is how many bytes each output of a convolution has beside its weights: bias, scale and zero point.
const perOutput = 4 + 4 + 8

// places is how many pixels a block has.
func (t *transposeConv) places() int { return t.strides[0] * t.strides[1] }

// conv is the node that computes blocks.
func (t *transposeConv) conv(g *graph) *node {
	in, out := t.inputs[2], t.outputs[0]
	shape := func(height, width, channels int) []int { return []int{in.Shape[0], height, width, channels} }
	image := g.made(in, shape(t.size[0]+t.window[0]-1, t.size[1]+t.window[1]-1, in.Shape[3]), nil)
	image.border = &border{in, t.window[0] - 1 - t.first[0], t.window[1] - 1 - t.first[1]}
	t.blocks = g.made(out, shape(t.size[0], t.size[1], t.places()*out.Shape[3]), nil)
	inputs := []*value{image, t.weights(g)}
	if len(t.inputs) == 4 && t.inputs[3] != nil {
		inputs = append(inputs, t.bias(g))
	}
	options := model.Conv2D{Padding: model.Valid, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1}
	return &node{number: t.number, op: opBlocks, name: t.name, options: options, inputs: inputs, outputs: []*value{t.blocks}, macs: t.macs}
}

// made adds a value like v of another shape; data makes it a constant.
func (g *graph) made(v *value, shape []int, data []byte) *value {
	made := &value{Tensor: &model.Tensor{Name: v.Name, Shape: shape, Type: v.Type, Quant: v.Quant, Data: data}, last: -1}
	g.values = append(g.values, made)
	return made
}

// weights are those of the convolution: [place and out, window, in]. A window goes backwards through the weights.
func (t *transposeConv) weights(g *graph) *value {
	w := t.inputs[1].root()
	outC, h, width, inC := w.Shape[0], w.Shape[1], w.Shape[2], w.Shape[3]
	data, zero := w.contents(), byte(0)
	if w.Type == model.Uint8 && w.Quant != nil {
		zero = byte(w.Quant.ZeroPoint[0])
	}
	pixel := inC * w.Type.Size()
	shape := []int{t.places() * outC, t.window[0], t.window[1], inC}
	list := make([]byte, 0, product(shape)*w.Type.Size())
	for place := range t.places() {
		for c := range outC {
			for tap := range t.window[0] * t.window[1] {
				y := place/t.strides[1] + (t.window[0]-1-tap/t.window[1])*t.strides[0]
				x := place%t.strides[1] + (t.window[1]-1-tap%t.window[1])*t.strides[1]
				if y < h && x < width {
					at := ((c*h+y)*width + x) * pixel
					list = append(list, data[at:at+pixel]...)
				} else {
					list = append(list, slices.Repeat([]byte{zero}, pixel)...)
				}
			}
		}
	}
	made := g.made(w, shape, list)
	made.Quant = quantRepeated(w.Quant, t.places())
	return made
}

// bias repeats the bias for each place.
func (t *transposeConv) bias(g *graph) *value {
	b := t.inputs[3].root()
	if !b.isConstant() {
		return t.inputs[3] // lowering refuses it
	}
	made := g.made(b, []int{t.places() * b.Elements()}, slices.Repeat(b.contents(), t.places()))
	made.Quant = quantRepeated(b.Quant, t.places())
	return made
}

// interleave is the node that takes blocks apart.
func (t *transposeConv) interleave() *node {
	return &node{number: t.number, op: opInterleave, name: t.name, options: t, inputs: []*value{t.blocks}, outputs: t.outputs}
}

func lowerBlocks(l *lowering, n *node) (layer, error) {
	g, outC, err := convWindow(n)
	if err != nil {
		return nil, err
	}
	if n.inputs[0].Type == model.Int16 { // whose layer sees the border by its window alone
		n.inputs[0] = n.inputs[0].inner()
	}
	return lowerProduct(l, n, g, outC, model.NoActivation, transposed)
}

// interleave puts the pixels of blocks in lines. A piece is a line of the output.
type interleave struct {
	*transposeConv
	in, out []byte
	pixel   int // bytes
	outH    int
	outW    int
}

func lowerInterleave(l *lowering, n *node) (layer, error) {
	out := n.outputs[0]
	m := &interleave{transposeConv: n.options.(*transposeConv), pixel: out.channels() * out.Type.Size(), outH: out.Shape[1], outW: out.Shape[2]}
	var err error
	if m.in, err = l.raw(n.inputs[0]); err != nil {
		return nil, err
	}
	m.out, err = l.raw(out)
	return m, err
}

func (m *interleave) units() int { return m.outputs[0].Shape[0] * m.outH }

func (m *interleave) run(_ *scratch, from, to int) {
	run := m.strides[1] * m.pixel // bytes of a block that lie side by side
	block, line := m.places()*m.pixel, m.outW*m.pixel
	skip := (m.before[1] - m.first[1]*m.strides[1]) * m.pixel
	for row := from; row < to; row++ {
		y := row%m.outH + m.before[0]
		at := ((row/m.outH*m.size[0]+y/m.strides[0]-m.first[0])*m.size[1])*block + y%m.strides[0]*run
		out := m.out[row*line : (row+1)*line]
		n := copy(out, m.in[at+skip:at+run])
		for n < line {
			at += block
			n += copy(out[n:], m.in[at:at+run])
		}
	}
}

// quantRepeated is the quantization of a tensor that repeats another some times along its first dimension.
func quantRepeated(q *model.Quant, times int) *model.Quant {
	if q == nil || len(q.Scale) == 1 {
		return q
	}
	return &model.Quant{Scale: slices.Repeat(q.Scale, times), ZeroPoint: slices.Repeat(q.ZeroPoint, times), Axis: q.Axis}
}

// contents is the little-endian numbers of a constant.
func (v *value) contents() []byte {
	if v.from == nil {
		return v.Data
	}
	list := v.numbers()
	data := make([]byte, 4*len(list))
	for i, x := range list {
		binary.LittleEndian.PutUint32(data[4*i:], math.Float32bits(x))
	}
	return data
}
