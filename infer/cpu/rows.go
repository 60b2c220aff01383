package cpu

import (
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// rows computes each row of the output, its last dimension, from the same row of the input. A piece is a row, or several.
type rows[T any] struct {
	in, out []T
	width   int // of a piece
	f       func(s *scratch, dst, src []T)
}

func (l *rows[T]) units() int { return ceil(len(l.in), l.width) }

func (l *rows[T]) run(s *scratch, from, to int) {
	for ; from < to; from++ {
		at, end := from*l.width, min((from+1)*l.width, len(l.in))
		l.f(s, l.out[at:end], l.in[at:end])
	}
}

func rowsOf[T any](p *planner, memory func(int) ([]T, error), o *model.Operator, f func(s *scratch, dst, src []T)) (layer, error) {
	return groupsOf(p, memory, o, 1, f)
}

// groupsOf is rowsOf for an f that takes count rows at a time, at most.
func groupsOf[T any](p *planner, memory func(int) ([]T, error), o *model.Operator, count int, f func(s *scratch, dst, src []T)) (layer, error) {
	in, out := p.tensor(o.Inputs[0]), p.tensor(o.Outputs[0])
	if in.Type != out.Type || len(in.Shape) == 0 || in.Elements() != out.Elements() {
		return nil, fmt.Errorf("%v %v cannot become %v %v", in.Type, in.Shape, out.Type, out.Shape)
	}
	a, b, err := ends(memory, o)
	if err != nil {
		return nil, err
	}
	return &rows[T]{in: a, out: b, width: count * in.Shape[len(in.Shape)-1], f: f}, nil
}

// buildSoftmax makes a SOFTMAX over the last dimension.
func buildSoftmax(p *planner, o *model.Operator) (layer, error) {
	opt, ok := o.Options.(model.Softmax)
	if !ok {
		return nil, fmt.Errorf("no options")
	}
	if p.tensor(o.Inputs[0]).Type == model.Float32 {
		return rowsOf(p, p.floats, o, func(_ *scratch, dst, src []float32) { kernel.Softmax32(dst, src, opt.Beta) })
	}
	in, out, err := p.quants(o)
	if err != nil {
		return nil, err
	}
	k := &kernel.Softmax{Scale: out.scale, Zero: out.zero}
	step := -in.scale * opt.Beta
	for d := range k.Exp {
		k.Exp[d] = float32(math.Exp(float64(step * float32(d))))
	}
	return rowsOf(p, p.bytes, o, func(_ *scratch, dst, src []uint8) { k.Row(dst, src) })
}

// buildLRN makes a LOCAL_RESPONSE_NORMALIZATION, which TensorFlow Lite has for float32 only.
func buildLRN(p *planner, o *model.Operator) (layer, error) {
	opt, ok := o.Options.(model.LRN)
	if !ok {
		return nil, fmt.Errorf("no options")
	}
	in := p.tensor(o.Inputs[0])
	if opt.Radius < 0 || opt.Radius > maxWindow || len(in.Shape) == 0 {
		return nil, fmt.Errorf("radius %d of %v: %w", opt.Radius, in.Shape, infer.ErrUnsupported)
	}
	width := in.Shape[len(in.Shape)-1]
	k := kernel.LRN{Radius: opt.Radius, Bias: opt.Bias, Alpha: opt.Alpha, Beta: opt.Beta}
	p.need.grow(need{sums32: k.Squares(width)})
	if err := p.work(float64(in.Elements()/width) * float64(width+2*opt.Radius)); err != nil {
		return nil, err
	}
	const pixels = 16 // a piece
	return groupsOf(p, p.floats, o, pixels, func(s *scratch, dst, src []float32) {
		k.Pixels(dst, src, width, s.sums32, p.set)
	})
}

// buildL2Norm makes an L2_NORMALIZATION over the last dimension. A quantized output is 1/128 per step, whatever its
// scale says, as in TensorFlow Lite.
func buildL2Norm(p *planner, o *model.Operator) (layer, error) {
	opt, ok := o.Options.(model.L2Norm)
	if !ok || opt.Activation != model.NoActivation {
		return nil, fmt.Errorf("no options, or a fused activation: %w", infer.ErrUnsupported)
	}
	if p.tensor(o.Inputs[0]).Type == model.Float32 {
		return rowsOf(p, p.floats, o, func(_ *scratch, dst, src []float32) { kernel.L2Norm32(dst, src) })
	}
	q, err := p.quant(o.Inputs[0])
	if err != nil {
		return nil, err
	}
	return rowsOf(p, p.bytes, o, func(_ *scratch, dst, src []uint8) { kernel.L2Norm(dst, src, q.zero) })
}
