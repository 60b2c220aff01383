package engines

import (
	"maps"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/infer/failover"
)

// State is how the engine of a model is.
type State string

// The states of an engine.
const (
	Running  State = "running"  // the wanted engine answers
	Fallback State = "fallback" // the engine cpu answers in its place
	Down     State = "down"     // nobody answers
)

// Status is a change in how the engine of a model is.
type Status struct {
	State    State
	Wanted   string // the engine that shall run the model
	Engine   string // the one that does; empty if Down
	Reason   string // why another one runs it, or why this one was chosen; empty if there is nothing to say
	Restarts int    // of the wanted engine
	Time     time.Time
}

// Health is how the engine of a model is, and who wants to know. It tells the story in the log. It may be used from
// several goroutines at once.
type Health struct {
	log *zap.Logger
	why string // the engine was chosen; empty if the options say which

	mu       sync.Mutex
	now      Status
	watchers map[int]func(Status)
	watched  int       // watchers there have ever been
	lost     time.Time // since when the wanted engine does not answer
}

// NewHealth is that of a model for which an engine is wanted, and well; why says why it was chosen, empty if the options
// say which. [Load] makes one for each model.
func NewHealth(model, wanted, why string, log *zap.Logger) *Health {
	return &Health{
		log: log.Named("engine").With(zap.String("model", model), zap.String("engine", wanted)), why: why,
		now:      Status{State: Running, Wanted: wanted, Engine: wanted, Reason: why, Time: time.Now()},
		watchers: map[int]func(Status){},
	}
}

// Watch has tell called with the status now, and with every change until stop is called, one call at a time. tell must
// not call Watch, stop or Status.
func (h *Health) Watch(tell func(Status)) (stop func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.watched++
	id := h.watched
	h.watchers[id] = tell
	tell(h.now)
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.watchers, id)
	}
}

// Status is how the engine is now.
func (h *Health) Status() Status {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

// change is told by the engine how it is.
func (h *Health) change(s failover.Status) {
	h.mu.Lock()
	defer h.mu.Unlock()
	next := h.now
	next.Restarts, next.Time = s.Restarts, time.Now()
	switch s.State {
	case failover.Running:
		next.State, next.Engine, next.Reason = Running, next.Wanted, h.why
	case failover.Standby:
		next.State, next.Engine, next.Reason = Fallback, CPU, s.Reason.Error()
	case failover.Down:
		next.State, next.Engine, next.Reason = Down, "", s.Reason.Error()
	}
	h.tell(s, next)
	if next.State == h.now.State && next.Reason == h.now.Reason {
		return
	}
	h.now = next
	for _, id := range slices.Sorted(maps.Keys(h.watchers)) {
		h.watchers[id](next)
	}
}

// tell logs a change to next. An engine that is lost again and again, or cannot be opened, is worth a line less and less
// often: the rest is for debugging.
func (h *Health) tell(s failover.Status, next Status) {
	wasWell, isWell := h.now.State == Running, s.State == failover.Running
	if wasWell && isWell {
		return // it begins
	}
	warn, info := h.log.Warn, h.log.Info
	if !rare(s.Losses) || !rare(s.Attempts) {
		warn, info = h.log.Debug, h.log.Debug
	}
	answering := next.Engine
	if answering == "" {
		answering = "nobody"
	}
	retry := zap.Duration("retry_in", s.RetryIn.Round(time.Millisecond))
	switch {
	case wasWell:
		h.lost = next.Time
		warn("engine lost", zap.String("answering", answering), zap.Error(s.Reason), retry, zap.Int("losses", s.Losses))
	case isWell:
		info("engine back", zap.Duration("after", next.Time.Sub(h.lost).Round(time.Millisecond)), zap.Int("restarts", s.Restarts))
	default:
		warn("engine not back yet", zap.String("answering", answering), zap.Error(s.Reason), retry, zap.Int("attempts", s.Attempts))
	}
}

// rare tells whether the n-th time is one of the few that are worth a line: up to 8, then 16, 32, 64, …
func rare(n int) bool { return n <= 8 || n&(n-1) == 0 }
