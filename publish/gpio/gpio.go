// Package gpio switches pins by what cameras are said to show, and reads others, which open the gates of cameras.
//
// A [Publisher] takes decisions and the states of cameras from the same stream of messages as every other publisher, and
// says in that stream how the pins are. Each pin has a goroutine of its own: a chip that hangs holds up nobody else. A line
// that cannot be had is asked for again with growing pauses; it never ends the daemon. When an output is on is for a
// machine without clock and pins to say, machine.go.
package gpio

import (
	"context"
	"maps"
	"reflect"
	"sync"
	"time"

	"go.uber.org/zap"
	periph "periph.io/x/conn/v3/gpio"

	"github.com/inceptiond/inceptiond/internal/gpiochip"
	"github.com/inceptiond/inceptiond/publish"
)

// Pin is a line that can be given back.
type Pin interface {
	periph.PinIO
	Close() error
}

// Surroundings are what a publisher works with.
type Surroundings struct {
	Out publish.Publisher // gets publish.GPIOStatus; it may give messages to this publisher
	Log *zap.Logger

	// Trigger is called with the name of an input that has become active, and several times a second while it is active.
	// It must not block for long. nil: nobody is told.
	Trigger func(input string)

	// Open finds a line; nil: on this machine. It asks for nothing.
	Open func(chip, line string, debounce time.Duration) (Pin, error)
}

// Publisher has the pins at work. It is a publish.Publisher that takes decisions and the states of cameras.
type Publisher struct {
	Surroundings
	changed chan struct{} // holds a token when a pin may have changed
	stop    chan struct{} // closed to end the teller
	told    chan struct{} // closed when it has told for the last time

	mu      sync.Mutex
	options Options
	outputs map[string]*output // by line
	inputs  map[string]*input  // by name
	cameras map[string]seen
	closed  bool
}

// seen is the newest that was heard of a camera.
type seen struct {
	state    publish.CameraState
	decision *publish.Decision
	open     bool // it counts things of labels that are not known beforehand
}

var _ publish.Publisher = (*Publisher)(nil)

// Open puts pins to work. Outputs have their safe levels when it returns, unless their lines cannot be had, or their chips
// are very slow. The error of a line is told, tried again, and none of Open's.
func Open(o Options, s Surroundings) *Publisher {
	if s.Open == nil {
		s.Open = openLine
	}
	p := &Publisher{
		Surroundings: s, cameras: map[string]seen{}, outputs: map[string]*output{}, inputs: map[string]*input{},
		changed: make(chan struct{}, 1), stop: make(chan struct{}), told: make(chan struct{}),
	}
	p.Update(o)
	go p.tell()
	return p
}

func openLine(chip, line string, debounce time.Duration) (Pin, error) {
	place, err := gpiochip.Locate(chip, line)
	if err != nil {
		return nil, err
	}
	return gpiochip.New(place, gpiochip.Options{Debounce: debounce}), nil
}

// Update has other options take the place of those so far. Lines that are in both for the same are not touched; an output
// that is on stays so if it still should. It must not be called by several goroutines at once, nor with Close.
func (p *Publisher) Update(next Options) {
	p.retire(next)
	p.mu.Lock()
	var fresh []*output
	for name, o := range next.Outputs {
		at := p.outputs[o.Line]
		if at != nil {
			at.change(name, o, p.cameras[o.Camera])
			continue
		}
		at = newOutput(p, name, o, next, p.cameras[o.Camera])
		p.outputs[o.Line] = at
		fresh = append(fresh, at)
		go at.run()
	}
	for name, o := range next.Inputs {
		if p.inputs[name] == nil {
			in := newInput(p, name, next.Chip, o)
			p.inputs[name] = in
			go in.run()
		}
	}
	p.options = next
	p.mu.Unlock()
	wait(fresh)
	p.touch()
}

// wait waits until outputs have switched for the first time, but not long: a chip may hang.
func wait(fresh []*output) {
	late := time.After(time.Second)
	for _, o := range fresh {
		select {
		case <-o.tried:
		case <-late:
			return
		}
	}
}

// retire ends the pins that next has not, or otherwise, and returns when their lines are free.
func (p *Publisher) retire(next Options) {
	p.mu.Lock()
	var ending []interface{ end() }
	other := next.Chip != p.options.Chip
	wanted := map[string]bool{}
	for _, o := range next.Outputs {
		wanted[o.Line] = true
	}
	for line, o := range p.outputs {
		if !wanted[line] || other || next.DryRun != p.options.DryRun {
			ending = append(ending, o)
			delete(p.outputs, line)
		}
	}
	for name, in := range p.inputs {
		if o, ok := next.Inputs[name]; !ok || other || !reflect.DeepEqual(o, in.o) {
			ending = append(ending, in)
			delete(p.inputs, name)
		}
	}
	p.mu.Unlock()
	endAll(ending)
}

// endAll ends pins, all at once.
func endAll(pins []interface{ end() }) {
	var ending sync.WaitGroup
	for _, pin := range pins {
		ending.Go(pin.end)
	}
	ending.Wait()
}

// Publish tells the outputs what a camera shows, and how it is.
func (p *Publisher) Publish(_ context.Context, m publish.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return publish.ErrClosed
	}
	switch m := m.(type) {
	case publish.Inventory:
		p.list(m)
	case publish.CameraStatus:
		camera := p.cameras[m.Camera]
		camera.state = m.State
		if m.State == publish.CameraStopped {
			camera.decision = nil // one of that name that comes later is another
		}
		p.cameras[m.Camera] = camera
		p.each(m.Camera, func(machine *machine) { machine.is(m.State) })
	case publish.Decision:
		camera := p.cameras[m.Camera]
		camera.decision = &m
		p.cameras[m.Camera] = camera
		now := time.Now()
		p.each(m.Camera, func(machine *machine) { machine.decided(&m, now) })
	}
	return nil
}

// list notes which cameras there are. It is called with mu held.
func (p *Publisher) list(i publish.Inventory) {
	maps.DeleteFunc(p.cameras, func(name string, _ seen) bool { return !i.Has(name) })
	for _, l := range i.Cameras {
		camera := p.cameras[l.Name]
		camera.open = l.CountsMore
		p.cameras[l.Name] = camera
		p.each(l.Name, func(machine *machine) { machine.open = l.CountsMore })
	}
}

// each changes the machines of all outputs of a camera. It is called with mu held.
func (p *Publisher) each(camera string, change func(*machine)) {
	for _, o := range p.outputs {
		o.with(func(m *machine) bool {
			if m.o.Camera != camera || m.o.Mode == Heartbeat {
				return false
			}
			change(m)
			return true
		})
	}
}

// Beat says whether the daemon is well. It should be called at least once a second.
func (p *Publisher) Beat(well bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	for _, o := range p.outputs {
		o.with(func(m *machine) bool {
			m.beat(well, now)
			return m.o.Mode == Heartbeat
		})
	}
}

// Close has all outputs safe, gives all lines back, and says so. A pin whose chip hangs is left behind.
func (p *Publisher) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		<-p.told
		return nil
	}
	p.closed = true
	ending := make([]interface{ end() }, 0, len(p.outputs)+len(p.inputs))
	for o := range maps.Values(p.outputs) {
		ending = append(ending, o)
	}
	for in := range maps.Values(p.inputs) {
		ending = append(ending, in)
	}
	p.mu.Unlock()
	ended := make(chan struct{})
	go func() { endAll(ending); close(ended) }()
	select {
	case <-ended:
	case <-time.After(patience):
		p.Log.Error("a pin hangs", zap.Duration("waited", patience))
	}
	close(p.stop)
	<-p.told
	return nil
}

// patience is how long Close waits for pins.
const patience = 2 * time.Second
