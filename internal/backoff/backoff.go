// Package backoff is the pauses between attempts at something that may be mended meanwhile.
package backoff

import (
	"context"
	"math/rand/v2"
	"time"
)

// Backoff is a pause that doubles from Min to Max, with up to a fifth of it taken off at random so that many who wait
// do not come back in step. It is not for concurrent use.
type Backoff struct {
	Min, Max time.Duration

	next time.Duration
}

// Pause is how long to wait now.
func (b *Backoff) Pause() time.Duration {
	d := max(b.next, b.Min)
	b.next = min(2*d, b.Max)
	return d - rand.N(d/5+1)
}

// Reset begins again with the shortest pause.
func (b *Backoff) Reset() { b.next = 0 }

// Sleep waits for d, or until ctx ends: then it returns ctx's error.
func Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
