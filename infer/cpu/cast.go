package cpu

import (
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/infer/model"
)

// lowerCast makes a CAST: numbers as they are stored, in another type. What does not fit loses its upper bits; floats lose
// their fraction.
func lowerCast(l *lowering, n *node) (layer, error) {
	in, out := n.inputs[0], n.outputs[0]
	for _, v := range []*value{in, out} {
		if !held(v.Type) {
			return nil, fmt.Errorf("%v cannot become %v: %w", in.Type, out.Type, model.ErrUnsupported)
		}
	}
	src, dst, err := ends(l.raw, n)
	if err != nil {
		return nil, err
	}
	if in.Type == out.Type {
		m := &move{}
		m.add(dst, src, box(1, []int{len(src)}, []int{1}, []int{1}))
		return m, nil
	}
	c := &cast{src: src, dst: dst, in: in.Type, out: out.Type}
	return c, nil
}

// cast converts numbers. A piece is castPiece of them.
type cast struct {
	src, dst []byte
	in, out  model.Type
}

const castPiece = 256

func (c *cast) count() int { return len(c.src) / c.in.Size() }

func (c *cast) units() int { return ceil(c.count(), castPiece) }

func (c *cast) run(_ *scratch, from, to int) {
	var wide [castPiece]int64
	for piece := from; piece < to; piece++ {
		at := piece * castPiece
		numbers := wide[:min(castPiece, c.count()-at)]
		src, dst := c.src[at*c.in.Size():], c.dst[at*c.out.Size():]
		switch {
		case c.in == model.Float32 && c.out == model.Bool:
			const least = 0x1p-126 // TensorFlow Lite takes smaller ones for 0
			for i, x := range as[float32](src)[:len(numbers)] {
				numbers[i] = bit(!(x > -least && x < least))
			}
		case c.in == model.Float32:
			truncate(numbers, as[float32](src), c.out == model.Int64)
		default:
			widen(numbers, src, c.in)
		}
		narrow(dst, numbers, c.out)
	}
}

func bit(set bool) int64 {
	if set {
		return 1
	}
	return 0
}

// truncate makes integers of floats, as amd64 has it: what has no place in 64 bits, or 32, is the least number.
func truncate(dst []int64, src []float32, long bool) {
	for i, x := range src[:len(dst)] {
		switch {
		case long && x >= -1<<63 && x < 1<<63:
			dst[i] = int64(x)
		case long:
			dst[i] = math.MinInt64
		case x > -1<<31-1 && x < 1<<31:
			dst[i] = int64(x)
		default:
			dst[i] = math.MinInt32
		}
	}
}

// widen reads integers of a type.
func widen(dst []int64, src []byte, t model.Type) {
	switch t {
	case model.Uint8, model.Bool:
		widenAll(dst, src, 0)
	case model.Int8:
		widenAll(dst, src, 128)
	case model.Int16:
		widenAll(dst, as[int16](src), 0)
	case model.Int32:
		widenAll(dst, as[int32](src), 0)
	case model.Int64:
		copy(dst, as[int64](src))
	}
}

func widenAll[T uint8 | int16 | int32](dst []int64, src []T, bias int64) {
	for i, x := range src[:len(dst)] {
		dst[i] = int64(x) - bias
	}
}

// narrow writes numbers of a type.
func narrow(dst []byte, src []int64, t model.Type) {
	switch t {
	case model.Bool:
		for i, x := range src {
			dst[i] = uint8(bit(x != 0))
		}
	case model.Uint8:
		narrowAll(dst, src, 0)
	case model.Int8:
		narrowAll(dst, src, 128)
	case model.Int16:
		narrowAll(as[int16](dst), src, 0)
	case model.Int32:
		narrowAll(as[int32](dst), src, 0)
	case model.Int64:
		copy(as[int64](dst), src)
	case model.Float32:
		narrowAll(as[float32](dst), src, 0)
	}
}

func narrowAll[T uint8 | int16 | int32 | float32](dst []T, src []int64, bias int64) {
	for i, x := range src {
		dst[i] = T(x + bias)
	}
}
