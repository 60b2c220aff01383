package cpu

import (
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// lowerConcat makes a CONCATENATION. uint8 inputs whose scale is not the output's are rescaled, by a table made here;
// int8 inputs are copied whatever their scales say, as in TensorFlow Lite.
func lowerConcat(l *lowering, n *node) (layer, error) {
	axis, err := concatAxis(n)
	if err != nil {
		return nil, err
	}
	outer := product(n.outputs[0].Shape[:axis])
	switch {
	case n.outputs[0].Type == model.Float32:
		return newConcat32(l, n, outer)
	case n.outputs[0].is8bit():
		return newConcat8(l, n, outer)
	}
	return newConcatMove(l, n, axis)
}

// newConcatMove makes a concatenation of numbers of other types.
func newConcatMove(l *lowering, n *node, axis int) (layer, error) {
	out := n.outputs[0]
	dst, err := l.raw(out)
	if err != nil {
		return nil, err
	}
	size, m, at := out.Type.Size(), &move{}, 0
	to := steps(out.Shape, size)
	for _, in := range n.inputs {
		src, err := l.raw(in)
		if err != nil {
			return nil, err
		}
		b := box(size, in.Shape, to, steps(in.Shape, size))
		b.Dst = at * to[axis]
		m.add(dst, src, b)
		at += in.Shape[axis]
	}
	return m, nil
}

// concatAxis is the dimension along which a CONCATENATION's inputs make its output.
func concatAxis(n *node) (int, error) {
	opt, ok := n.options.(model.Concat)
	if !ok {
		return 0, fmt.Errorf("no options")
	}
	if opt.Activation != model.NoActivation {
		return 0, fmt.Errorf("fused activation %d: %w", opt.Activation, model.ErrUnsupported)
	}
	out := n.outputs[0]
	if opt.Axis < 0 || opt.Axis >= len(out.Shape) {
		return 0, fmt.Errorf("axis %d of %v", opt.Axis, out.Shape)
	}
	total := 0
	for _, in := range n.inputs {
		if in == nil {
			return 0, fmt.Errorf("an input is missing")
		}
		if in.Type != out.Type || !sameBut(in.Shape, out.Shape, opt.Axis) {
			return 0, fmt.Errorf("%v %v is no part of %v %v", in.Type, in.Shape, out.Type, out.Shape)
		}
		total += in.Shape[opt.Axis]
	}
	if total != out.Shape[opt.Axis] {
		return 0, fmt.Errorf("the inputs have %d along dimension %d, the output has %d", total, opt.Axis, out.Shape[opt.Axis])
	}
	return opt.Axis, nil
}

// newConcat8 makes a concatenation of bytes, without the inputs that are written where they belong (see concatInPlace). outer
// is the product of the dimensions before the axis.
func newConcat8(l *lowering, n *node, outer int) (layer, error) {
	out := l.view(n.outputs[0])
	if n.outputs[0].slot == nil {
		data, err := l.bytes(n.outputs[0])
		if err != nil {
			return nil, err
		}
		out = view{data: data, pitch: len(data) / outer}
	}
	c := &concat8{outer: outer}
	at := 0
	for _, in := range n.inputs {
		width := in.Elements() / outer
		if in.slot == nil {
			data, err := l.bytes(in)
			if err != nil {
				return nil, err
			}
			table, err := rescale(in, n.outputs[0])
			if err != nil {
				return nil, err
			}
			to := out.from(at)
			to.table = then(table, out.table)
			c.copies = append(c.copies, concatCopy{data, to, width})
		}
		at += width
	}
	return c, nil
}

// concat8 puts runs of several inputs side by side. A piece is a run of the output, from the axis on.
type concat8 struct {
	outer  int // runs
	copies []concatCopy
}

// concatCopy is one of the inputs.
type concatCopy struct {
	in    []uint8
	out   view
	width int // of a run
}

func (c *concat8) units() int { return c.outer }

func (c *concat8) run(_ *scratch, from, to int) {
	for i := from; i < to; i++ {
		for k := range c.copies {
			l := &c.copies[k]
			dst, src := l.out.data[i*l.out.pitch:][:l.width], l.in[i*l.width:][:l.width]
			if l.out.table == nil {
				copy(dst, src)
			} else {
				kernel.Map(dst, src, l.out.table)
			}
		}
	}
}

// rescale is the table that makes numbers in the scale of to of those in the scale of from, nil if they are the same, or
// int8, or float32. The arithmetic is float32, as in tflite/kernels/internal/reference/concatenation.h.
func rescale(from, to *value) (*[256]uint8, error) {
	if from.Type == model.Int8 || from.Type == model.Float32 || from.Quant == nil && to.Quant == nil {
		return nil, nil
	}
	in, err := from.quant()
	if err != nil {
		return nil, err
	}
	out, err := to.quant()
	if err != nil {
		return nil, err
	}
	if in == out {
		return nil, nil
	}
	inverse := 1 / out.scale
	scale := float32(in.scale * inverse)
	bias := float32(float32(-in.zero) * scale)
	table := new([256]uint8)
	for x := range table {
		steps := kernel.Clamp32(float32(float32(x)*scale)+bias, -1<<20, 1<<20)
		table[x] = kernel.Clamp(int32(math.Round(float64(steps)))+out.zero, 0, math.MaxUint8)
	}
	return table, nil
}

// concat32 is concat8 in float32.
type concat32 struct {
	outer  int
	copies []concatCopy32
}

type concatCopy32 struct {
	in    []float32
	out   view32
	width int
}

func newConcat32(l *lowering, n *node, outer int) (layer, error) {
	out, err := l.view32(n.outputs[0], n.outputs[0].Elements()/outer)
	if err != nil {
		return nil, err
	}
	c, at := &concat32{outer: outer}, 0
	for _, in := range n.inputs {
		width := in.Elements() / outer
		if in.slot == nil {
			data, err := l.floats(in)
			if err != nil {
				return nil, err
			}
			c.copies = append(c.copies, concatCopy32{data, out.from(at), width})
		}
		at += width
	}
	return c, nil
}

func (c *concat32) units() int { return c.outer }

func (c *concat32) run(_ *scratch, from, to int) {
	for i := from; i < to; i++ {
		for k := range c.copies {
			l := &c.copies[k]
			copy(l.out.data[i*l.out.pitch:][:l.width], l.in[i*l.width:])
		}
	}
}
