package pipeline

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

// health is how a camera is, as both of its goroutines see it: the one that reads knows whether frames come, the one
// that classifies whether they can be decoded. Changes go to the log and to the publishers, in order.
type health struct {
	log    *zap.Logger
	report func(state publish.CameraState, at time.Time, err error)

	mu     sync.Mutex
	first  uint64    // the number that the first frame since the source was opened has
	open   bool      // the source is open, as far as we know
	online bool      // a frame of it was good
	away   time.Time // when it was lost; zero since the last good frame
	reason string    // the last reported error; "" since the last good frame
	bad    int       // damaged frames in a row
	since  time.Time // when the first of them came
	last   error     // what was wrong with the last of them
}

// opened says that the source is open, and that its frames have numbers from first on.
func (h *health) opened(first uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.first, h.open, h.bad = first, true, 0
}

// good says that f could be read. A frame that was left over from before the source was lost tells nothing.
func (h *health) good(f *capture.Frame) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.open || f.Sequence < h.first {
		return
	}
	h.bad, h.reason, h.away = 0, "", time.Time{}
	if !h.online {
		h.online = true
		h.log.Info("camera online", zap.Stringer("format", f.Format))
		h.report(publish.CameraOnline, f.Time, nil) // as what is seen in it
	}
}

// damaged says that a frame could not be read, and why.
func (h *health) damaged(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.bad == 0 {
		h.since = time.Now()
	}
	h.bad++
	h.last = err
}

// blind is the error of a camera that has sent nothing but damaged frames for a while, nil if it has not.
func (h *health) blind() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.bad < blindFrames || time.Since(h.since) < blindTime {
		return nil
	}
	return fmt.Errorf("no good frame for %v, the last of %d: %w: %w", blindTime, h.bad, h.last, capture.ErrLost)
}

// lost says that there are no frames for now. The same error again and again, as from a camera that is away for days, is
// said once. fields go to the log.
func (h *health) lost(err error, fields ...zap.Field) {
	h.mu.Lock()
	defer h.mu.Unlock()
	log, news := h.log.Debug, h.online || h.reason != err.Error()
	h.open, h.online = false, false
	if h.away.IsZero() {
		h.away = time.Now()
	}
	if news {
		log, h.reason = h.log.Warn, err.Error()
	}
	log("camera lost", append([]zap.Field{zap.Error(err)}, fields...)...)
	if news {
		h.report(publish.CameraLost, time.Now(), err)
	}
}

// shut says that the source is closed on purpose.
func (h *health) shut(closed *Closed) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open, h.online, h.away = false, false, time.Time{}
	if h.reason == closed.Error() {
		return
	}
	h.reason = closed.Error()
	h.log.Info("camera closed", zap.String("reason", h.reason))
	h.report(publish.CameraPaused, time.Now(), closed)
}

// lostSince is when the source was lost, the zero time if it is not.
func (h *health) lostSince() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.away
}

// seen says that frame number n came, where nobody else says that the source is open.
func (h *health) seen(n uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.open {
		h.first, h.open, h.bad = n, true, 0
	}
}
