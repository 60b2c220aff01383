package main

import (
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/publish"
)

// A camera whose frames are all damaged is as lost as one that sends none: after so many in a row, and so long.
const (
	blindFrames = 10
	blindTime   = 5 * time.Second
)

// standing is how a camera is, as both of its goroutines see it: the one that reads knows whether frames come, the one
// that classifies whether they can be decoded. Changes go to the log and to the publishers, in order.
type standing struct {
	log    *zap.Logger
	report func(publish.CameraState, error)

	mu     sync.Mutex
	first  uint64    // the number that the first frame since the source was opened has
	open   bool      // the source is open, as far as we know
	online bool      // a frame of it was good
	reason string    // the last reported error; "" since the last good frame
	bad    int       // damaged frames in a row
	since  time.Time // when the first of them came
	last   error     // what was wrong with the last of them
}

// opened says that the source is open, and that its frames have numbers from first on.
func (s *standing) opened(first uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.first, s.open, s.bad = first, true, 0
}

// good says that f could be read. A frame that was left over from before the source was lost tells nothing.
func (s *standing) good(f *capture.Frame) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.open || f.Sequence < s.first {
		return
	}
	s.bad, s.reason = 0, ""
	if !s.online {
		s.online = true
		s.log.Info("camera online", zap.Stringer("format", f.Format))
		s.report(publish.CameraOnline, nil)
	}
}

// damaged says that a frame could not be read, and why.
func (s *standing) damaged(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bad == 0 {
		s.since = time.Now()
	}
	s.bad++
	s.last = err
}

// blind is the error of a camera that has sent nothing but damaged frames for a while, nil if it has not.
func (s *standing) blind() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bad < blindFrames || time.Since(s.since) < blindTime {
		return nil
	}
	return fmt.Errorf("no good frame for %v, the last of %d: %w: %w", blindTime, s.bad, s.last, capture.ErrLost)
}

// lost says that the source failed or could not be opened, and will be tried again after a pause. The same error again
// and again, as from a camera that is away for days, is said once.
func (s *standing) lost(err error, pause time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	log, news := s.log.Debug, s.online || s.reason != err.Error()
	s.open, s.online = false, false
	if news {
		log, s.reason = s.log.Warn, err.Error()
	}
	log("camera lost", zap.Error(err), zap.Duration("retry_in", pause.Round(time.Millisecond)))
	if news {
		s.report(publish.CameraLost, err)
	}
}
