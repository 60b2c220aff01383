// Package failover keeps a model answering while the engine that is wanted for it may be lost at any time: an
// [infer.Engine] made of two.
//
// The primary is the wanted one, in a process or on a device of its own, which may hang, end or answer nonsense. The
// standby is always there. A frame that the primary does not answer in time, or answers with an error, is answered by
// the standby, so that none is lost. Meanwhile a goroutine opens a new primary, again and again with growing pauses.
// Before a primary gets a frame, it must answer a known input as the standby does.
package failover

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/internal/backoff"
)

// Primary is an engine that may be lost. Any error of Run says that it is, unless the context has ended.
type Primary interface {
	infer.Engine

	// SetDeadline is for each of the runs that follow: one that would take longer returns an error.
	SetDeadline(d time.Duration)
}

// Options say what to keep running. Open is required.
type Options struct {
	// Open opens a primary. It may be called while the standby runs, and gives up when ctx ends. An error that wraps
	// model.ErrUnsupported is about the model.
	Open func(ctx context.Context) (Primary, error)

	// Standby answers while there is no primary. The Engine owns it, unless New returns an error. Nil: frames fail.
	Standby infer.Engine

	// Deadline is for one run of the primary. 0: ten times the median of its latest runs, at least a second.
	Deadline time.Duration

	// Levels is how far the primary may be from the right answer to the known input: in steps of a quantized output,
	// or in 1/256 of the largest value of a float32 one.
	Levels int

	// Own is how many of the outputs, the first ones, are held to that; 0: all. The others are inner tensors, where other
	// kernels may differ more, and which decide nothing.
	Own int

	// Notify, if set, is told how the Engine begins and every change, in order, one call at a time. It must not call
	// the Engine, and should return soon: frames wait for it.
	Notify func(Status)
}

// State says who answers.
type State string

// The states of an Engine.
const (
	Running State = "running" // the primary answers
	Standby State = "standby" // the standby answers until the primary is back
	Down    State = "down"    // nobody answers until the primary is back
)

// Status is how an Engine is.
type Status struct {
	State    State
	Reason   error         // what took the primary away, or keeps it away; nil if Running
	RetryIn  time.Duration // until the next attempt to open it; 0 if Running
	Attempts int           // to open it since it was lost, all in vain
	Losses   int           // since it last ran for a minute: more than a few mean that it cannot be relied on
	Restarts int           // primaries after the first one
}

// pace is how patient an Engine is. Tests have less time.
type pace struct {
	open             time.Duration // until a primary is open
	first            time.Duration // deadline of the runs of which nobody knows yet how long they take
	deadlineMin      time.Duration // of an automatic deadline
	retryMin         time.Duration // first pause before a primary is opened; doubled up to retryMax
	retryMax, stable time.Duration // a primary that ran for stable makes the pauses short again
}

var defaultPace = pace{
	open: 20 * time.Second, first: 10 * time.Second, deadlineMin: time.Second,
	retryMin: time.Second / 2, retryMax: time.Minute, stable: time.Minute,
}

// Engine runs a model by its primary, else by its standby. It implements [infer.Engine], and like any engine it is not for
// concurrent use; only Wake may be called at any time.
type Engine struct {
	options Options
	pace    pace
	inputs  []infer.TensorSpec // one
	outputs []infer.TensorSpec
	times   times // of the primary's runs; belongs to whoever has the primary
	closed  bool

	ctx       context.Context // of the goroutine that opens primaries
	cancel    context.CancelFunc
	reopening sync.WaitGroup
	known     known

	mu      sync.Mutex
	primary Primary   // nil: it is lost, and a goroutine opens another
	since   time.Time // when this primary came
	retry   backoff.Backoff
	status  Status
}

// New opens the primary. If that fails, it starts with the standby; without one, or if the model is at fault, that is
// an error. ctx is for the opening only.
func New(ctx context.Context, o Options) (*Engine, error) { return open(ctx, o, defaultPace) }

func open(ctx context.Context, o Options, p pace) (*Engine, error) {
	e := &Engine{options: o, pace: p, retry: backoff.Backoff{Min: p.retryMin, Max: p.retryMax}}
	if o.Standby != nil {
		e.take(o.Standby)
		if err := e.known.ask(ctx, o.Standby); err != nil {
			return nil, err
		}
	}
	primary, err := e.open(ctx)
	if err != nil && (o.Standby == nil || errors.Is(err, model.ErrUnsupported) || ctx.Err() != nil) {
		return nil, err
	}
	e.ctx, e.cancel = context.WithCancel(context.Background())
	e.mu.Lock()
	defer e.mu.Unlock()
	if err != nil {
		e.lost(err, func() error { return nil })
		return e, nil
	}
	e.install(primary)
	return e, nil
}

// take has the engine take and give the same tensors as one.
func (e *Engine) take(one infer.Engine) {
	e.inputs, e.outputs = []infer.TensorSpec{one.Input()}, one.Outputs()
}

// Input is what both engines take; see [infer.Engine].
func (e *Engine) Input() infer.TensorSpec { return e.inputs[0] }

// Outputs are what both engines give; see [infer.Engine].
func (e *Engine) Outputs() []infer.TensorSpec { return e.outputs }

// Run is [infer.Engine]'s. It takes at most the deadline, and what the standby needs for an image.
func (e *Engine) Run(ctx context.Context, in []byte, outs [][]byte) (infer.By, error) {
	if e.closed {
		return infer.By{}, infer.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return infer.By{}, err
	}
	if err := infer.CheckInputs(e.inputs, in); err != nil {
		return infer.By{}, err
	}
	if err := infer.CheckOutputs(e.outputs, outs); err != nil {
		return infer.By{}, err
	}
	primary, reason := e.current()
	if primary != nil {
		by, err := e.time(ctx, primary, in, outs)
		if err == nil || ctx.Err() != nil && errors.Is(err, ctx.Err()) {
			return by, err
		}
		e.lose(primary, err)
		reason = err
	}
	if e.options.Standby == nil {
		return infer.By{}, fmt.Errorf("failover: the engine is being restarted (fallback: cpu would answer meanwhile): %w", reason)
	}
	return e.options.Standby.Run(ctx, in, outs)
}

// keeper is the engine that has the next run, if it keeps anything; else nil.
func (e *Engine) keeper() infer.Keeper {
	var next infer.Engine = e.options.Standby
	if primary, _ := e.current(); primary != nil {
		next = primary
	}
	k, _ := next.(infer.Keeper)
	return k
}

// KeptBytes is [infer.Keeper]'s, of the engine that has the next run.
func (e *Engine) KeptBytes() int {
	if k := e.keeper(); k != nil {
		return k.KeptBytes()
	}
	return 0
}

// AppendKept is [infer.Keeper]'s, of the engine that has the next run.
func (e *Engine) AppendKept(dst []byte) []byte {
	if k := e.keeper(); k != nil {
		return k.AppendKept(dst)
	}
	return dst
}

// Keep is [infer.Keeper]'s, of the engine that has the next run.
func (e *Engine) Keep(kept []byte) error {
	if k := e.keeper(); k != nil {
		return k.Keep(kept)
	}
	return infer.CheckKept(e, kept)
}

// Wake is [infer.Waker]'s: it wakes the engine that has the next run, if that is one.
func (e *Engine) Wake() {
	if primary, _ := e.current(); primary != nil {
		infer.Wake(primary)
	} else if e.options.Standby != nil {
		infer.Wake(e.options.Standby)
	}
}

// current is the primary, or why there is none.
func (e *Engine) current() (Primary, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.primary, e.status.Reason
}

// time runs the primary and remembers how long that took.
func (e *Engine) time(ctx context.Context, p Primary, in []byte, outs [][]byte) (infer.By, error) {
	p.SetDeadline(e.deadline())
	begin := time.Now()
	by, err := p.Run(ctx, in, outs)
	if err == nil {
		e.times.add(time.Since(begin))
	}
	return by, err
}

// deadline is for the primary's next run.
func (e *Engine) deadline() time.Duration {
	if e.options.Deadline > 0 {
		return e.options.Deadline
	}
	if median := e.times.median(); median > 0 {
		return max(10*median, e.pace.deadlineMin)
	}
	return e.pace.first
}

// Close ends both engines and waits until they are gone.
func (e *Engine) Close() error {
	if e.closed {
		return nil
	}
	e.closed = true
	e.cancel()
	e.reopening.Wait()
	var errs []error
	if primary, _ := e.current(); primary != nil {
		errs = append(errs, primary.Close())
	}
	if e.options.Standby != nil {
		errs = append(errs, e.options.Standby.Close())
	}
	return errors.Join(errs...)
}

// checkPrimary compares a primary's tensors with what they have to be; names may differ.
func (e *Engine) checkPrimary(p Primary) error {
	if err := checkSpec("input", p.Input(), e.Input()); err != nil {
		return err
	}
	outputs := p.Outputs()
	if len(outputs) != len(e.outputs) {
		return fmt.Errorf("failover: %d outputs (want %d)", len(outputs), len(e.outputs))
	}
	for i := range outputs {
		if err := checkSpec("output", outputs[i], e.outputs[i]); err != nil {
			return err
		}
	}
	return nil
}

func checkSpec(what string, got, want infer.TensorSpec) error {
	if got.Type != want.Type || !slices.Equal(got.Shape, want.Shape) || got.Scale != want.Scale || got.ZeroPoint != want.ZeroPoint {
		return fmt.Errorf("failover: %s is %v (want %v)", what, got, want)
	}
	return nil
}
