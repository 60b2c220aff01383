package pipeline

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/infer/infertest"
	"github.com/inceptiond/inceptiond/internal/backoff"
	"github.com/inceptiond/inceptiond/publish"
)

// newHealth also returns the story it tells: "lost (why) online".
func newHealth() (*health, func() string) {
	var story []string
	h := &health{log: zap.NewNop(), report: func(state publish.CameraState, _ time.Time, err error) {
		if err != nil {
			story = append(story, fmt.Sprintf("%s (%v)", state, err))
			return
		}
		story = append(story, string(state))
	}}
	return h, func() string { return strings.Join(story, " ") }
}

func TestHealth(t *testing.T) {
	h, story := newHealth()
	unplugged, busy := errors.New("unplugged"), errors.New("busy")
	h.lost(unplugged)
	h.lost(unplugged)
	h.lost(busy)
	h.opened(1)
	h.good(&capture.Frame{Sequence: 1})
	h.good(&capture.Frame{Sequence: 2})
	h.lost(busy)
	h.good(&capture.Frame{Sequence: 3}) // was on its way
	h.opened(4)
	h.good(&capture.Frame{Sequence: 3}) // likewise
	h.good(&capture.Frame{Sequence: 4})
	if got, want := story(), "lost (unplugged) lost (busy) online lost (busy) online"; got != want {
		t.Errorf("told %q, want %q", got, want)
	}
}

func TestHealthBlind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := newHealth()
		h.opened(1)
		torn := fmt.Errorf("torn: %w", capture.ErrBadFrame)
		damage := func(n int, every time.Duration) {
			for range n {
				h.damaged(torn)
				time.Sleep(every)
			}
		}
		damage(100, 10*time.Millisecond) // many, but not for long
		if err := h.blind(); err != nil {
			t.Errorf("after a second: %v", err)
		}
		h.good(&capture.Frame{Sequence: 1})
		damage(blindFrames-1, time.Minute) // long, but only a few
		if err := h.blind(); err != nil {
			t.Errorf("after a few frames: %v", err)
		}
		damage(1, 0)
		if err := h.blind(); !errors.Is(err, capture.ErrLost) || !strings.Contains(err.Error(), "torn") {
			t.Errorf("after %d frames: %v", blindFrames, err)
		}
		h.opened(100)
		if err := h.blind(); err != nil {
			t.Errorf("after it was opened again: %v", err)
		}
	})
}

// torn is a source whose frames are all damaged.
type torn struct{ capture.Source }

func (torn) Read(ctx context.Context, f *capture.Frame) error {
	return errors.Join(backoff.Sleep(ctx, time.Second), fmt.Errorf("torn: %w", capture.ErrBadFrame))
}

func (torn) Close() error { return nil }

// A camera that sends nothing but damaged frames is lost; a folder of broken pictures is not.
func TestOnlyDamagedFrames(t *testing.T) {
	for _, keepAll := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			r := newRigOf(t, infertest.NewMean(nil), 0, Options{Opener: openers(), KeepAll: keepAll})
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			err := r.camera.readFrame(ctx, torn{}, r.camera.hub.Blank())
			if want := !keepAll; errors.Is(err, capture.ErrLost) != want {
				t.Errorf("keepAll %v: %v; want lost: %v", keepAll, err, want)
			}
		})
	}
}
