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
		return concatOf(p.floats, o, outer, nil)
	}
	tables := make([]*[256]uint8, len(o.Inputs))
	if out.Type == model.Uint8 {
		for n, i := range o.Inputs {
			var err error
			if tables[n], err = p.rescale(i, o.Outputs[0]); err != nil {
				return nil, err
			}
		}
	}
	c, err := concatOf(p.bytes, o, outer, func(n int, dst, src []uint8) {
		if tables[n] == nil {
			copy(dst, src)
			return
		}
		kernel.Map(dst, src, tables[n])
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// rescale is the table that turns numbers in the scale of tensor from into that of tensor to, nil if they are the same.
// The arithmetic is float32, as in tflite/kernels/internal/reference/concatenation.h.
func (p *planner) rescale(from, to int) (*[256]uint8, error) {
	a, b := p.tensor(from), p.tensor(to)
	if a.Quant == nil && b.Quant == nil {
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

// concat puts rows of several inputs side by side. A piece is a row of the output.
type concat[T any] struct {
	outer  int
	out    []T
	in     [][]T
	widths []int                     // of one row of each input
	write  func(n int, dst, src []T) // writes a row of input n
}

func concatOf[T any](memory func(int) ([]T, error), o *model.Operator, outer int, write func(int, []T, []T)) (layer, error) {
	if write == nil {
		write = func(_ int, dst, src []T) { copy(dst, src) }
	}
	out, err := memory(o.Outputs[0])
	if err != nil {
		return nil, err
	}
	c := &concat[T]{outer: outer, out: out, write: write}
	for _, i := range o.Inputs {
		in, err := memory(i)
		if err != nil {
			return nil, err
		}
		c.in, c.widths = append(c.in, in), append(c.widths, len(in)/outer)
	}
	return c, nil
}

func (c *concat[T]) units() int { return c.outer }

func (c *concat[T]) run(_ *scratch, from, to int) {
	pitch := len(c.out) / c.outer
	for row := from; row < to; row++ {
		at := row * pitch
		for n, w := range c.widths {
			c.write(n, c.out[at:at+w], c.in[n][row*w:(row+1)*w])
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
