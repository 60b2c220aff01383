package infer

import (
	"encoding/binary"
	"fmt"
	"math"
)

// DType is the element type of a tensor.
type DType uint8

// The element types of a model's input and output. Pictures and scores have the first three; the others are for what
// TensorFlow Lite gives beside them, such as a class's number.
const (
	Uint8 DType = iota + 1
	Int8
	Float32
	Bool
	Int16
	Int32
	Int64
	Float64
)

var dtypes = [...]struct {
	name string
	size int
}{
	Uint8: {"uint8", 1}, Int8: {"int8", 1}, Float32: {"float32", 4}, Bool: {"bool", 1}, Int16: {"int16", 2},
	Int32: {"int32", 4}, Int64: {"int64", 8}, Float64: {"float64", 8},
}

// Size is the bytes of one element, 0 for a type that is none of these.
func (t DType) Size() int {
	if int(t) < len(dtypes) {
		return dtypes[t].size
	}
	return 0
}

// Usual tells whether pictures and scores may be of the type: uint8, int8 or float32.
func (t DType) Usual() bool { return t == Uint8 || t == Int8 || t == Float32 }

// String is "uint8", "float32", …
func (t DType) String() string {
	if t.Size() != 0 {
		return dtypes[t].name
	}
	return fmt.Sprintf("DType(%d)", uint8(t))
}

// TensorSpec describes the raw bytes of a tensor: rows of Shape in C order, little-endian elements.
type TensorSpec struct {
	Name      string
	Shape     []int // for an image: 1, height, width, channels (NHWC)
	Type      DType
	Scale     float32 // real = Scale * (q - ZeroPoint); 0 means not quantized
	ZeroPoint int
}

// Elements is the product of the shape.
func (s TensorSpec) Elements() int {
	n := 1
	for _, d := range s.Shape {
		n *= d
	}
	return n
}

// Bytes is the size of the tensor in memory.
func (s TensorSpec) Bytes() int { return s.Elements() * s.Type.Size() }

// Image returns the size of an image tensor, or an error if s is not one image of 1 or 3 channels.
func (s TensorSpec) Image() (height, width, channels int, err error) {
	if len(s.Shape) != 4 || s.Shape[0] != 1 || s.Shape[3] != 1 && s.Shape[3] != 3 {
		return 0, 0, 0, fmt.Errorf("infer: tensor %q %v is not one image (want [1 height width 3] or [1 height width 1])", s.Name, s.Shape)
	}
	return s.Shape[1], s.Shape[2], s.Shape[3], nil
}

// String is the type, the shape and, of a quantized tensor, what its values mean: "uint8 [1 224 224 3] scale 0.0078125 zero
// point 128".
func (s TensorSpec) String() string {
	q := ""
	if s.Scale != 0 {
		q = fmt.Sprintf(" scale %g zero point %d", s.Scale, s.ZeroPoint)
	}
	return fmt.Sprintf("%v %v%s", s.Type, s.Shape, q)
}

// Values writes the real values of tensor, the bytes of a tensor that s describes, to dst. It returns an error if dst
// has not s.Elements() elements or tensor not s.Bytes() bytes. It allocates nothing.
func (s TensorSpec) Values(dst []float32, tensor []byte) error {
	if len(dst) != s.Elements() || len(tensor) != s.Bytes() {
		return fmt.Errorf("infer: values of tensor %q: %d bytes into %d values (want %d into %d)",
			s.Name, len(tensor), len(dst), s.Bytes(), s.Elements())
	}
	scale := s.Scale
	if scale == 0 {
		scale = 1
	}
	little := binary.LittleEndian
	switch s.Type {
	case Uint8, Bool:
		for i, q := range tensor {
			dst[i] = scale * float32(int(q)-s.ZeroPoint)
		}
	case Int8:
		for i, q := range tensor {
			dst[i] = scale * float32(int(int8(q))-s.ZeroPoint)
		}
	case Float32:
		for i := range dst {
			dst[i] = math.Float32frombits(little.Uint32(tensor[4*i:]))
		}
	case Int16:
		for i := range dst {
			dst[i] = scale * float32(int(int16(little.Uint16(tensor[2*i:])))-s.ZeroPoint)
		}
	case Int32:
		for i := range dst {
			dst[i] = scale * float32(int64(int32(little.Uint32(tensor[4*i:])))-int64(s.ZeroPoint))
		}
	case Int64:
		for i := range dst {
			dst[i] = scale * float32(int64(little.Uint64(tensor[8*i:]))-int64(s.ZeroPoint))
		}
	case Float64:
		for i := range dst {
			dst[i] = float32(math.Float64frombits(little.Uint64(tensor[8*i:])))
		}
	default:
		return fmt.Errorf("infer: values of tensor %q: element type %v", s.Name, s.Type)
	}
	return nil
}

// Buffers makes room for tensors: the outputs of a run.
func Buffers(specs []TensorSpec) [][]byte {
	list := make([][]byte, len(specs))
	for i, s := range specs {
		list[i] = make([]byte, s.Bytes())
	}
	return list
}

// CheckInputs compares the inputs of a run with the tensors that they are for. It is for engines.
func CheckInputs(specs []TensorSpec, ins ...[]byte) error {
	if len(ins) != len(specs) {
		return fmt.Errorf("infer: %d inputs (want %d)", len(ins), len(specs))
	}
	for i, in := range ins {
		if err := specs[i].check("input", in); err != nil {
			return err
		}
	}
	return nil
}

// CheckOutputs compares the outputs of a run with the tensors that they are for; nil ones are not wanted. It is for
// engines.
func CheckOutputs(specs []TensorSpec, outs [][]byte) error {
	if len(outs) != len(specs) {
		return fmt.Errorf("infer: %d outputs (want %d)", len(outs), len(specs))
	}
	for i, out := range outs {
		if out == nil {
			continue
		}
		if err := specs[i].check("output", out); err != nil {
			return err
		}
	}
	return nil
}

func (s TensorSpec) check(what string, data []byte) error {
	if len(data) != s.Bytes() {
		return fmt.Errorf("infer: %s %q has %d bytes (want %d: %v)", what, s.Name, len(data), s.Bytes(), s)
	}
	return nil
}
