package pull

import (
	"context"
	"errors"
	"time"
)

// stallBytes must come in each span of Options.Stall: a server that sends a byte now and then never ends.
const stallBytes = 16 << 10

var errStalled = errors.New("stalled")

// watch ends a context when too little comes.
type watch struct {
	cancel context.CancelCauseFunc
	timer  *time.Timer
	span   time.Duration
	came   int // bytes since the timer was set
}

func newWatch(ctx context.Context, span time.Duration) (context.Context, *watch) {
	ctx, cancel := context.WithCancelCause(ctx)
	return ctx, &watch{cancel: cancel, span: span, timer: time.AfterFunc(span, func() { cancel(errStalled) })}
}

// feed says that n bytes have come. A nil watch does not care.
func (w *watch) feed(n int) {
	if w == nil {
		return
	}
	if w.came += n; w.came >= stallBytes && w.timer.Stop() {
		w.came = 0
		w.timer.Reset(w.span)
	}
}

func (w *watch) stop() {
	w.timer.Stop()
	w.cancel(nil)
}
