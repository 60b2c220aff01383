package cpu

import (
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// rowwise computes each row of the output, its last dimension, from the same row of the input. A piece is a row, or several.
type rowwise[T any] struct {
	in, out []T
	width   int // of a piece
	f       func(s *scratch, dst, src []T)
}

func (l *rowwise[T]) units() int { return ceil(len(l.in), l.width) }

func (l *rowwise[T]) run(s *scratch, from, to int) {
	for ; from < to; from++ {
		at, end := from*l.width, min((from+1)*l.width, len(l.in))
		l.f(s, l.out[at:end], l.in[at:end])
	}
}

func newRowwise[T any](memory func(*value) ([]T, error), n *node, f func(s *scratch, dst, src []T)) (layer, error) {
	return newRowGroups(memory, n, 1, f)
}

// newRowGroups is newRowwise for an f that takes count rows at a time, at most.
func newRowGroups[T any](memory func(*value) ([]T, error), n *node, count int, f func(s *scratch, dst, src []T)) (layer, error) {
	in, out := n.inputs[0], n.outputs[0]
	if in.Type != out.Type || len(in.Shape) == 0 || in.Elements() != out.Elements() {
		return nil, fmt.Errorf("%v %v cannot become %v %v", in.Type, in.Shape, out.Type, out.Shape)
	}
	a, b, err := ends(memory, n)
	if err != nil {
		return nil, err
	}
	return &rowwise[T]{in: a, out: b, width: count * in.Shape[len(in.Shape)-1], f: f}, nil
}

// lowerSoftmax makes a SOFTMAX over the last dimension.
func lowerSoftmax(l *lowering, n *node) (layer, error) {
	opt, ok := n.options.(model.Softmax)
	if !ok {
		return nil, fmt.Errorf("no options")
	}
	if n.inputs[0].Type == model.Float32 {
		return newRowwise(l.floats, n, func(_ *scratch, dst, src []float32) { kernel.Softmax32(dst, src, opt.Beta) })
	}
	if n.inputs[0].Type == model.Int16 {
		in, out, err := n.quants16()
		if err != nil {
			return nil, err
		}
		if len(n.inputs[0].Shape) > 4 {
			return nil, fmt.Errorf("int16 of %d dimensions (want 4 at most): %w", len(n.inputs[0].Shape), model.ErrUnsupported)
		}
		k, err := softmax16(in, out, opt.Beta)
		if err != nil {
			return nil, err
		}
		return newRowwise(l.int16s, n, func(_ *scratch, dst, src []int16) { k.Row(dst, src) })
	}
	in, out, err := n.quants()
	if err != nil {
		return nil, err
	}
	k := &kernel.Softmax{Scale: out.scale, Zero: out.zero}
	step := -in.scale * opt.Beta
	for d := range k.Exp {
		k.Exp[d] = float32(math.Exp(float64(step * float32(d))))
	}
	return newRowwise(l.bytes, n, func(_ *scratch, dst, src []uint8) { k.Row(dst, src) })
}

// lowerLRN makes a LOCAL_RESPONSE_NORMALIZATION, which TensorFlow Lite has for float32 only.
func lowerLRN(l *lowering, n *node) (layer, error) {
	k, width, err := l.norm(n)
	if err != nil {
		return nil, err
	}
	l.scratch.grow(need{sums32: k.Squares(width)})
	return newRowGroups(l.floats, n, kernel.NormPixels, func(s *scratch, dst, src []float32) {
		k.Pixels(dst, src, width, s.sums32, l.set)
	})
}

// norm reads the options of a local response normalization; width is its channels.
func (l *lowering) norm(n *node) (k kernel.LRN, width int, err error) {
	opt, ok := n.options.(model.LRN)
	if !ok {
		return k, 0, fmt.Errorf("no options")
	}
	in := n.inputs[0]
	if opt.Radius < 0 || opt.Radius > maxWindow || len(in.Shape) == 0 {
		return k, 0, fmt.Errorf("radius %d of %v: %w", opt.Radius, in.Shape, model.ErrUnsupported)
	}
	width = in.Shape[len(in.Shape)-1]
	k = kernel.LRN{Radius: opt.Radius, Bias: opt.Bias, Alpha: opt.Alpha, Beta: opt.Beta}
	return k, width, l.work(float64(in.Elements()/width) * float64(width+2*opt.Radius))
}

// lowerL2Norm makes an L2_NORMALIZATION over the last dimension. A quantized output has 128 steps for 1, or TensorFlow Lite
// does not take it.
func lowerL2Norm(l *lowering, n *node) (layer, error) {
	opt, ok := n.options.(model.L2Norm)
	if !ok || opt.Activation != model.NoActivation {
		return nil, fmt.Errorf("no options, or a fused activation: %w", model.ErrUnsupported)
	}
	if rank := len(n.inputs[0].Shape); rank > 4 {
		return nil, fmt.Errorf("%d dimensions (the most is 4): %w", rank, model.ErrUnsupported)
	}
	if n.inputs[0].Type == model.Float32 {
		return newRowwise(l.floats, n, func(_ *scratch, dst, src []float32) { kernel.L2Norm32(dst, src) })
	}
	q, out, err := n.quants()
	if err != nil {
		return nil, err
	}
	if out != (quant{1.0 / 128, 128}) {
		return nil, fmt.Errorf("output %q has scale %v and zero point %d (want 1/128 and 0 of int8, 128 of uint8): %w",
			n.outputs[0].Name, out.scale, n.outputs[0].Quant.ZeroPoint[0], model.ErrUnsupported)
	}
	signed := n.inputs[0].Type == model.Int8
	return newRowwise(l.bytes, n, func(_ *scratch, dst, src []uint8) { kernel.L2Norm(dst, src, q.zero, signed) })
}
