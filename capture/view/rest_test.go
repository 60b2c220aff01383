package view

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestRest: pictures do not end it; an interruption does, and takes nothing away from Take.
func TestRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(t)
		l := h.Attach()
		begin := time.Now()
		go func() {
			for sequence := uint64(1); sequence <= 3; sequence++ {
				time.Sleep(time.Second)
				put(h, sequence)
			}
			time.Sleep(3 * time.Second)
			h.Interrupt(errLost)
		}()
		if err := l.Rest(t.Context(), 5*time.Second); err != nil || time.Since(begin) != 5*time.Second {
			t.Errorf("among pictures: %v after %v, want 5s", err, time.Since(begin))
		}
		err := l.Rest(t.Context(), time.Hour)
		if i := (*Interruption)(nil); !errors.As(err, &i) || i.Reason != errLost || time.Since(begin) != 6*time.Second {
			t.Errorf("interrupted: %v after %v, want 6s", err, time.Since(begin))
		}
		if err := l.Rest(t.Context(), time.Hour); !errors.Is(err, errLost) || time.Since(begin) != 6*time.Second {
			t.Errorf("interrupted before: %v after %v, want at once", err, time.Since(begin))
		}
		p := take(t, l, nil, 3)
		if l.Interrupted() != errLost {
			t.Error("the picture is not said to be left over")
		}
		takeError(t, l, p, errLost)
		if err := l.Interrupted(); err != nil {
			t.Errorf("interrupted (%v) after it was told", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := l.Rest(ctx, time.Hour); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the end of ctx: %v", err)
		}
	})
}

// TestWaiting: the time goes on when a newer picture takes the place of the one that waits.
func TestWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(t)
		l := h.Attach()
		waits := func(want time.Duration) {
			t.Helper()
			if since := l.Waiting(); since.IsZero() || time.Since(since) != want {
				t.Errorf("waiting since %v, want for %v", since, want)
			}
		}
		if since := l.Waiting(); !since.IsZero() {
			t.Errorf("waiting since %v, and there was no picture", since)
		}
		put(h, 1)
		time.Sleep(time.Second)
		put(h, 2)
		waits(time.Second)
		p := take(t, l, nil, 2)
		if since := l.Waiting(); !since.IsZero() {
			t.Errorf("waiting since %v, and all were taken", since)
		}
		put(h, 3)
		waits(0)
		take(t, l, p, 3)
	})
}
