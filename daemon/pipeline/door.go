package pipeline

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/inceptiond/inceptiond/capture/hours"
)

// Hours say when a camera is used.
type Hours struct {
	Schedule     hours.Schedule // without entries: always
	WithoutClock bool           // what they mean while the machine's clock is not set: open
}

// Closed says that a camera is not to be used for now, and why.
type Closed struct {
	Why   string    // "paused" or "outside its hours"
	Opens time.Time // when it opens by itself; zero: nobody knows
	Unset bool      // that is what its hours mean while the machine's clock is not set
}

// Error is Why, and when it opens.
func (c *Closed) Error() string {
	if short := c.opens(); short != c.Why {
		return c.Why + ", " + short
	}
	return c.Why
}

// opens is the short form of Error.
func (c *Closed) opens() string {
	switch {
	case c.Unset:
		return "the clock is not set"
	case c.Opens.IsZero():
		return c.Why
	}
	return "opens " + c.Opens.UTC().Format(time.RFC3339)
}

// recheck is how long what a schedule says is believed: meanwhile the machine's clock may have been set.
const recheck = 30 * time.Second

// door says whether a camera is to be used now. It may be used from several goroutines at once.
type door struct {
	hours Hours
	set   func() bool // the machine's clock is
	known atomic.Bool // it was so once: it may have no time source any more, but goes on

	mu     sync.Mutex
	paused bool
	moved  chan struct{} // closed when paused changes, and made anew
}

func newDoor(h Hours, set func() bool) *door {
	return &door{hours: h, set: set, moved: make(chan struct{})}
}

// SetPaused closes a camera, or lets it be opened again.
func (d *door) SetPaused(paused bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.paused != paused {
		d.paused = paused
		close(d.moved)
		d.moved = make(chan struct{})
	}
}

// Paused tells whether SetPaused has closed it.
func (d *door) Paused() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.paused
}

// Closed is why the camera is not to be used now; nil: it is.
func (d *door) Closed() *Closed {
	closed, _, _ := d.look(time.Now())
	return closed
}

// look tells how it is now, and what to wait for: a change of paused, or a time, which is zero if there is none.
func (d *door) look(now time.Time) (closed *Closed, moved <-chan struct{}, again time.Time) {
	d.mu.Lock()
	paused, moved := d.paused, d.moved
	d.mu.Unlock()
	if paused {
		return &Closed{Why: "paused"}, moved, time.Time{}
	}
	if len(d.hours.Schedule.Entries) == 0 {
		return nil, moved, time.Time{}
	}
	open, next, set := d.hours.WithoutClock, time.Time{}, d.knowsTime()
	if set {
		open, next = d.hours.Schedule.At(now)
	}
	if again = now.Add(recheck); !next.IsZero() && next.Before(again) {
		again = next
	}
	if !open {
		closed = &Closed{Why: "outside its hours", Opens: next, Unset: !set}
	}
	return closed, moved, again
}

// knowsTime tells whether the machine's clock is set.
func (d *door) knowsTime() bool {
	if !d.known.Load() && d.set() {
		d.known.Store(true)
	}
	return d.known.Load()
}

// unsure is what is to be said of hours that do not count yet; empty: nothing.
func (d *door) unsure() string {
	switch {
	case len(d.hours.Schedule.Entries) == 0 || d.knowsTime():
		return ""
	case d.hours.WithoutClock:
		return "nobody has set the machine's clock: until then the camera is open at any time"
	}
	return "nobody has set the machine's clock: until then the camera is closed at any time"
}

// is tells whether two answers of look are the same for people.
func (c *Closed) is(other *Closed) bool {
	if c == nil || other == nil {
		return c == other
	}
	return *c == *other
}

// while returns a context that ends with ctx, or as soon as it is not as it was; then its cause is errMoved. stop must be
// called, and waits until the goroutine behind it has ended.
func (d *door) while(ctx context.Context, was *Closed) (during context.Context, stop func()) {
	during, cancel := context.WithCancelCause(ctx)
	var watching sync.WaitGroup
	watching.Go(func() {
		for {
			closed, moved, again := d.look(time.Now())
			if !closed.is(was) {
				cancel(errMoved)
				return
			}
			if wait(during, moved, again) != nil {
				return
			}
		}
	})
	return during, func() {
		cancel(nil)
		watching.Wait()
	}
}

// errMoved ends what is only done while a door is as it was.
var errMoved = errors.New("the camera is paused, or its hours begin or end")

// moved tells whether a context of while ended as the door moved.
func moved(during context.Context) bool { return errors.Is(context.Cause(during), errMoved) }

// wait waits for a channel to be closed, or for a moment that is not zero. The error is ctx's.
func wait(ctx context.Context, moved <-chan struct{}, until time.Time) error {
	var alarm <-chan time.Time
	if !until.IsZero() {
		timer := time.NewTimer(time.Until(until))
		defer timer.Stop()
		alarm = timer.C
	}
	select {
	case <-moved:
	case <-alarm:
	case <-ctx.Done():
		return fmt.Errorf("pipeline: %w", ctx.Err())
	}
	return nil
}
