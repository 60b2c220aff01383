package cpu

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/inceptiond/inceptiond/infer/model"
)

// ints reads a constant of int32 or int64, such as a list of axes. v may be nil, for an input that is absent.
func (v *value) ints() ([]int, error) {
	if v == nil {
		return nil, fmt.Errorf("an input is missing")
	}
	if v.Data == nil || v.Type != model.Int32 && v.Type != model.Int64 {
		return nil, fmt.Errorf("tensor %q is not a constant of int32 or int64: %w", v.Name, model.ErrUnsupported)
	}
	list := make([]int, v.Elements())
	for k := range list {
		if v.Type == model.Int32 {
			list[k] = int(int32(binary.LittleEndian.Uint32(v.Data[4*k:])))
			continue
		}
		x := int64(binary.LittleEndian.Uint64(v.Data[8*k:]))
		if x != int64(int32(x)) {
			return nil, fmt.Errorf("tensor %q holds %d (want less than 2^31)", v.Name, x)
		}
		list[k] = int(x)
	}
	return list, nil
}

// encodeInts is the bytes of a constant of int32 or int64.
func encodeInts(t model.Type, numbers []int) []byte {
	var data []byte
	for _, x := range numbers {
		if t == model.Int32 {
			data = binary.LittleEndian.AppendUint32(data, uint32(x))
		} else {
			data = binary.LittleEndian.AppendUint64(data, uint64(int64(x)))
		}
	}
	return data
}

// flip is what makes the engine's bytes of the model's, by exclusive or: 0x80 for int8.
func (v *value) flip() uint8 {
	if v.Type == model.Int8 {
		return 0x80
	}
	return 0
}

// quant is the quantization of v, which has to be an 8-bit tensor of one scale.
func (v *value) quant() (quant, error) {
	if !v.is8bit() {
		return quant{}, fmt.Errorf("tensor %q is %v (want uint8 or int8): %w", v.Name, v.Type, model.ErrUnsupported)
	}
	return v.scaled()
}

// scaled is the quantization of v, which has to have one scale.
func (v *value) scaled() (quant, error) {
	if v.Quant == nil || len(v.Quant.Scale) != 1 || len(v.Quant.ZeroPoint) != 1 {
		return quant{}, fmt.Errorf("tensor %q is %v without a single scale: %w", v.Name, v.Type, model.ErrUnsupported)
	}
	if v.Quant.Scale[0] == 0 {
		return quant{}, fmt.Errorf("tensor %q has a scale of 0, so that its numbers mean nothing: %w", v.Name, model.ErrUnsupported)
	}
	return quant{v.Quant.Scale[0], v.Quant.ZeroPoint[0] + int32(v.flip())}, nil
}

// quants is the quantization of a node's first input and first output.
func (n *node) quants() (in, out quant, err error) {
	if in, err = n.inputs[0].quant(); err != nil {
		return in, out, err
	}
	out, err = n.outputs[0].quant()
	return in, out, err
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

// without is a list without one of its numbers.
func without(list []int, at int) []int { return slices.Delete(slices.Clone(list), at, at+1) }

// with is a list with one number more, at a place.
func with(list []int, at, number int) []int { return slices.Insert(slices.Clone(list), at, number) }
