// Package cpu runs a model in pure Go: an [infer.Engine] without native libraries, the same bytes on every machine.
//
// [New] does all the work that does not depend on the image: it checks every operator's shapes, folds zero points into
// biases, derives the fixed-point multipliers, gives every tensor its place in one arena and makes a list of layers.
// [Engine.Run] walks that list and allocates nothing. The inner loops are in the package kernel.
//
// The answers are those of TensorFlow Lite 2.9's built-in kernels on x86-64, bit for bit in quantized models, for every
// number of threads. Inside the engine all 8-bit values are unsigned, see the package kernel.
package cpu

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// Options adjusts an engine; the zero value is good.
type Options struct {
	Threads int // goroutines that compute, 1 to 64; 0 means GOMAXPROCS (64 at most)
	Memory  int // the most bytes of tensors, prepared weights and working memory; 0 means 1 GiB

	// Release, if set, is called with the bytes of each constant of the model when New has read them for the last time.
	Release func(data []byte)
}

const (
	maxThreads    = 64
	defaultMemory = 1 << 30
)

// Engine runs one model. It implements [infer.Engine], and is not for concurrent use.
type Engine struct {
	inputs, outputs []port
	steps           []step
	crew            *crew
	kernels         string
	closed          bool
}

// Layer describes one step of a run, an operator of the model.
type Layer struct {
	Name     string // of its first output tensor
	Op       string // as in the schema, "CONV_2D"
	MACs     int64  // see model.Model.MACs
	OutShape []int
}

// New prepares m for running. It keeps nothing of m's bytes. An operator or tensor that the engine cannot handle gives an error
// that names all of them and wraps infer.ErrUnsupported; so does a model that needs more than o.Memory, with the figure.
//
// Its inner loops are the fastest that the processor can run, or those that the environment variable INCEPTIOND_KERNELS
// names, which is for tests; the answers are the same.
func New(m *model.Model, o Options) (*Engine, error) {
	set, err := kernels()
	if err != nil {
		return nil, err
	}
	return newEngine(m, o, set)
}

// kernels is the set of inner loops to use.
func kernels() (*kernel.Set, error) {
	name := os.Getenv("INCEPTIOND_KERNELS")
	if name == "" {
		return kernel.Best(), nil
	}
	set, err := kernel.ByName(name)
	if err != nil {
		return nil, fmt.Errorf("cpu: INCEPTIOND_KERNELS: %w", err)
	}
	return set, nil
}

func newEngine(m *model.Model, o Options, set *kernel.Set) (*Engine, error) {
	threads := o.Threads
	if threads == 0 {
		threads = min(runtime.GOMAXPROCS(0), maxThreads)
	}
	if threads < 1 || threads > maxThreads {
		return nil, fmt.Errorf("cpu: %d threads (want 1 to %d, or 0 for all cores)", o.Threads, maxThreads)
	}
	memory := o.Memory
	if memory <= 0 {
		memory = defaultMemory
	}
	p, err := compile(m, target{set, threads, int64(memory), o.Release})
	if err != nil {
		return nil, fmt.Errorf("cpu: %w", err)
	}
	return &Engine{inputs: p.inputs, outputs: p.outputs, steps: p.steps, crew: newCrew(threads, p.scratch), kernels: set.Name}, nil
}

// Check says whether an engine can run m, as New's error does.
func Check(m *model.Model) error {
	e, err := New(m, Options{Threads: 1})
	if err != nil {
		return err
	}
	return e.Close()
}

// Kernels names the set of inner loops in use: "go", "avx2".
func (e *Engine) Kernels() string { return e.kernels }

// Input is the first input; see [infer.Engine].
func (e *Engine) Input() infer.TensorSpec { return e.inputs[0].spec }

// Output is the first output; see [infer.Engine].
func (e *Engine) Output() infer.TensorSpec { return e.outputs[0].spec }

// Run is [infer.Engine]'s. A model of several inputs or outputs needs RunAll.
func (e *Engine) Run(ctx context.Context, in, out []byte) error {
	return e.Profile(ctx, in, out, nil)
}

// Profile is Run that also measures: durations[i] becomes the time that layer i of Layers took. It is nil or has an
// element for each layer.
func (e *Engine) Profile(ctx context.Context, in, out []byte, durations []time.Duration) error {
	if len(e.inputs) != 1 || len(e.outputs) != 1 {
		return fmt.Errorf("cpu: model has %d inputs and %d outputs (want 1 and 1)", len(e.inputs), len(e.outputs))
	}
	if durations != nil && len(durations) != len(e.steps) {
		return fmt.Errorf("cpu: %d durations for %d layers", len(durations), len(e.steps))
	}
	if err := e.begin(ctx); err != nil {
		return err
	}
	if err := e.inputs[0].check("input", in); err != nil {
		return err
	}
	if err := e.outputs[0].check("output", out); err != nil {
		return err
	}
	e.inputs[0].load(in)
	if err := e.compute(ctx, durations); err != nil {
		return err
	}
	e.outputs[0].store(out)
	return nil
}

// RunAll is Run for a model of several inputs or outputs, in the order of the file.
func (e *Engine) RunAll(ctx context.Context, ins, outs [][]byte) error {
	if err := e.begin(ctx); err != nil {
		return err
	}
	if len(ins) != len(e.inputs) || len(outs) != len(e.outputs) {
		return fmt.Errorf("cpu: %d inputs and %d outputs given (want %d and %d)", len(ins), len(outs), len(e.inputs), len(e.outputs))
	}
	for i := range ins {
		if err := e.inputs[i].check("input", ins[i]); err != nil {
			return err
		}
	}
	for i := range outs {
		if err := e.outputs[i].check("output", outs[i]); err != nil {
			return err
		}
	}
	for i := range ins {
		e.inputs[i].load(ins[i])
	}
	if err := e.compute(ctx, nil); err != nil {
		return err
	}
	for i := range outs {
		e.outputs[i].store(outs[i])
	}
	return nil
}

// Inputs describes the tensors that RunAll reads.
func (e *Engine) Inputs() []infer.TensorSpec { return specs(e.inputs) }

// Outputs describes the tensors that RunAll writes.
func (e *Engine) Outputs() []infer.TensorSpec { return specs(e.outputs) }

func specs(ports []port) []infer.TensorSpec {
	list := make([]infer.TensorSpec, len(ports))
	for i := range ports {
		list[i] = ports[i].spec
	}
	return list
}

// Threads is how many goroutines compute.
func (e *Engine) Threads() int { return len(e.crew.scratch) }

// Layers describes the steps of a run, in order.
func (e *Engine) Layers() []Layer {
	list := make([]Layer, len(e.steps))
	for i := range e.steps {
		list[i] = e.steps[i].Layer
	}
	return list
}

// Close ends the engine's goroutines; see [infer.Engine].
func (e *Engine) Close() error {
	if !e.closed {
		e.closed = true
		e.crew.close()
	}
	return nil
}

func (e *Engine) begin(ctx context.Context) error {
	if e.closed {
		return infer.ErrClosed
	}
	return ctx.Err()
}

func (e *Engine) compute(ctx context.Context, durations []time.Duration) error {
	for i := range e.steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		if durations == nil {
			e.crew.do(e.steps[i].job)
			continue
		}
		start := time.Now()
		e.crew.do(e.steps[i].job)
		durations[i] = time.Since(start)
	}
	return nil
}
