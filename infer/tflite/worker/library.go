//go:build cgo && tflite

package main

/*
#include <signal.h>
#include <tensorflow/lite/c/c_api.h>

// When the library aborts, its own last words are wanted, not a dump of Go's registers and stacks below them.
static void die_quietly(void) {
	signal(SIGABRT, SIG_DFL);
	signal(SIGSEGV, SIG_DFL);
}
*/
import "C"

import (
	"errors"
	"fmt"
	"unsafe"

	tflite "github.com/mattn/go-tflite"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/tflite/wire"
)

func libraryVersion() string { return "TensorFlow Lite " + C.GoString(C.TfLiteVersion()) }

// library is a network in TensorFlow Lite. It is never freed: it ends with the process. What the library says about
// errors goes to standard error; go-tflite's error reporter is not used, as it formats with the wrong printf.
type library struct {
	interpreter       *tflite.Interpreter
	inSpecs, outSpecs []infer.TensorSpec
	in, out           [][]byte
}

// open builds an interpreter with the library's own kernels, and XNNPACK for those that it has if o says so.
func open(model []byte, o wire.Options) (network, error) {
	C.die_quietly()
	m := tflite.NewModel(model)
	if m == nil {
		return nil, errors.New("TensorFlow Lite cannot read the model")
	}
	interpreter, err := interpret(m, o, true)
	if err == nil && interpreter == nil && o.XNNPACK {
		// XNNPACK takes some uint8 layers at first and then fails to prepare them (GoogLeNet's last one).
		interpreter, err = interpret(m, o, false)
	}
	if err != nil {
		return nil, err
	}
	if interpreter == nil {
		return nil, errors.New("TensorFlow Lite cannot build the network")
	}
	l := &library{interpreter: interpreter}
	// tflite.Error equals tflite.OK in go-tflite: only "not OK" means something.
	if status := l.interpreter.AllocateTensors(); status != tflite.OK {
		return nil, fmt.Errorf("TensorFlow Lite cannot prepare the network (status %d)", int(status))
	}
	if err := l.tensors(); err != nil {
		return nil, err
	}
	return l, nil
}

// interpret builds an interpreter, nil if the library cannot. unsigned is for XNNPACK.
func interpret(m *tflite.Model, o wire.Options, unsigned bool) (*tflite.Interpreter, error) {
	options := tflite.NewInterpreterOptions()
	if options == nil {
		return nil, errors.New("TensorFlow Lite is out of memory")
	}
	defer options.Delete()
	options.SetNumThread(o.Threads)
	if o.XNNPACK {
		x, err := newXNNPACK(o.Threads, unsigned)
		if err != nil {
			return nil, err
		}
		options.AddDelegate(x)
	}
	return tflite.NewInterpreter(m, options), nil
}

// tensors finds the memory of all inputs and outputs; it stays where it is until tensors are allocated anew.
func (l *library) tensors() error {
	for i := range l.interpreter.GetInputTensorCount() {
		spec, memory, err := describe(l.interpreter.GetInputTensor(i))
		if err != nil {
			return fmt.Errorf("input %d: %w", i, err)
		}
		l.inSpecs, l.in = append(l.inSpecs, spec), append(l.in, memory)
	}
	for i := range l.interpreter.GetOutputTensorCount() {
		spec, memory, err := describe(l.interpreter.GetOutputTensor(i))
		if err != nil {
			return fmt.Errorf("output %d: %w", i, err)
		}
		l.outSpecs, l.out = append(l.outSpecs, spec), append(l.out, memory)
	}
	return nil
}

// describe returns the tensor's specification and memory, which is C's.
func describe(t *tflite.Tensor) (infer.TensorSpec, []byte, error) {
	if t == nil {
		return infer.TensorSpec{}, nil, errors.New("it is missing")
	}
	q := t.QuantizationParams()
	spec := infer.TensorSpec{Name: t.Name(), Shape: t.Shape(), Scale: float32(q.Scale), ZeroPoint: q.ZeroPoint}
	switch t.Type() {
	case tflite.UInt8:
		spec.Type = infer.Uint8
	case tflite.Int8:
		spec.Type = infer.Int8
	case tflite.Float32:
		spec.Type = infer.Float32
	default:
		return spec, nil, fmt.Errorf("%q has element type %d (want uint8, int8 or float32)", spec.Name, int(t.Type()))
	}
	data, size := t.Data(), int(t.ByteSize())
	if data == nil || size != spec.Bytes() || size == 0 {
		return spec, nil, fmt.Errorf("%q %v has %d bytes of memory", spec.Name, spec, size)
	}
	return spec, unsafe.Slice((*byte)(data), size), nil
}

func (l *library) specs() (inputs, outputs []infer.TensorSpec) { return l.inSpecs, l.outSpecs }
func (l *library) inputs() [][]byte                            { return l.in }
func (l *library) outputs() [][]byte                           { return l.out }

func (l *library) invoke() error {
	if status := l.interpreter.Invoke(); status != tflite.OK {
		return fmt.Errorf("TensorFlow Lite cannot run the network (status %d)", int(status))
	}
	return nil
}
