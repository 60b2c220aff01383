package cpu

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/infer/model"
)

// widen has n read float32 where it reads a float16 constant, and makes the output of a DEQUANTIZE of a constant one itself: it
// tells whether that is all there was to n. Converters write models of float16 weights in one way or the other. widened
// are the constants that have been made so far, by those of the file.
//
// After, a value with a from is a float32 constant, and lowering makes its numbers.
func (g *graph) widen(n *node, widened map[*value]*value) (done bool, err error) {
	if n.op == model.OpDequantize && n.constant(0) {
		in, out := n.inputs[0], n.outputs[0]
		if err := in.dequantizable(); err != nil {
			return false, err
		}
		if out.Type != model.Float32 {
			return false, fmt.Errorf("%v cannot become %v", in.Type, out.Type)
		}
		out.from = in
		return true, nil
	}
	if n.outputs[0].Type == model.Float16 { // it only gives it another shape
		return false, nil
	}
	for i, in := range n.inputs {
		if in == nil || in.Data == nil || in.Type != model.Float16 {
			continue
		}
		if widened[in] == nil {
			widened[in] = g.dequantized(in)
		}
		n.inputs[i] = widened[in]
	}
	return false, nil
}

// dequantized adds a value that is the float32 numbers of constant v.
func (g *graph) dequantized(v *value) *value {
	made := &value{Tensor: &model.Tensor{Name: v.Name, Shape: v.Shape, Type: model.Float32}, last: -1, from: v}
	g.values = append(g.values, made)
	return made
}

// isConstant tells whether v's numbers are known before a run.
func (v *value) isConstant() bool { return v.Data != nil || v.from != nil }

// constantBytes is how much all constants of g are.
func constantBytes(g *graph) (bytes int64) {
	for _, v := range g.values {
		if v.isConstant() && v.whole == nil {
			bytes += int64(v.Bytes())
		}
	}
	return bytes
}

// dequantizable says why there are no real numbers for a constant's.
func (v *value) dequantizable() error {
	switch v.Type {
	case model.Float16:
		return nil
	case model.Int8, model.Uint8, model.Int16:
		if v.Quant != nil {
			return nil
		}
		return fmt.Errorf("tensor %q is %v without a scale: %w", v.Name, v.Type, model.ErrUnsupported)
	}
	return fmt.Errorf("tensor %q is %v (want float16, int8, uint8 or int16): %w", v.Name, v.Type, model.ErrUnsupported)
}

// decode writes the real numbers of constant v, which is dequantizable, from one on, to dst: scale × (number - zero point),
// in float32.
func (v *value) decode(dst []float32, from int) {
	if v.Type == model.Float16 {
		for i := range dst {
			dst[i] = half(binary.LittleEndian.Uint16(v.Data[2*(from+i):]))
		}
		return
	}
	q, inner := v.Quant, v.Elements() // elements that have one scale
	if len(q.Scale) > 1 {
		inner = product(v.Shape[q.Axis+1:])
	}
	for i := range dst {
		c := (from + i) / inner % len(q.Scale)
		dst[i] = q.Scale[c] * float32(v.stored(from+i)-int64(q.ZeroPoint[c]))
	}
}

// stored is number i of a constant, as it is stored.
func (v *value) stored(i int) int64 {
	switch v.Type {
	case model.Int8:
		return int64(int8(v.Data[i]))
	case model.Int16:
		return int64(int16(binary.LittleEndian.Uint16(v.Data[2*i:])))
	case model.Int32:
		return int64(int32(binary.LittleEndian.Uint32(v.Data[4*i:])))
	case model.Int64:
		return int64(binary.LittleEndian.Uint64(v.Data[8*i:]))
	}
	return int64(v.Data[i])
}

// half is the number that the bits of an IEEE 754 binary16 stand for.
func half(bits uint16) float32 {
	sign, exponent, fraction := uint32(bits>>15)<<31, uint32(bits>>10&31), uint32(bits&1023)
	switch exponent {
	case 0: // zero, or less than the smallest normal number
		return math.Float32frombits(sign | math.Float32bits(float32(fraction)/(1<<24)))
	case 31: // infinite, or none
		return math.Float32frombits(sign | 255<<23 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+127-15)<<23 | fraction<<13)
}
