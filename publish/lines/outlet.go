package lines

import (
	"context"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

const (
	maxWaiting = 256                    // lines that wait for a reader that stands still
	grace      = 300 * time.Millisecond // for what waits when its context has ended, or on Close
)

// outlet writes lines in a goroutine of its own: a reader that stands still (Ctrl-S at a terminal, a program that is
// busy) must not hold up the cameras.
type outlet struct {
	lines  chan line
	done   chan struct{} // closed when the goroutine has ended
	missed atomic.Int64  // lines left out since the last that was written

	mu  sync.Mutex
	err error // of the first write that went wrong
}

// line is one Write. written, if not nil, has room for its error.
type line struct {
	text    []byte
	written chan error
}

// newOutlet starts the goroutine that writes to w; close ends it. gap makes the line that tells how many are missing
// before the next; nil: nothing tells.
func newOutlet(w io.Writer, gap func(missed int64) []byte) *outlet {
	o := &outlet{lines: make(chan line, maxWaiting), done: make(chan struct{})}
	go o.run(w, gap)
	return o
}

// offer takes text if there is room, and else counts it as missed. It never waits; its error is that of an earlier line.
func (o *outlet) offer(text []byte) error {
	if err := o.failed(); err != nil {
		return err
	}
	select {
	case o.lines <- line{text: text}:
	default:
		o.missed.Add(1)
	}
	return nil
}

// put waits until text has been written, or ctx has ended for a moment.
func (o *outlet) put(ctx context.Context, text []byte) error {
	if err := o.failed(); err != nil {
		return err
	}
	ctx, stop := outlive(ctx, grace)
	defer stop()
	written := make(chan error, 1)
	select {
	case o.lines <- line{text, written}:
	case <-ctx.Done():
		return fmt.Errorf("the reader stands still: %w", ctx.Err())
	}
	select {
	case err := <-written:
		return err
	case <-ctx.Done():
		return fmt.Errorf("the reader stands still: %w", ctx.Err())
	}
}

// outlive is a context that ends a while after ctx.
func outlive(ctx context.Context, while time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(while, cancel) })
	return longer, func() { stop(); cancel() }
}

func (o *outlet) failed() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

// run writes until the channel is closed; after an error it only empties it.
func (o *outlet) run(w io.Writer, gap func(int64) []byte) {
	defer close(o.done)
	var err error
	for l := range o.lines {
		if n := o.missed.Swap(0); n > 0 && gap != nil {
			l.text = append(gap(n), l.text...)
		}
		if err == nil {
			if _, err = w.Write(l.text); err != nil {
				o.mu.Lock()
				o.err = err
				o.mu.Unlock()
			}
		}
		if l.written != nil {
			l.written <- err
		}
	}
}

// close writes what waits, for a moment: a reader that never moves again keeps the goroutine until the process ends.
// Neither offer nor put may follow.
func (o *outlet) close() {
	close(o.lines)
	select {
	case <-o.done:
	case <-time.After(grace):
	}
}
