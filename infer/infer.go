// Package infer says what an engine is: something that turns one input tensor into output tensors.
//
// The package holds the seam, [TensorSpec] and [Labels]. Engines live below it: cpu (pure Go), tflite (TensorFlow Lite in
// a child process) and failover (one of them that another stands by for). What the outputs mean is the package task's.
package infer

import (
	"context"
	"errors"
	"fmt"
)

// Engine runs one model. It is not for concurrent use: its owner calls one method at a time.
type Engine interface {
	// Input and Outputs describe the tensors that Run reads and writes. They do not change, and the slice is not to be
	// changed. There is at least one output.
	Input() TensorSpec
	Outputs() []TensorSpec

	// Run answers one image, and says who did. in and outs belong to the caller and must not overlap; in is not changed.
	// in has exactly the bytes of Input, and there is an element of outs for each of Outputs, of exactly its bytes, or nil
	// for an output that is not wanted (else an error that says both counts). Run blocks until it is done or, between
	// layers, ctx ends: then it returns ctx.Err() and outs are undefined. It allocates nothing.
	Run(ctx context.Context, in []byte, outs [][]byte) (By, error)

	// Close releases what the engine holds. Run returns ErrClosed from then on; closing again does nothing.
	Close() error
}

// Waker is an engine that answers sooner if it is told that a run is near.
type Waker interface {
	// Wake says that Run is about to be called, in a few milliseconds at most. It returns at once, allocates nothing, and
	// costs little if no run follows. It may be called at any time from any goroutine, also during a run and after Close.
	Wake()
}

// Wake tells e that a run is near, if it wants to know.
func Wake(e Engine) {
	if w, ok := e.(Waker); ok {
		w.Wake()
	}
}

// Sharer is an engine whose threads can do other work while it does not run: to prepare its next input, say.
type Sharer interface {
	// Threads is how many threads there are, the caller's among them.
	Threads() int

	// Share calls piece(0) to piece(n-1), each once, on any of the threads, and returns when all calls have ended. It is a
	// call like Run: not to be made during another. It allocates nothing.
	Share(n int, piece func(i int))
}

// Keeper is an engine that may keep something from one run to the next, as recurrent networks do. Its methods are calls like Run: not
// to be made during another.
type Keeper interface {
	// KeptBytes is how many bytes that are: always as many; 0: nothing is kept.
	KeptBytes() int

	// AppendKept appends what the next run is to go on from to dst.
	AppendKept(dst []byte) []byte

	// Keep has the next run go on from kept, which AppendKept of an engine of the same model gave. The error says that it is of another.
	Keep(kept []byte) error
}

// CheckKept says why kept is not what e keeps.
func CheckKept(e Keeper, kept []byte) error {
	if len(kept) != e.KeptBytes() {
		return fmt.Errorf("%d bytes that a model has kept (this one keeps %d)", len(kept), e.KeptBytes())
	}
	return nil
}

// By says who answered a run.
type By struct {
	Engine  string // one of the names below
	Kernels string // its inner loops: "avx2", "go", "XNNPACK", …
}

// The names of the engines, in configs and messages.
const (
	EngineCPU     = "cpu"     // the package cpu
	EngineTFLite  = "tflite"  // the package tflite
	EngineEdgeTPU = "edgetpu" // the package tflite with an Edge TPU
)

// ErrClosed is returned by an engine that has been closed.
var ErrClosed = errors.New("engine is closed")
