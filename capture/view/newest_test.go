package view

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inceptiond/inceptiond/capture/picture"
)

// TestNewest: whoever asks gets the picture that was put last, once, and not one from before an interruption or the end.
func TestNewest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(t)
		l := h.Attach()
		var dst picture.Picture
		after := uint64(0)
		gets := func(when string, want uint64) {
			t.Helper()
			switch got := h.Newest(&dst, after); {
			case got != (want > 0):
				t.Errorf("%s: %t", when, got)
			case got:
				after = dst.Frame().Sequence
				if err := whole(&dst, want); err != nil {
					t.Errorf("%s: %v", when, err)
				}
			}
		}
		gets("nothing was put", 0)
		time.Sleep(holdFor + 1)
		put(h, 1)
		gets("one that waits", 1)
		gets("the same again", 0)
		put(h, 2)
		p := take(t, l, nil, 2)
		gets("one in hand", 2)
		put(h, 3)
		p = take(t, l, p, 3)
		give(t, l, p)
		gets("one that was given back", 3)
		put(h, 4)
		h.Interrupt(errLost)
		gets("interrupted", 0)
		put(h, 5)
		gets("back", 5)
		put(h, 6)
		h.Close(nil)
		gets("the end", 0)
		if err := whole(&dst, 5); err != nil {
			t.Error(err)
		}
	})
}

// TestNewestIsLetGo: the hub holds pictures for those who ask, and for some seconds after that.
func TestNewestIsLetGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(t)
		l := h.Attach()
		var dst picture.Picture
		step := func(sequence uint64) (held bool) {
			put(h, sequence)
			give(t, l, take(t, l, nil, sequence))
			return h.newest.shared != nil
		}
		if step(1) || h.Newest(&dst, 0) {
			t.Error("a picture is held, and nobody has asked")
		}
		if !step(2) || !h.Newest(&dst, 0) {
			t.Error("none is held, and somebody has asked")
		}
		time.Sleep(holdFor)
		if !step(3) {
			t.Error("none is held for so long")
		}
		time.Sleep(time.Nanosecond)
		if step(4) || step(5) {
			t.Error("one is held longer")
		}
	})
}

// give gives a picture back.
func give(t *testing.T, l *Look, p *picture.Picture) {
	t.Helper()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if p, err := l.Take(ended, p); p != nil || err == nil {
		t.Fatalf("Take: %v, %v", p, err)
	}
}
