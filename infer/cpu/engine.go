// Package cpu runs a model in pure Go: an [infer.Engine] without native libraries, the same bytes on every machine where
// the model is quantized.
//
// [New] does all the work that does not depend on the image (compile.go). It makes a graph of the model (graph.go). Passes
// change that, each in a file of its own: shapes are settled, what only gives bytes another shape goes, what sees the same is
// joined, every tensor gets its place in an arena. Then every node becomes a layer (lower.go, and a file for each family of operators): its shapes are
// checked, zero points folded into biases, fixed-point multipliers derived, weights packed. [Engine.Run] walks the list of
// layers and allocates nothing. The inner loops are in the package kernel.
//
// The answers are those of TensorFlow Lite 2.9's built-in kernels on x86-64, bit for bit in quantized models, for every
// number of threads; in float32 models they are within 1e-5, and the same for all kernels of a kind (kernel.Set.Fused).
// Inside the engine all 8-bit values are unsigned, see the package kernel.
package cpu

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// Options adjusts an engine; the zero value is good.
type Options struct {
	Threads int    // that compute, 1 to 64; 0 means GOMAXPROCS (64 at most)
	Memory  int    // the most bytes of tensors, prepared weights and working memory; 0 means 1 GiB
	Kernels string // the set of inner loops; empty: see New

	// Release, if set, is called with the bytes of each constant of the model when New has read them for the last time.
	Release func(data []byte)
}

const (
	maxThreads    = 64
	defaultMemory = 1 << 30
)

// Engine runs one model. It implements [infer.Engine], and is not for concurrent use.
type Engine struct {
	inputs, outputs         []port
	variables               []port // what a run leaves to the next
	inputSpecs, outputSpecs []infer.TensorSpec
	state                   *infer.State // of several inputs; nil: there is one, or see several
	several                 error        // why Run cannot answer a model of several inputs
	steps                   []step
	workers                 *workerPool
	by                      infer.By
	memory                  int64
	closed                  bool
}

// Layer describes one step of a run, an operator of the model.
type Layer struct {
	Name     string // of its first output tensor
	Op       string // as in the schema, "CONV_2D"
	MACs     int64  // see model.Model.MACs
	OutShape []int
}

// New prepares m for running. It keeps nothing of m's bytes. An operator or tensor that the engine cannot handle gives an error
// that names all of them and wraps model.ErrUnsupported; so does a model that needs more than o.Memory, with the figure.
//
// Unless o names them, its inner loops are the fastest that the processor can run, or those that the environment variable
// INCEPTIOND_KERNELS names, which is for tests; the answers are the same, but for the last places of float32.
func New(m *model.Model, o Options) (*Engine, error) {
	set, err := kernels(o.Kernels)
	if err != nil {
		return nil, err
	}
	return newEngine(m, o, set)
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
	e := &Engine{
		inputs: p.inputs, outputs: p.outputs, variables: p.variables, steps: p.steps, workers: newWorkerPool(threads, p.scratch),
		by: infer.By{Engine: infer.EngineCPU, Kernels: set.Name}, memory: p.memory,
	}
	e.inputSpecs, e.outputSpecs = specs(e.inputs), specs(e.outputs)
	if len(e.inputs) > 1 {
		e.state, e.several = infer.NewState(e.inputSpecs, e.outputSpecs)
	}
	return e, nil
}

// Kernels names the set of inner loops in use: "go", "avx2".
func (e *Engine) Kernels() string { return e.by.Kernels }

// Input is the input that Run has: the first, or the one that is no state. See [infer.Engine].
func (e *Engine) Input() infer.TensorSpec {
	if e.state != nil {
		return e.inputSpecs[e.state.Main()]
	}
	return e.inputSpecs[0]
}

// Single is nil if Run can answer: the model has one input, or others are state that it keeps from run to run.
func (e *Engine) Single() error { return e.several }

// Inputs describes the tensors that RunAll reads.
func (e *Engine) Inputs() []infer.TensorSpec { return e.inputSpecs }

// Outputs describes the tensors that Run writes; see [infer.Engine].
func (e *Engine) Outputs() []infer.TensorSpec { return e.outputSpecs }

func specs(ports []port) []infer.TensorSpec {
	list := make([]infer.TensorSpec, len(ports))
	for i := range ports {
		list[i] = ports[i].spec
	}
	return list
}

// Run is [infer.Engine]'s. A model of several inputs needs RunAll, unless they are state: see infer.State.
func (e *Engine) Run(ctx context.Context, in []byte, outs [][]byte) (infer.By, error) {
	if e.state != nil {
		err := e.state.Run(in, outs, func(ins, outs [][]byte) error { return e.run(ctx, ins, outs, nil) })
		return e.by, err
	}
	ins := [1][]byte{in}
	return e.RunAll(ctx, ins[:], outs)
}

// RunAll is Run for a model of several inputs, in the order of the file.
func (e *Engine) RunAll(ctx context.Context, ins, outs [][]byte) (infer.By, error) {
	if err := e.run(ctx, ins, outs, nil); err != nil {
		return infer.By{}, err
	}
	return e.by, nil
}

// Profile is Run that measures and gives no outputs: durations[i] becomes the time that layer i of Layers took.
func (e *Engine) Profile(ctx context.Context, in []byte, durations []time.Duration) error {
	if len(durations) != len(e.steps) {
		return fmt.Errorf("cpu: %d durations for %d layers", len(durations), len(e.steps))
	}
	ins := [1][]byte{in}
	return e.run(ctx, ins[:], make([][]byte, len(e.outputs)), durations)
}

// run answers ins; durations are nil or Profile's.
func (e *Engine) run(ctx context.Context, ins, outs [][]byte, durations []time.Duration) error {
	if e.closed {
		return infer.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := infer.CheckInputs(e.inputSpecs, ins...); err != nil {
		return err
	}
	if err := infer.CheckOutputs(e.outputSpecs, outs); err != nil {
		return err
	}
	for i := range ins {
		e.inputs[i].load(ins[i])
	}
	for i := range outs {
		e.outputs[i].aim(outs[i])
	}
	err := e.compute(ctx, durations)
	for i := range outs {
		if outs[i] != nil {
			e.outputs[i].store(outs[i])
		}
	}
	return err
}

// Share is [infer.Sharer]'s. After Close the caller does all the work.
func (e *Engine) Share(n int, piece func(i int)) {
	if e.closed {
		for i := range n {
			piece(i)
		}
		return
	}
	e.workers.share(n, piece)
}

// Wake is [infer.Waker]'s: the threads are awake for the first 100 µs afterwards, and woken faster later on.
func (e *Engine) Wake() { e.workers.wake() }

// KeptBytes is [infer.Keeper]'s: of inputs that are state, and of variables.
func (e *Engine) KeptBytes() int {
	n := e.state.Bytes()
	for i := range e.variables {
		n += e.variables[i].spec.Bytes()
	}
	return n
}

// AppendKept is [infer.Keeper]'s. Any other engine of the model understands it, whatever its kernels.
func (e *Engine) AppendKept(dst []byte) []byte {
	dst = e.state.Append(dst)
	for i := range e.variables {
		n := e.variables[i].spec.Bytes()
		dst = append(dst, make([]byte, n)...)
		e.variables[i].store(dst[len(dst)-n:])
	}
	return dst
}

// Keep is [infer.Keeper]'s.
func (e *Engine) Keep(kept []byte) error {
	if err := infer.CheckKept(e, kept); err != nil {
		return fmt.Errorf("cpu: %w", err)
	}
	e.state.Set(kept)
	kept = kept[e.state.Bytes():]
	for i := range e.variables {
		n := e.variables[i].spec.Bytes()
		e.variables[i].load(kept[:n])
		kept = kept[n:]
	}
	return nil
}

// Threads is how many threads compute, the caller's among them; fewer while Go has fewer CPUs (GOMAXPROCS).
func (e *Engine) Threads() int { return len(e.workers.members) }

// Memory is how many bytes of tensors, prepared weights and working memory the engine has.
func (e *Engine) Memory() int64 { return e.memory }

// Layers describes the steps of a run, in order.
func (e *Engine) Layers() []Layer {
	list := make([]Layer, len(e.steps))
	for i := range e.steps {
		list[i] = e.steps[i].Layer
	}
	return list
}

// Close ends the engine's threads; see [infer.Engine].
func (e *Engine) Close() error {
	if !e.closed {
		e.closed = true
		e.workers.close()
	}
	return nil
}

func (e *Engine) compute(ctx context.Context, durations []time.Duration) error {
	e.workers.start()
	defer e.workers.stop()
	for i := range e.steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		start := time.Time{}
		if durations != nil {
			start = time.Now()
		}
		e.workers.do(e.steps[i].job)
		if durations != nil {
			durations[i] = time.Since(start)
		}
		if s := &e.steps[i]; s.fault != nil {
			if err := s.fault(); err != nil {
				return fmt.Errorf("cpu: %s of %q: %w", s.Op, s.Name, err)
			}
		}
	}
	return nil
}
