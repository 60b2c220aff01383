// Package infer says what an engine is: something that turns one input tensor into one output tensor.
//
// The package holds the seam, and what every engine's output goes through afterwards: [TopK] and [Labels]. Engines live
// below it: cpu (pure Go) and tflite (TensorFlow Lite in a child process).
package infer

import (
	"context"
	"errors"
	"fmt"
)

// Engine runs one model. It is not for concurrent use: its owner calls one method at a time.
type Engine interface {
	// Input and Output describe the tensors that Run reads and writes. They do not change.
	Input() TensorSpec
	Output() TensorSpec

	// Run classifies one image. in and out belong to the caller, have exactly the byte counts of Input and Output
	// (else an error that says both counts) and must not overlap; in is not changed. Run blocks until it is done
	// or, between layers, ctx ends: then it returns ctx.Err() and out is undefined. It allocates nothing.
	Run(ctx context.Context, in, out []byte) error

	// Close releases what the engine holds. Run returns ErrClosed from then on; closing again does nothing.
	Close() error
}

var (
	// ErrClosed is returned by an engine that has been closed.
	ErrClosed = errors.New("engine is closed")

	// ErrUnsupported marks a model that is well formed but that this engine cannot run; the error around it names
	// the operator or tensor, and what to do.
	ErrUnsupported = errors.New("model is not supported")
)

// DType is the element type of a tensor.
type DType uint8

// The element types of a model's input and output.
const (
	Uint8 DType = iota + 1
	Int8
	Float32
)

// Size is the bytes of one element.
func (t DType) Size() int {
	switch t {
	case Uint8, Int8:
		return 1
	case Float32:
		return 4
	}
	return 0
}

func (t DType) String() string {
	switch t {
	case Uint8:
		return "uint8"
	case Int8:
		return "int8"
	case Float32:
		return "float32"
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

func (s TensorSpec) String() string {
	q := ""
	if s.Scale != 0 {
		q = fmt.Sprintf(" scale %g zero point %d", s.Scale, s.ZeroPoint)
	}
	return fmt.Sprintf("%v %v%s", s.Type, s.Shape, q)
}
