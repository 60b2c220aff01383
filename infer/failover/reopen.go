package failover

import (
	"context"
	"fmt"
	"time"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/internal/backoff"
)

// lose takes primary away after a run that ended with err, and has another one opened.
func (e *Engine) lose(primary Primary, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if time.Since(e.since) >= e.pace.stable {
		e.retry.Reset()
		e.status.Losses = 0
	}
	e.primary = nil
	e.lost(err, primary.Close)
}

// lost says that there is no primary, and starts the goroutine that opens one after it has ended the old one: that may
// take a moment, and the frame waits. It is called with mu held.
func (e *Engine) lost(reason error, end func() error) {
	e.status.Losses++
	e.status.Attempts = 0
	wait := e.without(reason)
	e.reopening.Go(func() {
		_ = end() // how it ends is of no interest any more
		e.reopen(wait)
	})
}

// without tells that there is no primary for a reason, and how long to wait before the next attempt. It is called with
// mu held.
func (e *Engine) without(reason error) time.Duration {
	e.status.State, e.status.Reason, e.status.RetryIn = Down, reason, e.retry.Pause()
	if e.options.Standby != nil {
		e.status.State = Standby
	}
	e.notify()
	return e.status.RetryIn
}

// reopen opens primaries until one is good or the Engine is closed.
func (e *Engine) reopen(wait time.Duration) {
	for backoff.Sleep(e.ctx, wait) == nil {
		primary, err := e.open(e.ctx)
		if e.ctx.Err() != nil {
			if err == nil {
				_ = primary.Close()
			}
			return
		}
		e.mu.Lock()
		if err == nil {
			e.status.Restarts++
			e.install(primary)
			e.mu.Unlock()
			return
		}
		e.status.Attempts++
		wait = e.without(err)
		e.mu.Unlock()
	}
}

// install makes primary the one that answers. It is called with mu held.
func (e *Engine) install(primary Primary) {
	e.primary, e.since = primary, time.Now()
	e.status.State, e.status.Reason, e.status.RetryIn, e.status.Attempts = Running, nil, 0, 0
	e.notify()
}

func (e *Engine) notify() {
	if e.options.Notify != nil {
		e.options.Notify(e.status)
	}
}

// open opens a primary and has it show that it is good.
func (e *Engine) open(ctx context.Context) (Primary, error) {
	ctx, cancel := context.WithTimeout(ctx, e.pace.open+e.pace.first)
	defer cancel()
	primary, err := e.options.Open(ctx)
	if err != nil {
		return nil, err
	}
	if err := e.examine(ctx, primary); err != nil {
		_ = primary.Close()
		return nil, err
	}
	return primary, nil
}

// examine checks primary's tensors and its answer to the known input. Without a standby, the first primary says what
// they have to be.
func (e *Engine) examine(ctx context.Context, primary Primary) error {
	primary.SetDeadline(max(e.options.Deadline, e.pace.first)) // the first run may prepare things
	begin := time.Now()
	if e.known.in == nil {
		e.take(primary)
		if err := e.known.ask(ctx, primary); err != nil {
			return fmt.Errorf("failover: first run: %w", err)
		}
		return nil
	}
	if err := e.checkPrimary(primary); err != nil {
		return err
	}
	got := infer.Buffers(e.outputs)
	if _, err := primary.Run(ctx, e.known.in, got); err != nil {
		return fmt.Errorf("failover: self-test: %w", err)
	}
	e.times.add(time.Since(begin))
	return e.known.check(got, e.options.Levels, e.options.Own)
}
