// Package pump turns a blocking stream, such as a pipe or a network connection, into the Read of a capture.Source: one
// that ends with its context, notices silence, and can be closed at any time.
package pump

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/inceptiond/inceptiond/capture"
)

// Pump reads frames in a goroutine of its own and hands them over one at a time. Two frames circulate: one is being
// filled while the other is copied out. It implements capture.Source except for Close.
type Pump struct {
	name    string
	timeout time.Duration

	full  chan item           // out; the goroutine sends
	empty chan *capture.Frame // in; Read gives back
	quit  chan struct{}       // closed by Stop
	done  chan struct{}       // closed when the goroutine has ended
	stop  sync.Once

	// Of the goroutine that reads.
	timer   *time.Timer
	pending *item     // read by Wait and not given out yet
	waiting time.Time // since when a good frame is missing; zero after a good frame
	bad     error     // the last bad frame since then; nil if none came
	format  capture.Format
	end     error // the error that ended the stream
}

type item struct {
	frame *capture.Frame // nil with an error that ends the stream
	err   error
}

// Start calls fill again and again, from one goroutine, until it returns an error other than capture.ErrBadFrame or
// Stop is called. fill blocks until there is a frame and sets its Pix, Format and Name. Errors of the pump itself start
// with name. timeout is how long a good frame may be missing.
func Start(name string, timeout time.Duration, fill func(*capture.Frame) error) *Pump {
	p := &Pump{
		name:    name,
		timeout: timeout,
		full:    make(chan item),
		empty:   make(chan *capture.Frame, 2),
		quit:    make(chan struct{}),
		done:    make(chan struct{}),
		timer:   time.NewTimer(timeout),
	}
	p.empty <- new(capture.Frame)
	p.empty <- new(capture.Frame)
	go p.run(fill)
	return p
}

func (p *Pump) run(fill func(*capture.Frame) error) {
	defer close(p.done)
	for sequence := uint64(1); ; sequence++ {
		var it item
		select {
		case it.frame = <-p.empty:
		case <-p.quit:
			return
		}
		it.err = fill(it.frame)
		it.frame.Sequence, it.frame.Time = sequence, time.Now()
		select {
		case p.full <- it:
		case <-p.quit:
			return
		}
		if it.err != nil && !errors.Is(it.err, capture.ErrBadFrame) {
			return
		}
	}
}

// Format is that of the last frame that Read or Wait has seen.
func (p *Pump) Format() capture.Format { return p.format }

// Wait returns once the first good frame is there, which Read then gives out, or with the error that Read would return.
func (p *Pump) Wait(ctx context.Context) error {
	for {
		it, err := p.next(ctx)
		if err != nil {
			return err
		}
		if it.err == nil {
			p.pending = &it
			p.format = it.frame.Format
			return nil
		}
		p.empty <- it.frame
	}
}

// Read implements capture.Source.
func (p *Pump) Read(ctx context.Context, f *capture.Frame) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-p.quit:
		return p.closed()
	default:
	}
	it, err := p.next(ctx)
	if err != nil {
		return err
	}
	pix := append(f.Pix[:0], it.frame.Pix...)
	*f = *it.frame
	f.Pix = pix
	p.empty <- it.frame
	if it.err != nil {
		return it.err
	}
	p.format = f.Format
	return nil
}

// next waits for an item with a frame, good or bad.
func (p *Pump) next(ctx context.Context) (item, error) {
	if p.end != nil {
		return item{}, p.end
	}
	if it := p.pending; it != nil {
		p.pending = nil
		return *it, nil
	}
	if p.waiting.IsZero() {
		p.waiting = time.Now()
	}
	p.timer.Reset(time.Until(p.waiting.Add(p.timeout)))
	defer p.timer.Stop()
	select {
	case it := <-p.full:
		return p.received(it)
	case <-p.timer.C:
		p.end = p.silence()
		return item{}, p.end
	case <-ctx.Done():
		return item{}, ctx.Err()
	case <-p.quit:
		return item{}, p.closed()
	}
}

// received keeps the watchdog and the end of the stream.
func (p *Pump) received(it item) (item, error) {
	switch {
	case it.err == nil:
		p.waiting, p.bad = time.Time{}, nil
	case errors.Is(it.err, capture.ErrBadFrame):
		p.bad = it.err
	default:
		p.end = it.err
		return item{}, p.end
	}
	return it, nil
}

// silence is the watchdog's error. A source that sends nothing but rubbish is as lost as a silent one: the rubbish
// tells why.
func (p *Pump) silence() error {
	if p.bad == nil {
		return fmt.Errorf("%s: no frame for %v: %w", p.name, p.timeout, capture.ErrLost)
	}
	last := strings.TrimPrefix(p.bad.Error(), p.name+": ")
	return fmt.Errorf("%s: no good frame for %v, the last one: %s: %w", p.name, p.timeout, last, capture.ErrLost)
}

func (p *Pump) closed() error { return fmt.Errorf("%s: read: %w", p.name, os.ErrClosed) }

// Stop makes Read return. The goroutine ends when fill returns: the owner unblocks fill and then calls Join.
func (p *Pump) Stop() { p.stop.Do(func() { close(p.quit) }) }

// Join waits for the goroutine. Call Stop first.
func (p *Pump) Join() { <-p.done }
