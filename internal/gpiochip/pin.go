package gpiochip

import (
	"cmp"
	"fmt"
	"os"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/physic"
)

// Consumer is what others see as the user of our lines.
const Consumer = "inceptiond"

// Options say how to have a line.
type Options struct {
	Consumer string        // what others see as its user, at most 31 bytes of it; empty: Consumer
	Debounce time.Duration // of an input: the kernel leaves out what is shorter; 0: nothing
}

// Pin is a line as a gpio.PinIO. Its methods may be called by several goroutines at once.
type Pin struct {
	place   Place
	options Options

	mu     sync.Mutex
	line   *line  // nil until it was asked for
	config config // of line
	halted bool
}

var _ gpio.PinIO = (*Pin)(nil)

// config is how a line is to be.
type config struct {
	output   bool
	level    gpio.Level // of an output
	pull     gpio.Pull  // of an input
	edge     gpio.Edge
	debounce time.Duration
}

// line is a line that the kernel has given us. Its file has the edges to read.
type line struct{ file *os.File }

// New makes a pin of a line. Nothing is asked of the kernel yet.
func New(p Place, o Options) *Pin { return &Pin{place: p, options: o} }

// Out makes the line an output with a level, or changes that of an output.
func (p *Pin) Out(l gpio.Level) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.line == nil || !p.config.output {
		return p.configure(config{output: true, level: l})
	}
	if err := p.line.set(l); err != nil {
		return fmt.Errorf("gpiochip: %v: %w", p, err)
	}
	p.config.level = l
	return nil
}

// In makes the line an input. The pulls of many chips cannot be changed, which is no error.
func (p *Pin) In(pull gpio.Pull, edge gpio.Edge) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := p.configure(config{pull: pull, edge: edge, debounce: p.options.Debounce})
	p.halted = p.halted && err != nil
	return err
}

// configure asks for the line, or changes it, which ends a WaitForEdge. It is called with mu held.
func (p *Pin) configure(c config) (err error) {
	if p.line == nil {
		p.line, err = request(p.place, cmp.Or(p.options.Consumer, Consumer), c)
	} else {
		p.wake()
		err = p.line.configure(c)
	}
	if err == nil {
		p.config = c
	}
	return err
}

// Read is the level: of an output the last that it was given, which is not read back; of an input that the kernel will not
// tell, Low.
func (p *Pin) Read() gpio.Level {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.line == nil || p.config.output {
		return p.config.level
	}
	l, err := p.line.get()
	return l && err == nil
}

// WaitForEdge waits until there has been an edge of the kind that In has named, but no longer than timeout; a negative one
// is for ever. It is false after the timeout, after Halt, In, Out and Close, and if the chip is gone, as far as the kernel
// tells: older ones let the wait go on.
func (p *Pin) WaitForEdge(timeout time.Duration) bool {
	f := p.edges(timeout)
	if f == nil {
		return false
	}
	var events [maxEvents * eventSize]byte
	n, err := f.Read(events[:])
	return err == nil && n > 0
}

// The kernel keeps so many edges of a line, of so many bytes each (struct gpio_v2_line_event in linux/gpio.h).
const (
	maxEvents = 16
	eventSize = 48
)

// edges is what to read edges from; nil if there is nothing to wait for.
func (p *Pin) edges(timeout time.Duration) *os.File {
	p.mu.Lock()
	defer p.mu.Unlock()
	var until time.Time
	if timeout >= 0 {
		until = time.Now().Add(timeout)
	}
	if p.line == nil || p.config.edge == gpio.NoEdge || p.halted || p.line.file.SetReadDeadline(until) != nil {
		return nil
	}
	return p.line.file
}

// wake ends a WaitForEdge. It is called with mu held.
func (p *Pin) wake() { _ = p.line.file.SetReadDeadline(time.Unix(1, 0)) } // has passed

// Halt ends WaitForEdge, now and until the next In. The line stays as it is.
func (p *Pin) Halt() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.halted = true
	if p.line != nil {
		p.wake()
	}
	return nil
}

// Close gives the line back, and ends WaitForEdge. What an output is from then on is the chip's matter: Raspberry Pi's
// kernel leaves it as it is, others make an input of it. The pin may be used again.
func (p *Pin) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.line == nil {
		return nil
	}
	err := p.line.file.Close()
	p.line, p.config = nil, config{}
	return err
}

// String is the pin for people: line 17 of gpiochip0.
func (p *Pin) String() string { return p.place.String() }

// Name is that of the line; without one it is as String.
func (p *Pin) Name() string {
	if p.place.Name == "" {
		return p.String()
	}
	return p.place.Name
}

// Number is the line's on its chip.
func (p *Pin) Number() int { return p.place.Offset }

// Function is "In" or "Out", or empty while we have not got the line.
func (p *Pin) Function() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.line == nil:
		return ""
	case p.config.output:
		return "Out"
	}
	return "In"
}

// Pull is what In was told.
func (p *Pin) Pull() gpio.Pull {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.config.pull
}

// DefaultPull is unknown.
func (p *Pin) DefaultPull() gpio.Pull { return gpio.PullNoChange }

// PWM is an error: the kernel has it elsewhere.
func (p *Pin) PWM(gpio.Duty, physic.Frequency) error {
	return fmt.Errorf("gpiochip: %v: PWM is not for this kind of pin", p)
}
