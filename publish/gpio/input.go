package gpio

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.uber.org/zap"
	periph "periph.io/x/conn/v3/gpio"

	"github.com/inceptiond/inceptiond/internal/backoff"
	"github.com/inceptiond/inceptiond/publish"
)

// input is an input at work. Its goroutine, run, owns the pin.
type input struct {
	p     *Publisher
	name  string
	chip  string
	o     Input
	ctx   context.Context // ends it
	stop  context.CancelFunc
	ended chan struct{} // closed when it has

	mu sync.Mutex
	is publish.GPIOInput
}

func newInput(p *Publisher, name, chip string, o Input) *input {
	ctx, stop := context.WithCancel(context.Background())
	return &input{p: p, name: name, chip: chip, o: o, ctx: ctx, stop: stop, ended: make(chan struct{})}
}

func (in *input) status() publish.GPIOInput {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.is
}

// run reads the line until the input is ended. A line that cannot be had, or is gone, is tried again with growing pauses.
func (in *input) run() {
	defer close(in.ended)
	retry := backoff.Backoff{Min: time.Second, Max: time.Minute}
	for {
		err := in.watch(retry.Reset)
		if in.ctx.Err() != nil {
			return
		}
		in.report(publish.GPIOInput{Error: err.Error()})
		if backoff.Sleep(in.ctx, retry.Pause()) != nil {
			return
		}
	}
}

// repeat is how often an input that stays active says so.
const repeat = 200 * time.Millisecond

// errGone is about a line that has no more edges.
var errGone = errors.New("the line is gone")

// watch reads the line for as long as it can, and calls works when it can.
func (in *input) watch(works func()) error {
	pin, err := in.p.Open(in.chip, in.o.Line, in.o.Debounce)
	if err != nil {
		return err
	}
	defer pin.Close()
	if err := pin.In(in.o.Pull.periph(), periph.BothEdges); err != nil {
		return err
	}
	defer context.AfterFunc(in.ctx, func() { _ = pin.Halt() })()
	works()
	active := in.read(pin)
	in.set(active)
	for in.ctx.Err() == nil {
		edge, err := in.await(pin, active)
		if err != nil || in.ctx.Err() != nil {
			return err
		}
		was := active
		if active = in.read(pin); edge && active == was {
			in.set(!active) // it was otherwise for a moment
		}
		in.set(active)
	}
	return nil
}

// await waits for an edge; of an active input not for long. The error says that there are no more edges.
func (in *input) await(pin Pin, active bool) (edge bool, err error) {
	timeout := time.Duration(-1)
	if active {
		timeout = repeat
	}
	begin := time.Now()
	edge = pin.WaitForEdge(timeout)
	if !edge && (!active || time.Since(begin) < timeout) {
		return false, errGone
	}
	return edge, nil
}

func (in *input) read(pin Pin) (active bool) { return bool(pin.Read()) != in.o.ActiveLow }

// set says whether the input is active.
func (in *input) set(active bool) {
	in.report(publish.GPIOInput{Active: active})
	if active && in.p.Trigger != nil {
		in.p.Trigger(in.name)
	}
}

// report says how the input is.
func (in *input) report(is publish.GPIOInput) {
	in.mu.Lock()
	was := in.is
	in.is = is
	in.mu.Unlock()
	if is == was {
		return
	}
	log := in.p.Log.With(zap.String("input", in.name), zap.String("line", in.o.Line))
	switch {
	case is.Error != was.Error && is.Error != "":
		log.Warn("a pin cannot be read; it is tried again", zap.String("error", is.Error))
	case is.Error != was.Error:
		log.Info("a pin can be read again")
	default:
		log.Debug("an input has changed", zap.Bool("active", is.Active))
	}
	in.p.touch()
}

func (in *input) end() {
	in.stop()
	<-in.ended
}
