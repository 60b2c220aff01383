package cpu

import (
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// buildConcat makes a CONCATENATION. uint8 inputs whose scale is not the output's are rescaled, by a table made here;
// int8 inputs are copied whatever their scales say, as in TensorFlow Lite.
func buildConcat(p *planner, o *model.Operator) (layer, error) {
	opt, ok := o.Options.(model.Concat)
	if !ok {
		return nil, fmt.Errorf("no options")
	}
	if opt.Activation != model.NoActivation {
		return nil, fmt.Errorf("fused activation %d: %w", opt.Activation, infer.ErrUnsupported)
	}
	out := p.tensor(o.Outputs[0])
	if opt.Axis < 0 || opt.Axis >= len(out.Shape) {
		return nil, fmt.Errorf("axis %d of %v", opt.Axis, out.Shape)
	}
	total := 0
	for _, i := range o.Inputs {
		if i < 0 {
			return nil, fmt.Errorf("an input is missing")
		}
		in := p.tensor(i)
		if in.Type != out.Type || !sameBut(in.Shape, out.Shape, opt.Axis) {
			return nil, fmt.Errorf("%v %v is no part of %v %v", in.Type, in.Shape, out.Type, out.Shape)
		}
		total += in.Shape[opt.Axis]
	}
	if total != out.Shape[opt.Axis] {
		return nil, fmt.Errorf("the inputs have %d along dimension %d, the output has %d", total, opt.Axis, out.Shape[opt.Axis])
	}
	outer := product(out.Shape[:opt.Axis])
	if out.Type == model.Float32 {
		return p.concat32(o, outer)
	}
	tables := make([]*[256]uint8, len(o.Inputs))
	for n, i := range o.Inputs {
		var err error
		if tables[n], err = p.rescale(i, o.Outputs[0]); err != nil {
			return nil, err
		}
	}
	return p.concat8(o, outer, opt.Axis == len(out.Shape)-1, tables)
}

// concat8 makes a concatenation of bytes; of channels, those inputs are left out that are written where they belong.
func (p *planner) concat8(o *model.Operator, outer int, channels bool, tables []*[256]uint8) (layer, error) {
	out, err := p.outputOf(o, outer)
	if err != nil {
		return nil, err
	}
	c := &concat8{outer: outer}
	at := 0
	for n, i := range o.Inputs {
		width := p.tensor(i).Elements() / outer
		if !channels || p.values[i].into < 0 {
			in, err := p.bytes(i)
			if err != nil {
				return nil, err
			}
			to := out.from(at)
			to.table = then(tables[n], out.table)
			c.parts = append(c.parts, concatPart{in, to, width})
		}
		at += width
	}
	if len(c.parts) == 0 {
		return nil, nil
	}
	return c, nil
}

// outputOf is where outer rows of o's output go.
func (p *planner) outputOf(o *model.Operator, outer int) (view, error) {
	if p.values[o.Outputs[0]].into >= 0 {
		return p.view(o.Outputs[0]), nil
	}
	out, err := p.bytes(o.Outputs[0])
	return view{data: out, pitch: len(out) / outer}, err
}

// concat8 puts rows of several inputs side by side. A piece is a row of the output.
type concat8 struct {
	outer int
	parts []concatPart
}

type concatPart struct {
	in    []uint8
	out   view
	width int // of a row
}

func (c *concat8) units() int { return c.outer }

func (c *concat8) run(_ *scratch, from, to int) {
	for row := from; row < to; row++ {
		for i := range c.parts {
			l := &c.parts[i]
			dst, src := l.out.data[row*l.out.pitch:][:l.width], l.in[row*l.width:][:l.width]
			if l.out.table == nil {
				copy(dst, src)
			} else {
				kernel.Map(dst, src, l.out.table)
			}
		}
	}
}

// rescale is the table that turns numbers in the scale of tensor from into that of tensor to, nil if they are the same,
// or int8.
// The arithmetic is float32, as in tflite/kernels/internal/reference/concatenation.h.
func (p *planner) rescale(from, to int) (*[256]uint8, error) {
	a, b := p.tensor(from), p.tensor(to)
	if a.Type == model.Int8 || a.Quant == nil && b.Quant == nil {
		return nil, nil
	}
	in, err := p.quant(from)
	if err != nil {
		return nil, err
	}
	out, err := p.quant(to)
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

// concat32 puts rows of several inputs side by side. A piece is a row of the output.
type concat32 struct {
	outer  int
	out    []float32
	in     [][]float32
	widths []int // of one row of each input
}

func (p *planner) concat32(o *model.Operator, outer int) (layer, error) {
	out, err := p.floats(o.Outputs[0])
	if err != nil {
		return nil, err
	}
	c := &concat32{outer: outer, out: out}
	for _, i := range o.Inputs {
		in, err := p.floats(i)
		if err != nil {
			return nil, err
		}
		c.in, c.widths = append(c.in, in), append(c.widths, len(in)/outer)
	}
	return c, nil
}

func (c *concat32) units() int { return c.outer }

func (c *concat32) run(_ *scratch, from, to int) {
	pitch := len(c.out) / c.outer
	for row := from; row < to; row++ {
		at := row * pitch
		for n, w := range c.widths {
			copy(c.out[at:at+w], c.in[n][row*w:(row+1)*w])
			at += w
		}
	}
}

// sameBut tells whether two shapes differ in dimension axis at most.
func sameBut(a, b []int, axis int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if i != axis && a[i] != b[i] {
			return false
		}
	}
	return true
}

func product(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}
