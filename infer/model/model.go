// Package model turns the bytes of a TensorFlow Lite file into a checked [Model]: a graph of operators over tensors.
//
// It does no arithmetic on tensors and knows no engine. What [Parse] returns is safe to walk without further checks:
// every index is in range, every constant has exactly the bytes that its shape needs, every operator comes after the
// operators whose outputs it reads, and no shape product overflows. The format is the flatbuffer schema of
// tensorflow/lite/schema/schema.fbs, version 3; only the first subgraph is read.
//
// A file may hold more than this package understands, and TensorFlow Lite run it all the same. What that is about is a
// tensor or an operator that is Odd; an engine that takes its model from here has to refuse it, by that name.
package model

import (
	"fmt"
	"math"
)

// Model is a checked graph. Its slices alias the bytes given to Parse and must not be changed.
type Model struct {
	Description string
	Tensors     []Tensor
	Operators   []Operator // in order of execution
	Inputs      []int      // indices into Tensors, of none that is constant
	Outputs     []int      // indices into Tensors
	Size        int        // bytes of the file
	SHA256      string     // of the file, in hexadecimal
}

// Tensor is a value between operators, or a constant.
type Tensor struct {
	Name  string
	Shape []int // empty for a scalar; every dimension is at least 1
	Type  Type
	Quant *Quant // nil if not quantized
	Data  []byte // a constant's little-endian elements; nil for a value computed at run time

	// Sparse says which elements Data holds if it does not hold all; nil: it does. Such a tensor is Odd; see Dense.
	Sparse *Sparsity

	// Variable tells that the numbers live from one run to the next, and are 0 before the first. Such a tensor is Odd.
	Variable bool

	// Odd says in words why only TensorFlow Lite knows what to do with the tensor: it is stored sparsely, a variable, of
	// elements without a size, … Then Shape may have dimensions of 0, and Data any length. Empty for all others.
	Odd string
}

// Elements is the product of the shape.
func (t *Tensor) Elements() int {
	n := 1
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

// Bytes is the tensor's size in memory.
func (t *Tensor) Bytes() int { return t.Elements() * t.Type.Size() }

// Quant is real = Scale[i] * (q - ZeroPoint[i]), where i counts along dimension Axis, or is 0 if there is one scale
// for the whole tensor. Scale and ZeroPoint have the same length, 1 or Shape[Axis]; scales are finite and not negative. One
// of 0 is what an older quantizer writes for a channel of zeros, and what others write for a tensor that has no scale.
type Quant struct {
	Scale     []float32
	ZeroPoint []int32
	Axis      int
}

// Type is a tensor's element type, numbered as TensorType in the schema.
type Type uint8

// The element types that have a size. There are others, such as strings: see String.
const (
	Float32    Type = 0
	Float16    Type = 1
	Int32      Type = 2
	Uint8      Type = 3
	Int64      Type = 4
	Bool       Type = 6
	Int16      Type = 7
	Complex64  Type = 8
	Int8       Type = 9
	Float64    Type = 10
	Complex128 Type = 11
	Uint64     Type = 12
	Uint32     Type = 15
	Uint16     Type = 16
)

// Size is the bytes of one element, 0 for a type whose elements have no size of their own.
func (t Type) Size() int {
	switch t {
	case Uint8, Int8, Bool:
		return 1
	case Float16, Int16, Uint16:
		return 2
	case Float32, Int32, Uint32:
		return 4
	case Int64, Uint64, Float64, Complex64:
		return 8
	case Complex128:
		return 16
	}
	return 0
}

// Range is the least and the greatest zero point that a tensor of this type may have: the type's own range, but never
// more than that of int32.
func (t Type) Range() (low, high int64) {
	switch t {
	case Uint8:
		return 0, math.MaxUint8
	case Int8:
		return math.MinInt8, math.MaxInt8
	case Int16:
		return math.MinInt16, math.MaxInt16
	}
	return math.MinInt32, math.MaxInt32
}

// String is the name of the type in the schema, in lower case: "float32".
func (t Type) String() string {
	if int(t) < len(typeNames) {
		return typeNames[t]
	}
	return fmt.Sprintf("type %d", uint8(t))
}

var typeNames = [...]string{
	"float32", "float16", "int32", "uint8", "int64", "string", "bool", "int16", "complex64", "int8", "float64",
	"complex128", "uint64", "resource", "variant", "uint32", "uint16", "int4",
}

// Operator is one step of the graph.
type Operator struct {
	Op      Op
	Custom  string // the name of a custom operator, else empty
	Version int
	Inputs  []int // indices into Tensors; -1 for an optional input that is absent
	Outputs []int // indices into Tensors

	// Intermediates are tensors that are never computed: they tell how numbers inside the operator are quantized. Empty but for an
	// LSTM of integers.
	Intermediates []int

	// Options is the operator's options, by value: Conv2D, DepthwiseConv2D, Pool2D, FullyConnected, Concat, Softmax,
	// Add, Mul, Reshape, LRN, … as in options.go; []byte for a custom operator; Unread for others that have any; nil for
	// an operator that has none or that is Odd.
	Options any

	// Odd says in words what of an operator of options.go is not as it must be: the number of its inputs, or its options.
	// Empty for all others.
	Odd string
}

// Name is the operator's name in the schema, "CONV_2D", or its custom name.
func (o *Operator) Name() string {
	if o.Custom != "" {
		return o.Custom
	}
	return o.Op.String()
}

// Padding says what lies beyond an image's edge, numbered as in the schema.
type Padding uint8

// The paddings.
const (
	Same  Padding = 0 // the output has ceil(input / stride) pixels
	Valid Padding = 1 // the window stays inside
)

// Activation is the function fused to an operator's output, numbered as ActivationFunctionType in the schema.
type Activation uint8

// The activations.
const (
	NoActivation Activation = 0
	ReLU         Activation = 1
	ReLUN1To1    Activation = 2
	ReLU6        Activation = 3
	Tanh         Activation = 4
	SignBit      Activation = 5
)
