package cpu

import (
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// lowerExtreme makes a REDUCE_MAX or REDUCE_MIN, of stored numbers.
func lowerExtreme(l *lowering, n *node) (layer, error) {
	r, _, _, err := newReduction(n)
	if err != nil {
		return nil, err
	}
	if err := n.sameScale(); err != nil {
		return nil, err
	}
	greatest := n.op == model.OpReduceMax
	switch n.inputs[0].Type {
	case model.Float32:
		return newFolding(l, l.floats, n, r, extreme[float32](greatest, -math.MaxFloat32, math.MaxFloat32))
	case model.Uint8, model.Int8:
		return newFolding(l, l.bytes, n, r, extreme[uint8](greatest, 0, math.MaxUint8))
	case model.Int16:
		return newFolding(l, l.int16s, n, r, extreme[int16](greatest, math.MinInt16, math.MaxInt16))
	case model.Int32:
		return newFolding(l, l.int32s, n, r, extreme[int32](greatest, math.MinInt32, math.MaxInt32))
	case model.Int64:
		return newFolding(l, l.int64s, n, r, extreme[int64](greatest, math.MinInt64, math.MaxInt64))
	}
	return nil, n.badType()
}

// extreme finds the greatest or the least of numbers between low and high.
func extreme[T element](greatest bool, low, high T) folder[T] {
	if greatest {
		return folder[T]{begin: low, each: kernel.Greater[T], all: kernel.Greatest[T]}
	}
	return folder[T]{begin: high, each: kernel.Lesser[T], all: kernel.Least[T]}
}

// lowerLogic makes a REDUCE_ANY or REDUCE_ALL: the greatest or the least of 0 and 1.
func lowerLogic(l *lowering, n *node) (layer, error) {
	r, _, _, err := newReduction(n)
	if err != nil {
		return nil, err
	}
	return newFolding(l, l.bools, n, r, extreme[uint8](n.op == model.OpReduceAny, 0, 1))
}

// lowerSum makes a SUM. One of bytes is rescaled, if its output has another scale, and wraps around, as in TensorFlow Lite.
func lowerSum(l *lowering, n *node) (layer, error) {
	r, _, _, err := newReduction(n)
	if err != nil {
		return nil, err
	}
	switch n.inputs[0].Type {
	case model.Float32:
		return newFolding(l, l.floats, n, r, total[float32]())
	case model.Int32:
		return newFolding(l, l.int32s, n, r, total[int32]())
	case model.Int64:
		return newFolding(l, l.int64s, n, r, total[int64]())
	case model.Int16:
		if err := n.sameScale(); err != nil {
			return nil, err
		}
		return newFolding(l, l.int16s, n, r, total[int16]())
	case model.Uint8, model.Int8:
		if n.sameScale() == nil {
			return newSums(l, n, r, func(sum int32) int32 { return sum })
		}
		in, out, err := n.steps()
		if err != nil {
			return nil, err
		}
		return newSums(l, n, r, sumRescaled(in, out, int32(r.count)))
	}
	return nil, n.badType()
}

func total[T element]() folder[T] {
	return folder[T]{each: kernel.Plus[T], all: kernel.Total[T]}
}

// sumRescaled rescales a sum in float32 (tflite/kernels/internal/reference/reduce.h, QuantizedMeanOrSum).
func sumRescaled(in, out quant, count int32) func(sum int32) int32 {
	scale := in.scale / out.scale
	shift := float32(float32(float32(-in.zero)*scale) * float32(count))
	return func(sum int32) int32 {
		rounded := math.Round(float64(float32(float32(sum)*scale) + shift))
		if !(math.Abs(rounded) < 1<<31) {
			return math.MinInt32 + out.zero // what x86-64 makes of numbers without end
		}
		return int32(rounded) + out.zero
	}
}

// lowerProd makes a REDUCE_PROD.
func lowerProd(l *lowering, n *node) (layer, error) {
	r, _, _, err := newReduction(n)
	if err != nil {
		return nil, err
	}
	in := n.inputs[0]
	if in.Quant != nil && in.Type != model.Float32 {
		return newProdScaled(l, n, r)
	}
	switch in.Type {
	case model.Float32:
		return newFolding(l, l.floats, n, r, times[float32]())
	case model.Uint8:
		return newFolding(l, l.bytes, n, r, times[uint8]())
	case model.Int8:
		return newSingly(l, l.bytes, n, r, func(src []uint8, first int) uint8 {
			x := int8(1)
			for k := range r.count {
				x *= int8(src[first+r.number(k)] ^ 0x80)
			}
			return uint8(x) ^ 0x80
		})
	case model.Int16:
		return newFolding(l, l.int16s, n, r, times[int16]())
	case model.Int32:
		return newFolding(l, l.int32s, n, r, times[int32]())
	case model.Int64:
		return newFolding(l, l.int64s, n, r, times[int64]())
	}
	return nil, n.badType()
}

func times[T element]() folder[T] {
	return folder[T]{begin: 1, each: kernel.Times[T], all: kernel.Product[T]}
}

// newProdScaled makes a product of int8 or int16, which is scaled after each factor.
func newProdScaled(l *lowering, n *node, r reduction) (layer, error) {
	in, out, err := n.steps()
	if err != nil {
		return nil, err
	}
	real := float64(in.scale) / math.Pow(float64(out.scale), 1/float64(r.count))
	scale, err := coarse(real)
	if err != nil {
		return nil, err
	}
	next := func(product, x int32) int32 { return scale.Times(int64(product) * int64(x-in.zero)) }
	switch n.inputs[0].Type {
	case model.Int8:
		low, high := int32(math.MinInt8)-out.zero, int32(math.MaxInt8)-out.zero
		return newSingly(l, l.bytes, n, r, func(src []uint8, first int) uint8 {
			product := int32(int8(src[first]^0x80)) - in.zero
			for k := 1; k < r.count; k++ {
				product = next(product, int32(int8(src[first+r.number(k)]^0x80)))
			}
			return uint8(min(max(scale.Times(int64(product)), low), high)+out.zero) ^ 0x80
		})
	case model.Int16:
		return newSingly(l, l.int16s, n, r, func(src []int16, first int) int16 {
			product := int32(src[first])
			for k := 1; k < r.count; k++ {
				product = next(product, int32(src[first+r.number(k)]))
			}
			return int16(min(max(scale.Times(int64(product)), math.MinInt16), math.MaxInt16))
		})
	}
	return nil, n.badType()
}

// singly is a reduction that computes one output after the other, by a function of the input and where the first of its
// numbers is; see [reduction.number].
type singly[T element] struct {
	reduction
	in, out []T
	one     func(src []T, first int) T
}

func newSingly[T element](l *lowering, memory func(*value) ([]T, error), n *node, r reduction, one func(src []T, first int) T) (layer, error) {
	in, out, err := ends(memory, n)
	if err != nil {
		return nil, err
	}
	return &singly[T]{r, in, out, one}, l.work(4 * float64(len(in)))
}

func (s *singly[T]) units() int { return s.outputs }

func (s *singly[T]) run(_ *scratch, from, to int) {
	width := s.width()
	for i := from; i < to; i++ {
		s.out[i] = s.one(s.in, s.at(i/width, 0)+i%width)
	}
}

// number is where number k of an output is, after its first.
func (r *reduction) number(k int) int {
	if r.keeps {
		return offset(r.gone, k)
	}
	return offset(r.gone, k/r.inner) + k%r.inner
}

// sameScale refuses a node whose first input and output do not mean the same by a number.
func (n *node) sameScale() error {
	in, out := n.inputs[0].Quant, n.outputs[0].Quant
	switch {
	case in == nil && out == nil:
		return nil
	case in == nil || out == nil || in.Scale[0] != out.Scale[0] || in.ZeroPoint[0] != out.ZeroPoint[0]:
		return fmt.Errorf("input and output have different scales: %w", model.ErrUnsupported)
	}
	return nil
}

// badType says that there is no such operator for the type of a node's first input.
func (n *node) badType() error {
	return fmt.Errorf("there is none of %v: %w", n.inputs[0].Type, model.ErrUnsupported)
}

// steps is [node.quants] with the zero points of the model's own numbers, for int16 too, which has 0.
func (n *node) steps() (in, out quant, err error) {
	list := [2]quant{}
	for i, v := range []*value{n.inputs[0], n.outputs[0]} {
		if v.Quant == nil || len(v.Quant.Scale) != 1 || v.Quant.Scale[0] == 0 {
			return in, out, fmt.Errorf("tensor %q is %v without a single scale: %w", v.Name, v.Type, model.ErrUnsupported)
		}
		list[i] = quant{v.Quant.Scale[0], v.Quant.ZeroPoint[0]}
		if v.Type == model.Int16 && list[i].zero != 0 {
			return in, out, fmt.Errorf("tensor %q is int16 with zero point %d (want 0): %w", v.Name, list[i].zero, model.ErrUnsupported)
		}
	}
	return list[0], list[1], nil
}
