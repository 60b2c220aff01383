package cpu

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/model"
)

// tensor returns the model's tensor i.
func (p *planner) tensor(i int) *model.Tensor { return &p.m.Tensors[i] }

// bytes is the memory of an 8-bit tensor.
func (p *planner) bytes(i int) ([]uint8, error) {
	if err := p.constant(i); err != nil {
		return nil, err
	}
	if v := p.values[p.values[i].root].u8; v != nil {
		return v, nil
	}
	return nil, fmt.Errorf("tensor %q is %v (want uint8 or int8): %w", p.tensor(i).Name, p.tensor(i).Type, infer.ErrUnsupported)
}

// floats is the memory of a float32 tensor.
func (p *planner) floats(i int) ([]float32, error) {
	if err := p.constant(i); err != nil {
		return nil, err
	}
	if v := p.values[p.values[i].root].f32; v != nil {
		return v, nil
	}
	return nil, fmt.Errorf("tensor %q is %v (want float32): %w", p.tensor(i).Name, p.tensor(i).Type, infer.ErrUnsupported)
}

// ends is the memory of an operator's first input and first output.
func ends[T any](memory func(int) ([]T, error), o *model.Operator) (in, out []T, err error) {
	if in, err = memory(o.Inputs[0]); err != nil {
		return nil, nil, err
	}
	out, err = memory(o.Outputs[0])
	return in, out, err
}

// constant gives tensor i memory if it is a constant that has none yet.
func (p *planner) constant(i int) error {
	root := p.values[i].root
	v, t := &p.values[root], p.tensor(root)
	if t.Data == nil || v.u8 != nil || v.f32 != nil {
		return nil
	}
	switch t.Type {
	case model.Uint8, model.Int8:
		v.u8 = make([]uint8, len(t.Data))
		flipCopy(v.u8, t.Data, flip(t))
		return p.take(int64(len(t.Data)))
	case model.Float32:
		v.f32 = make([]float32, t.Elements())
		decodeFloats(v.f32, t.Data)
		return p.take(int64(len(t.Data)))
	}
	return nil
}

// ints reads a constant of int32 or int64, such as a list of axes.
func (p *planner) ints(i int) ([]int, error) {
	if i < 0 {
		return nil, fmt.Errorf("an input is missing")
	}
	t := p.tensor(i)
	if t.Data == nil || t.Type != model.Int32 && t.Type != model.Int64 {
		return nil, fmt.Errorf("tensor %q is not a constant of int32 or int64: %w", t.Name, infer.ErrUnsupported)
	}
	list := make([]int, t.Elements())
	for k := range list {
		if t.Type == model.Int32 {
			list[k] = int(int32(binary.LittleEndian.Uint32(t.Data[4*k:])))
			continue
		}
		x := int64(binary.LittleEndian.Uint64(t.Data[8*k:]))
		if x != int64(int32(x)) {
			return nil, fmt.Errorf("tensor %q holds %d (want less than 2^31)", t.Name, x)
		}
		list[k] = int(x)
	}
	return list, nil
}

// flip is what turns the bytes of t into the engine's, by exclusive or.
func flip(t *model.Tensor) uint8 {
	if t.Type == model.Int8 {
		return 0x80
	}
	return 0
}

// quant is the quantization of an 8-bit tensor that has one scale.
func (p *planner) quant(i int) (quant, error) {
	t := p.tensor(i)
	if t.Quant == nil || len(t.Quant.Scale) != 1 || len(t.Quant.ZeroPoint) != 1 {
		return quant{}, fmt.Errorf("tensor %q is %v without a single scale: %w", t.Name, t.Type, infer.ErrUnsupported)
	}
	return quant{t.Quant.Scale[0], t.Quant.ZeroPoint[0] + int32(flip(t))}, nil
}

// quants is the quantization of an operator's first input and first output.
func (p *planner) quants(o *model.Operator) (in, out quant, err error) {
	if in, err = p.quant(o.Inputs[0]); err != nil {
		return in, out, err
	}
	out, err = p.quant(o.Outputs[0])
	return in, out, err
}

// port describes tensor i to the engine's caller.
func (p *planner) port(i int) port {
	t, v := p.tensor(i), &p.values[p.values[i].root]
	s := infer.TensorSpec{Name: t.Name, Shape: slices.Clone(t.Shape)}
	switch t.Type {
	case model.Uint8:
		s.Type = infer.Uint8
	case model.Int8:
		s.Type = infer.Int8
	default:
		s.Type = infer.Float32
	}
	if t.Quant != nil && len(t.Quant.Scale) == 1 {
		s.Scale, s.ZeroPoint = t.Quant.Scale[0], int(t.Quant.ZeroPoint[0])
	}
	return port{spec: s, u8: v.u8, flip: flip(t), f32: v.f32}
}
