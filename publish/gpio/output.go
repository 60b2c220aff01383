package gpio

import (
	"sync"
	"time"

	"go.uber.org/zap"
	periph "periph.io/x/conn/v3/gpio"

	"github.com/inceptiond/inceptiond/internal/backoff"
	"github.com/inceptiond/inceptiond/publish"
)

// output is an output at work. Its goroutine, run, owns the pin.
type output struct {
	p          *Publisher
	chip, line string
	dry        bool
	tried      chan struct{} // closed when it has switched for the first time, or could not
	poke       chan struct{} // holds a token when the machine has news
	stop       chan struct{} // closed to end it
	ended      chan struct{} // closed when it has

	mu      sync.Mutex
	name    string
	machine *machine
	is      publish.GPIOOutput

	// Run's own.
	pin   Pin // nil: the line is not ours
	level periph.Level
	err   error     // why not
	again time.Time // when it is asked for again
	retry backoff.Backoff
}

func newOutput(p *Publisher, name string, o Output, all Options, camera seen) *output {
	out := &output{
		p: p, chip: all.Chip, line: o.Line, dry: all.DryRun, name: name, machine: newMachine(o, time.Now()),
		tried: make(chan struct{}), poke: make(chan struct{}, 1), stop: make(chan struct{}), ended: make(chan struct{}),
		retry: backoff.Backoff{Min: time.Second, Max: time.Minute},
	}
	out.machine.hear(camera, time.Now())
	return out
}

// change gives the line another name and use. What is on stays on if it still should.
func (o *output) change(name string, options Output, camera seen) {
	o.with(func(m *machine) bool {
		o.name = name
		m.become(options, camera, time.Now())
		return true
	})
}

// with changes the machine, and has it take effect if that is true.
func (o *output) with(change func(*machine) bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if change(o.machine) {
		select {
		case o.poke <- struct{}{}:
		default:
		}
	}
}

func (o *output) status() (name string, is publish.GPIOOutput) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.name, o.is
}

// run switches the line until the output is ended.
func (o *output) run() {
	defer close(o.ended)
	timer := time.NewTimer(0)
	defer timer.Stop()
	first := true
	for {
		select {
		case <-o.stop:
			o.leave()
			return
		case <-o.poke:
		case <-timer.C:
		}
		next := o.follow(time.Now())
		if first {
			first = false
			close(o.tried)
		}
		if next.IsZero() {
			timer.Stop()
		} else {
			timer.Reset(time.Until(next))
		}
	}
}

// follow has the line as the machine says, and returns when to do so again; zero: when there is news.
func (o *output) follow(now time.Time) (next time.Time) {
	o.mu.Lock()
	out := o.machine.step(now)
	level := o.machine.o.level(out.on)
	o.mu.Unlock()
	err := o.put(level, now)
	is := publish.GPIOOutput{On: out.on || out.beats, Reason: out.reason}
	if err != nil {
		is.On, is.Error = false, err.Error()
		out.next = sooner(out.next, o.again)
	}
	o.report(is)
	return out.next
}

// put gives the line a level, and asks for the line if it is not ours.
func (o *output) put(level periph.Level, now time.Time) error {
	switch {
	case o.dry || o.pin != nil && level == o.level:
		return nil
	case o.pin == nil && now.Before(o.again):
		return o.err
	}
	pin, err := o.pin, error(nil)
	if pin == nil {
		pin, err = o.p.Open(o.chip, o.line, 0)
	}
	if err == nil {
		err = pin.Out(level)
	}
	if err == nil {
		o.pin, o.level = pin, level
		o.retry.Reset()
		return nil
	}
	if pin != nil {
		_ = pin.Close() // it is of no use any more
	}
	o.pin, o.err, o.again = nil, err, now.Add(o.retry.Pause())
	return err
}

// report says how the output is.
func (o *output) report(is publish.GPIOOutput) {
	o.mu.Lock()
	was, name := o.is, o.name
	o.is = is
	o.mu.Unlock()
	if is == was {
		return
	}
	log := o.p.Log.With(zap.String("output", name), zap.String("line", o.line))
	switch {
	case is.Error != was.Error && is.Error != "":
		log.Warn("a pin cannot be switched; it is tried again", zap.String("error", is.Error))
	case is.Error != was.Error:
		log.Info("a pin can be switched again")
	case is.On != was.On && o.dry:
		log.Info("a pin would be switched", zap.Bool("on", is.On), zap.String("reason", is.Reason))
	case is.On != was.On:
		log.Debug("a pin is switched", zap.Bool("on", is.On), zap.String("reason", is.Reason))
	}
	o.p.touch()
}

// leave has the line safe, and gives it back.
func (o *output) leave() {
	o.mu.Lock()
	options := o.machine.o
	o.mu.Unlock()
	is := publish.GPIOOutput{On: options.Safe, Reason: "the daemon has stopped"}
	if err := o.put(options.level(options.Safe), time.Now()); err != nil {
		is.On, is.Error = false, err.Error()
	}
	if o.pin != nil {
		if err := o.pin.Close(); err != nil {
			o.p.Log.Warn("a pin is not given back in good order", zap.String("line", o.line), zap.Error(err))
		}
	}
	o.report(is)
}

func (o *output) end() {
	close(o.stop)
	<-o.ended
}
