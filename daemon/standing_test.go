package main

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
	"github.com/inceptiond/inceptiond/internal/backoff"
	"github.com/inceptiond/inceptiond/publish"
)

// newStanding also returns the story it tells: "lost (why) online".
func newStanding() (*standing, func() string) {
	var story []string
	s := &standing{log: zap.NewNop(), report: func(state publish.CameraState, err error) {
		if err != nil {
			story = append(story, fmt.Sprintf("%s (%v)", state, err))
			return
		}
		story = append(story, string(state))
	}}
	return s, func() string { return strings.Join(story, " ") }
}

func TestStanding(t *testing.T) {
	s, story := newStanding()
	unplugged, busy := errors.New("unplugged"), errors.New("busy")
	s.lost(unplugged, time.Second)
	s.lost(unplugged, time.Second)
	s.lost(busy, time.Second)
	s.opened(1)
	s.good(&capture.Frame{Sequence: 1})
	s.good(&capture.Frame{Sequence: 2})
	s.lost(busy, time.Second)
	s.good(&capture.Frame{Sequence: 3}) // was on its way
	s.opened(4)
	s.good(&capture.Frame{Sequence: 3}) // likewise
	s.good(&capture.Frame{Sequence: 4})
	if got, want := story(), "lost (unplugged) lost (busy) online lost (busy) online"; got != want {
		t.Errorf("told %q, want %q", got, want)
	}
}

func TestStandingBlind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := newStanding()
		s.opened(1)
		torn := fmt.Errorf("torn: %w", capture.ErrBadFrame)
		damage := func(n int, every time.Duration) {
			for range n {
				s.damaged(torn)
				time.Sleep(every)
			}
		}
		damage(100, 10*time.Millisecond) // many, but not for long
		if err := s.blind(); err != nil {
			t.Errorf("after a second: %v", err)
		}
		s.good(&capture.Frame{Sequence: 1})
		damage(blindFrames-1, time.Minute) // long, but only a few
		if err := s.blind(); err != nil {
			t.Errorf("after a few frames: %v", err)
		}
		damage(1, 0)
		if err := s.blind(); !errors.Is(err, capture.ErrLost) || !strings.Contains(err.Error(), "torn") {
			t.Errorf("after %d frames: %v", blindFrames, err)
		}
		s.opened(100)
		if err := s.blind(); err != nil {
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
			r := newRig(t, new(meanEngine))
			r.camera.keepAll = keepAll
			r.camera.standing.log, r.camera.standing.report = zap.NewNop(), r.camera.report
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			err := r.camera.readFrame(ctx, torn{}, r.camera.hub.Blank())
			if want := !keepAll; errors.Is(err, capture.ErrLost) != want {
				t.Errorf("keepAll %v: %v; want lost: %v", keepAll, err, want)
			}
		})
	}
}
