// Package tflite runs a model by TensorFlow Lite: an [infer.Engine] that drives a child process, the worker.
//
// Native code may hang or abort, an Edge TPU's above all, and nothing inside a process can contain that. So it has a
// process of its own, with a deadline for every answer. A worker that misses it, ends or answers nonsense is killed
// with its process group; the engine is then of no more use (ErrLost), and whoever owns it opens another. The worker
// dies with this process, however that ends.
//
// The worker is the program inceptiond-tflite (package infer/tflite/worker, `make tflite`); the package wire is the
// language between the two.
package tflite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/tflite/wire"
)

// ErrLost is wrapped by errors that say that there is no worker any more, or never was one. A new Open may mend that. An
// error without it came from a worker that is well; a model that it cannot run gives model.ErrUnsupported.
var ErrLost = errors.New("worker is lost")

// Options says what to run, and where. Worker and Model are required.
type Options struct {
	Worker   string        // the path of the worker's program
	Model    []byte        // the bytes of a .tflite file; not kept
	Threads  int           // 1 to 64; 0 means 1
	XNNPACK  bool          // use XNNPACK where it has a kernel: faster, with another rounding
	EdgeTPU  string        // the Edge TPU that runs it, by a name of edgetpu.Match: "any", "usb:1", …; empty: none
	Deadline time.Duration // for one run, until SetDeadline; 0 means 10 seconds
}

// By is what Run of an engine with these options returns.
func (o Options) By() infer.By {
	switch {
	case o.EdgeTPU != "":
		return infer.By{Engine: infer.EngineEdgeTPU, Kernels: kernelsOwn}
	case o.XNNPACK:
		return infer.By{Engine: infer.EngineTFLite, Kernels: kernelsXNNPACK}
	}
	return infer.By{Engine: infer.EngineTFLite, Kernels: kernelsOwn}
}

// The inner loops that TensorFlow Lite has, by infer.By.Kernels.
const (
	kernelsOwn     = "its own"
	kernelsXNNPACK = "XNNPACK"
)

const (
	maxThreads      = 64
	defaultDeadline = 10 * time.Second

	// startDeadline is for loading a model. The largest Inception takes a second on a Raspberry Pi.
	startDeadline = 60 * time.Second

	// runGrace is for a run whose context ends: it is most likely about to be done, and its worker worth keeping.
	runGrace = 300 * time.Millisecond
)

// Engine runs one model in a worker of its own. It implements [infer.Engine], and is not for concurrent use.
type Engine struct {
	worker          *worker
	conn            *wire.Conn
	by              infer.By
	library         string
	inputs, outputs []infer.TensorSpec
	state           *infer.State // of several inputs; nil: there is one, or see several
	several         error        // why Run cannot answer a model of several inputs
	deadline        time.Duration
	sequence        uint32 // of the last question
	lost            error  // why the worker is gone
	closed          bool

	// A question is between a send to begun and one to ended. See guard.
	talk  conversation
	begun chan conversation
	ended chan struct{}

	// The question of a run: which outputs are wanted, and, only meanwhile, the caller's inputs.
	wanted wire.Wanted
	asked  [][]byte
}

// Open starts a worker and has it load the model. ctx is for the opening only.
func Open(ctx context.Context, o Options) (*Engine, error) {
	if o.Threads == 0 {
		o.Threads = 1
	}
	if o.Threads < 1 || o.Threads > maxThreads {
		return nil, fmt.Errorf("tflite: %d threads (want 1 to %d)", o.Threads, maxThreads)
	}
	if o.Deadline <= 0 {
		o.Deadline = defaultDeadline
	}
	if o.EdgeTPU != "" && o.XNNPACK {
		return nil, errors.New("tflite: a model runs by XNNPACK or on an Edge TPU, not both")
	}
	if len(o.Model) > wire.MaxModel {
		return nil, fmt.Errorf("tflite: model of %d bytes (want at most %d)", len(o.Model), wire.MaxModel)
	}
	e, err := start(ctx, o.Worker, func(e *Engine) error { return e.load(o) })
	if err != nil && o.EdgeTPU != "" && ctx.Err() == nil {
		err = explainEdgeTPU(o, err)
	}
	if err != nil {
		return nil, err
	}
	e.deadline, e.by = o.Deadline, o.By()
	return e, nil
}

// start starts a worker and greets it; first is the conversation that comes next. Without success the worker is gone.
func start(ctx context.Context, program string, first func(*Engine) error) (*Engine, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	w, err := startWorker(program)
	if err != nil {
		return nil, err
	}
	e := &Engine{worker: w, conn: wire.NewConn(w.answers, w.questions), begun: make(chan conversation), ended: make(chan struct{})}
	go e.guard()
	e.begin(ctx, startDeadline, 0)
	err = e.hello()
	if err == nil {
		err = first(e)
	}
	if err := e.end(err); err != nil {
		_ = e.Close() // after it, all that the worker had to say is known
		var f *failure
		if errors.As(err, &f) {
			err = f.explain(w.said.String())
		}
		return nil, err
	}
	return e, nil
}

func (e *Engine) hello() error {
	body, err := e.ask(wire.Hello, wire.Hello, wire.MaxText)
	e.library = string(body)
	return err
}

// load hands the worker the model.
func (e *Engine) load(o Options) error {
	switch {
	case o.EdgeTPU != "":
		return e.loadEdgeTPU(o)
	case o.XNNPACK:
		return e.loadWith(wire.Options{Threads: o.Threads, Delegate: wire.XNNPACK}, o.Model)
	}
	return e.loadWith(wire.Options{Threads: o.Threads}, o.Model)
}

func (e *Engine) loadWith(o wire.Options, model []byte) error {
	body, err := e.ask(wire.Load, wire.Tensors, wire.MaxSpecs, wire.EncodeLoad(o), model)
	if err != nil {
		return err
	}
	if e.inputs, e.outputs, err = wire.DecodeTensors(body); err == nil && len(e.inputs) > 1 {
		e.state, e.several = infer.NewState(e.inputs, e.outputs)
	}
	return err
}

// Library names the library in the worker and its version: "TensorFlow Lite 2.9.0"; with an Edge TPU also that and the
// version of its own library.
func (e *Engine) Library() string { return e.library }

// Input is the input that Run has: the first, or the one that is no state. See [infer.Engine].
func (e *Engine) Input() infer.TensorSpec {
	if e.state != nil {
		return e.inputs[e.state.Main()]
	}
	return e.inputs[0]
}

// Single is nil if Run can answer: the model has one input, or others are state that it keeps from run to run.
func (e *Engine) Single() error { return e.several }

// Inputs are all inputs, in the order of the file.
func (e *Engine) Inputs() []infer.TensorSpec { return e.inputs }

// Outputs are all outputs, in the order of the file; see [infer.Engine].
func (e *Engine) Outputs() []infer.TensorSpec { return e.outputs }

// SetDeadline is for each of the runs that follow.
func (e *Engine) SetDeadline(d time.Duration) { e.deadline = d }

// Run is [infer.Engine]'s; a model of several inputs needs RunAll, unless they are state: see infer.State. TensorFlow Lite
// cannot be interrupted: when the deadline passes, or ctx has ended and the run does not soon, the worker is killed.
func (e *Engine) Run(ctx context.Context, in []byte, outs [][]byte) (infer.By, error) {
	if e.state != nil {
		err := e.state.Run(in, outs, func(ins, outs [][]byte) error {
			_, err := e.RunAll(ctx, ins, outs)
			return err
		})
		return e.by, err
	}
	ins := [1][]byte{in}
	return e.RunAll(ctx, ins[:], outs)
}

// RunAll is Run for a model of several inputs, in the order of the file.
func (e *Engine) RunAll(ctx context.Context, ins, outs [][]byte) (infer.By, error) {
	if err := e.ready(ctx); err != nil {
		return infer.By{}, err
	}
	if err := infer.CheckInputs(e.inputs, ins...); err != nil {
		return infer.By{}, err
	}
	if err := infer.CheckOutputs(e.outputs, outs); err != nil {
		return infer.By{}, err
	}
	e.begin(ctx, e.deadline, runGrace)
	if err := e.end(e.answer(ins, outs)); err != nil {
		return infer.By{}, err
	}
	return e.by, nil
}

// answer has the worker run ins. It sends only the wanted outputs: reading into nil takes nothing off the pipe.
func (e *Engine) answer(ins, outs [][]byte) error {
	e.wanted = wire.Wanted{}
	for i := range outs {
		if outs[i] != nil {
			e.wanted.Add(i)
		}
	}
	e.asked = append(append(e.asked[:0], e.wanted[:]), ins...)
	h, err := e.question(wire.Run, wire.Result, e.asked...)
	clear(e.asked)
	if err != nil {
		return err
	}
	return e.conn.ReadInto(h, outs...)
}

// KeptBytes is [infer.Keeper]'s: of inputs that are state. What TensorFlow Lite keeps inside of it nobody can ask it for.
func (e *Engine) KeptBytes() int { return e.state.Bytes() }

// AppendKept is [infer.Keeper]'s.
func (e *Engine) AppendKept(dst []byte) []byte { return e.state.Append(dst) }

// Keep is [infer.Keeper]'s.
func (e *Engine) Keep(kept []byte) error {
	if err := infer.CheckKept(e, kept); err != nil {
		return fmt.Errorf("tflite: %w", err)
	}
	e.state.Set(kept)
	return nil
}

// Ping asks the worker for a sign of life.
func (e *Engine) Ping(ctx context.Context) error {
	if err := e.ready(ctx); err != nil {
		return err
	}
	e.begin(ctx, e.deadline, runGrace)
	_, err := e.ask(wire.Ping, wire.Pong, 0)
	return e.end(err)
}

// Close ends the worker and waits until it is gone, at most two seconds.
func (e *Engine) Close() error {
	if !e.closed {
		e.closed = true
		close(e.begun)
		e.worker.close(patience)
	}
	return nil
}

// ready says whether a question can be asked.
func (e *Engine) ready(ctx context.Context) error {
	if e.closed {
		return infer.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return e.lost
}

// conversation is a question and its answer.
type conversation struct {
	ctx   context.Context
	limit time.Duration
	grace time.Duration // what is left of the limit when ctx ends
	until time.Time     // when the limit is over
}

// begin opens the time in which the worker may be asked and must answer.
func (e *Engine) begin(ctx context.Context, limit, grace time.Duration) {
	e.talk = conversation{ctx, limit, grace, time.Now().Add(limit)}
	e.worker.setDeadline(e.talk.until)
	e.begun <- e.talk
}

// end closes it. err is how the conversation went: unless it went well, or the worker itself said what went wrong, the
// worker is killed. If the context has ended, that is the reason.
func (e *Engine) end(err error) error {
	e.ended <- struct{}{}
	if err == nil || isFailure(err) {
		return err
	}
	e.lost = e.worker.lose(err, e.talk.limit)
	if gone := e.talk.ctx.Err(); gone != nil {
		e.lost = fmt.Errorf("tflite: worker was killed in the middle of a run: %w", ErrLost)
		return gone
	}
	return e.lost
}

// guard interrupts a conversation whose context ends. It ends with the engine.
func (e *Engine) guard() {
	for talk := range e.begun {
		select {
		case <-talk.ctx.Done():
			if last := time.Now().Add(talk.grace); last.Before(talk.until) {
				e.worker.setDeadline(last)
			}
			<-e.ended
		case <-e.ended:
		}
	}
}

// ask is question for an answer whose body is new memory of at most limit bytes.
func (e *Engine) ask(kind, want wire.Kind, limit int, body ...[]byte) ([]byte, error) {
	h, err := e.question(kind, want, body...)
	if err != nil {
		return nil, err
	}
	return e.conn.ReadBody(h, limit)
}

// question sends one and reads the header of its answer, or the whole of a failure.
func (e *Engine) question(kind, want wire.Kind, body ...[]byte) (wire.Header, error) {
	e.sequence++
	if err := e.conn.Send(kind, e.sequence, body...); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		return wire.Header{}, fmt.Errorf("send %v: %w", kind, errEnded)
	} else if err != nil {
		return wire.Header{}, err
	}
	h, err := e.conn.ReadHeader()
	if err != nil {
		return h, err
	}
	if h.Sequence != e.sequence || h.Kind != want && h.Kind != wire.Failure {
		return h, fmt.Errorf("%v %d (want %v %d): %w", h.Kind, h.Sequence, want, e.sequence, wire.ErrGarbage)
	}
	if h.Kind != wire.Failure {
		return h, nil
	}
	text, err := e.conn.ReadBody(h, wire.MaxText)
	if err != nil {
		return h, err
	}
	refused, why, err := wire.DecodeFailure(text)
	if err != nil {
		return h, err
	}
	return h, &failure{refused: refused, text: why}
}

// failure is what a worker that is well says went wrong.
type failure struct {
	refused bool // the model
	text    string
}

func (f *failure) Error() string { return "tflite: " + f.text }

func isFailure(err error) bool {
	var f *failure
	return errors.As(err, &f)
}

// explain adds what the library printed, and marks a refused model.
func (f *failure) explain(said string) error {
	text := f.text
	if said != "" {
		text += ": " + said
	}
	if f.refused {
		return fmt.Errorf("tflite: %s: %w", text, model.ErrUnsupported)
	}
	return fmt.Errorf("tflite: %s", text)
}
