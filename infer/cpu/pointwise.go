package cpu

import (
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// chunk is how many elements a piece of a pointwise layer has, callChunks how many pieces a call takes at once: a call of
// assembly cannot be interrupted.
const (
	chunk      = 4096
	callChunks = 16
)

// pointwise computes each element of the output from the same element of the input.
type pointwise[A, B any] struct {
	in  []A
	out []B
	f   func(dst []B, src []A)
}

func newPointwise[A, B any](memA func(*value) ([]A, error), memB func(*value) ([]B, error), n *node, f func([]B, []A)) (layer, error) {
	in, err := memA(n.inputs[0])
	if err != nil {
		return nil, err
	}
	out, err := memB(n.outputs[0])
	if err != nil {
		return nil, err
	}
	if len(in) != len(out) {
		return nil, fmt.Errorf("%d elements cannot become %d", len(in), len(out))
	}
	return &pointwise[A, B]{in, out, f}, nil
}

func (l *pointwise[A, B]) units() int { return ceil(len(l.in), chunk) }

func (l *pointwise[A, B]) run(_ *scratch, from, to int) {
	for ; from < to; from += callChunks {
		begin, end := from*chunk, min(min(from+callChunks, to)*chunk, len(l.in))
		l.f(l.out[begin:end], l.in[begin:end])
	}
}

// newMapped makes a layer that translates bytes by a table, which n and the quantization of its ends give.
func newMapped(l *lowering, n *node) (layer, error) {
	table, err := n.table()
	if err != nil {
		return nil, err
	}
	translate := l.set.Map
	return newPointwise(l.bytes, l.bytes, n, func(dst, src []uint8) { translate(dst, src, table) })
}

// table is what the byte of an input becomes, by an operator that tables has.
func (n *node) table() (*[256]uint8, error) {
	in, out, err := n.quants()
	if err != nil {
		return nil, err
	}
	f, err := tables[n.op](n, in, out)
	if err != nil {
		return nil, err
	}
	table := new([256]uint8)
	for x := range table {
		table[x] = kernel.Clamp(f(int32(x)), 0, math.MaxUint8)
	}
	return table, nil
}

// newMapped16 makes a layer that computes numbers of 16 bits by f, whose answers it limits.
func newMapped16(l *lowering, n *node, f func(x int32) int32) (layer, error) {
	return newPointwise(l.int16s, l.int16s, n, func(dst, src []int16) {
		for i, x := range src {
			dst[i] = int16(min(max(f(int32(x)), math.MinInt16), math.MaxInt16))
		}
	})
}

// quants16 is the quantization of a node's first input and first output, which have 16 bits.
func (n *node) quants16() (in, out quant, err error) {
	if in, err = n.inputs[0].scaled(); err != nil {
		return in, out, err
	}
	out, err = n.outputs[0].scaled()
	return in, out, err
}

// newNumbers makes a layer that computes float32 by f.
func newNumbers(l *lowering, n *node, f func(x float32) float32) (layer, error) {
	return newPointwise(l.floats, l.floats, n, func(dst, src []float32) {
		for i, x := range src {
			dst[i] = f(x)
		}
	})
}

// lowerUnary makes an operator that computes each number from one.
func lowerUnary(l *lowering, n *node) (layer, error) {
	in, out := n.inputs[0], n.outputs[0]
	if in.Type != out.Type {
		return nil, fmt.Errorf("%v cannot become %v: %w", in.Type, out.Type, model.ErrUnsupported)
	}
	switch in.Type {
	case model.Uint8, model.Int8:
		if tables[n.op] != nil {
			return newMapped(l, n)
		}
	case model.Int16:
		if f := shorts[n.op]; f != nil {
			in, out, err := n.quants16()
			if err != nil {
				return nil, err
			}
			g, err := f(n, in, out)
			if err != nil {
				return nil, err
			}
			return newMapped16(l, n, g)
		}
	case model.Int32:
		if n.op == model.OpNeg {
			return newPointwise(l.int32s, l.int32s, n, kernel.Negate[int32])
		}
	case model.Int64:
		if n.op == model.OpNeg {
			return newPointwise(l.int64s, l.int64s, n, kernel.Negate[int64])
		}
	case model.Float32:
		return lowerUnary32(l, n)
	}
	return nil, n.noType()
}

// lowerUnary32 is lowerUnary of float32.
func lowerUnary32(l *lowering, n *node) (layer, error) {
	switch opt := n.options.(type) {
	case model.LeakyReLU:
		return newPointwise(l.floats, l.floats, n, func(dst, src []float32) { kernel.LeakyReLU32(dst, src, opt.Alpha) })
	case model.GELU:
		return newNumbers(l, n, gelu(opt))
	}
	switch n.op {
	case model.OpReLU, model.OpReLU6, model.OpReLUN1To1, model.OpReLU0To1:
		lo, hi := n.clamp()
		return newPointwise(l.floats, l.floats, n, func(dst, src []float32) { kernel.Clamp32s(dst, src, lo, hi) })
	case model.OpHardSwish:
		return newPointwise(l.floats, l.floats, n, kernel.HardSwish32)
	}
	if f := functions[n.op]; f != nil {
		return newNumbers(l, n, f)
	}
	return nil, n.noType()
}

// clamp is what a RELU or its kin limits numbers to.
func (n *node) clamp() (lo, hi float32) {
	switch n.op {
	case model.OpReLU6:
		return 0, 6
	case model.OpReLUN1To1:
		return -1, 1
	case model.OpReLU0To1:
		return 0, 1
	}
	return 0, float32(math.Inf(1))
}

// lowerQuantize makes a QUANTIZE, from float32 or from another quantization.
func lowerQuantize(l *lowering, n *node) (layer, error) {
	in, out := n.inputs[0], n.outputs[0]
	to, err := out.scaled()
	if err != nil {
		return nil, err
	}
	if in.Type != model.Float32 {
		return lowerRequantize(l, n, to)
	}
	if out.Type == model.Int16 {
		return newPointwise(l.floats, l.int16s, n, func(dst []int16, src []float32) { kernel.Quantize16(dst, src, to.scale, to.zero) })
	}
	f := l.set.Quantize
	return newPointwise(l.floats, l.bytes, n, func(dst []uint8, src []float32) { f(dst, src, to.scale, to.zero) })
}

// lowerRequantize makes a QUANTIZE from integers.
func lowerRequantize(l *lowering, n *node, to quant) (layer, error) {
	in, out := n.inputs[0], n.outputs[0]
	from, err := in.scaled()
	if err != nil {
		return nil, err
	}
	m, err := multiplier(float64(from.scale) / float64(to.scale))
	if err != nil {
		return nil, err
	}
	k := &kernel.Requantizer{Mult: m, From: from.zero, To: to.zero}
	switch {
	case in.is8bit() && out.is8bit():
		return newMapped(l, n)
	case in.Type == model.Int16 && out.Type == model.Int16:
		return newPointwise(l.int16s, l.int16s, n, func(dst, src []int16) { kernel.Requantize(k, dst, src, math.MinInt16, math.MaxInt16) })
	case in.Type == model.Int16 && out.Type == model.Int8:
		return newPointwise(l.int16s, l.bytes, n, func(dst []uint8, src []int16) { kernel.Requantize(k, dst, src, 0, math.MaxUint8) })
	case in.Type == model.Int16 && out.Type == model.Int32:
		return newPointwise(l.int16s, l.int32s, n, func(dst []int32, src []int16) { kernel.Requantize(k, dst, src, math.MinInt32, math.MaxInt32) })
	case in.Type == model.Int32 && out.Type == model.Int8:
		return newPointwise(l.int32s, l.bytes, n, func(dst []uint8, src []int32) { kernel.Requantize(k, dst, src, 0, math.MaxUint8) })
	case in.Type == model.Int32 && out.Type == model.Int16:
		return newPointwise(l.int32s, l.int16s, n, func(dst []int16, src []int32) { kernel.Requantize(k, dst, src, math.MinInt16, math.MaxInt16) })
	}
	return nil, fmt.Errorf("%v cannot become %v: %w", in.Type, out.Type, model.ErrUnsupported)
}

// lowerDequantize makes a DEQUANTIZE to float32.
func lowerDequantize(l *lowering, n *node) (layer, error) {
	q, err := n.inputs[0].scaled()
	if err != nil {
		return nil, err
	}
	if n.inputs[0].Type == model.Int16 {
		return newPointwise(l.int16s, l.floats, n, func(dst []float32, src []int16) {
			for i, x := range src {
				dst[i] = q.scale * float32(int32(x)-q.zero)
			}
		})
	}
	f := l.set.Dequantize
	return newPointwise(l.bytes, l.floats, n, func(dst []float32, src []uint8) { f(dst, src, q.scale, q.zero) })
}
