//go:build cgo && tflite

package main

/*
#include <signal.h>
#include <tensorflow/lite/c/c_api.h>

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
	"github.com/mattn/go-tflite/delegates"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/tflite/wire"
)

func libraryVersion() string { return "TensorFlow Lite " + C.GoString(C.TfLiteVersion()) }

// dieQuietly is for when a library aborts: its own last words are wanted, not a dump of Go's registers and stacks below
// them.
func dieQuietly() { C.die_quietly() }

// library is a network in TensorFlow Lite. What the library says about errors goes to standard error; go-tflite's error
// reporter is not used, as it formats with the wrong printf.
type library struct {
	interpreter       *tflite.Interpreter
	delegate          delegates.Delegater // nil if there is none
	inSpecs, outSpecs []infer.TensorSpec
	in, out           [][]byte
	dynamic           bool // an output's shape is only known in a run, and its memory may be another after each
}

// open builds an interpreter with the library's own kernels, and a delegate if o says so.
func open(model []byte, o wire.Options) (network, error) {
	dieQuietly()
	m := tflite.NewModel(model)
	if m == nil {
		return nil, errors.New("TensorFlow Lite cannot read the model")
	}
	l := &library{}
	err := l.interpret(m, o, true)
	if err == nil && l.interpreter == nil && o.Delegate == wire.XNNPACK {
		// XNNPACK takes some uint8 layers at first and then fails to prepare them (GoogLeNet's last one).
		err = l.interpret(m, o, false)
	}
	if err == nil {
		err = l.prepare(o)
	}
	switch {
	case err == nil:
		return l, nil
	case o.Delegate == wire.EdgeTPU:
		err = deviceError{err}
	}
	l.close()
	return nil, err
}

// interpret builds an interpreter, nil if the library cannot. unsigned is for XNNPACK.
func (l *library) interpret(m *tflite.Model, o wire.Options, unsigned bool) error {
	options := tflite.NewInterpreterOptions()
	if options == nil {
		return errors.New("TensorFlow Lite is out of memory")
	}
	defer options.Delete()
	options.SetNumThread(o.Threads)
	var err error
	switch o.Delegate {
	case wire.XNNPACK:
		l.delegate, err = newXNNPACK(o.Threads, unsigned)
	case wire.EdgeTPU:
		l.delegate, err = newEdgeTPU(o.Device)
	}
	if err != nil {
		l.delegate = nil // a nil of another type
		return err
	}
	if l.delegate != nil {
		options.AddDelegate(l.delegate)
	}
	l.interpreter = tflite.NewInterpreter(m, options)
	return nil
}

// prepare makes the network ready to run.
func (l *library) prepare(o wire.Options) error {
	if l.interpreter == nil {
		return errors.New("TensorFlow Lite cannot build the network")
	}
	// tflite.Error equals tflite.OK in go-tflite: only "not OK" means something.
	if status := l.interpreter.AllocateTensors(); status != tflite.OK {
		return fmt.Errorf("TensorFlow Lite cannot prepare the network (status %d)", int(status))
	}
	if err := l.tensors(); err != nil {
		return err
	}
	if o.Delegate != wire.EdgeTPU {
		return nil
	}
	// The first run shows whether the two libraries fit each other, and puts the weights into the device.
	for _, in := range l.in {
		clear(in)
	}
	return l.invoke()
}

// tensors finds the memory of all inputs and outputs; it stays where it is until tensors are allocated anew. Outputs that
// have none before a run make one necessary, of zeros: from then on their shapes are known.
func (l *library) tensors() (err error) {
	for i := range l.interpreter.GetOutputTensorCount() {
		if t := l.interpreter.GetOutputTensor(i); t != nil && t.Data() == nil {
			l.dynamic = true
		}
	}
	if l.inSpecs, l.in, err = describeAll("input", l.interpreter.GetInputTensorCount(), l.interpreter.GetInputTensor); err != nil {
		return err
	}
	if l.dynamic {
		for _, in := range l.in {
			clear(in)
		}
		if err := l.run(); err != nil {
			return err
		}
		if l.inSpecs, l.in, err = describeAll("input", l.interpreter.GetInputTensorCount(), l.interpreter.GetInputTensor); err != nil {
			return err
		}
	}
	l.outSpecs, l.out, err = describeAll("output", l.interpreter.GetOutputTensorCount(), l.interpreter.GetOutputTensor)
	return err
}

// describeAll describes n inputs or outputs.
func describeAll(what string, n int, get func(int) *tflite.Tensor) (specs []infer.TensorSpec, memory [][]byte, err error) {
	for i := range n {
		spec, bytes, err := describe(get(i))
		if err != nil {
			return nil, nil, fmt.Errorf("%s %d: %w", what, i, err)
		}
		specs, memory = append(specs, spec), append(memory, bytes)
	}
	return specs, memory, nil
}

// describe returns the tensor's specification and memory, which is C's.
func describe(t *tflite.Tensor) (infer.TensorSpec, []byte, error) {
	if t == nil {
		return infer.TensorSpec{}, nil, errors.New("it is missing")
	}
	q := t.QuantizationParams()
	spec := infer.TensorSpec{Name: t.Name(), Shape: t.Shape(), Scale: float32(q.Scale), ZeroPoint: q.ZeroPoint}
	if spec.Type = elementType(t.Type()); spec.Type.Size() == 0 {
		return spec, nil, fmt.Errorf("%q has elements of type %d (enum TfLiteType), which are no numbers that can be given", spec.Name, int(t.Type()))
	}
	data, size := t.Data(), int(t.ByteSize())
	if data == nil || size != spec.Bytes() || size == 0 {
		return spec, nil, fmt.Errorf("%q %v has %d bytes of memory", spec.Name, spec, size)
	}
	return spec, unsafe.Slice((*byte)(data), size), nil
}

// elementType is ours for one of the library's, 0 if there is none.
func elementType(t tflite.TensorType) infer.DType {
	const float64s = 11 // kTfLiteFloat64, which go-tflite does not name
	switch t {
	case tflite.UInt8:
		return infer.Uint8
	case tflite.Int8:
		return infer.Int8
	case tflite.Float32:
		return infer.Float32
	case tflite.Bool:
		return infer.Bool
	case tflite.Int16:
		return infer.Int16
	case tflite.Int32:
		return infer.Int32
	case tflite.Int64:
		return infer.Int64
	case float64s:
		return infer.Float64
	}
	return 0
}

func (l *library) specs() (inputs, outputs []infer.TensorSpec) { return l.inSpecs, l.outSpecs }
func (l *library) inputs() [][]byte                            { return l.in }
func (l *library) outputs() [][]byte                           { return l.out }

func (l *library) invoke() error {
	if err := l.run(); err != nil || !l.dynamic {
		return err
	}
	for i := range l.in {
		if in := l.interpreter.GetInputTensor(i); in == nil || in.Data() != unsafe.Pointer(&l.in[i][0]) {
			return fmt.Errorf("input %d has moved in memory", i) // then what comes next would be written to the old place
		}
	}
	for i := range l.out {
		spec, memory, err := describe(l.interpreter.GetOutputTensor(i))
		if err == nil && len(memory) != len(l.out[i]) {
			err = fmt.Errorf("it is %v by now, and was %v", spec, l.outSpecs[i])
		}
		if err != nil {
			return fmt.Errorf("output %d: %w", i, err)
		}
		l.out[i] = memory
	}
	return nil
}

func (l *library) run() error {
	if status := l.interpreter.Invoke(); status != tflite.OK {
		return fmt.Errorf("TensorFlow Lite cannot run the network (status %d)", int(status))
	}
	return nil
}

// close frees an Edge TPU for the next who wants it: the interpreter goes first, as it uses the delegate. Memory is not
// given back: it ends with the process.
func (l *library) close() {
	e, ok := l.delegate.(edgeTPU)
	if !ok {
		return
	}
	if l.interpreter != nil {
		l.interpreter.Delete()
	}
	e.Delete()
	l.delegate = nil
}
