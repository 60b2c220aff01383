package main

import (
	"maps"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/infer/failover"
	"github.com/inceptiond/inceptiond/publish"
)

// health is how the engine of a model is, and who wants to know. It tells the story in the log.
type health struct {
	log *zap.Logger
	why string // the engine was chosen; empty if the config says which

	mu       sync.Mutex
	now      publish.EngineStatus // Device and Camera are the watchers' to fill in
	watchers map[int]func(publish.EngineStatus)
	watched  int       // watchers there have ever been
	lost     time.Time // since when the wanted engine does not answer
}

// newHealth is that of a model for which engine is wanted, and well.
func newHealth(m publish.Model, engine, why string, log *zap.Logger) *health {
	return &health{
		log: log.Named("engine").With(zap.String("model", m.Name), zap.String("engine", engine)), why: why,
		now:      publish.EngineStatus{Model: m, State: publish.EngineRunning, Wanted: engine, Engine: engine, Reason: why, Time: time.Now()},
		watchers: map[int]func(publish.EngineStatus){},
	}
}

// watch has tell called with the status now, and with every change until stop is called, one call at a time.
func (h *health) watch(tell func(publish.EngineStatus)) (stop func()) {
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

// status is how the engine is now.
func (h *health) status() publish.EngineStatus {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

// change is told by the engine how it is.
func (h *health) change(s failover.Status) {
	h.mu.Lock()
	defer h.mu.Unlock()
	next := h.now
	next.Restarts, next.Time = s.Restarts, time.Now()
	switch s.State {
	case failover.Running:
		next.State, next.Engine, next.Reason = publish.EngineRunning, next.Wanted, h.why
	case failover.Standby:
		next.State, next.Engine, next.Reason = publish.EngineFallback, engineCPU, s.Reason.Error()
	case failover.Down:
		next.State, next.Engine, next.Reason = publish.EngineDown, "", s.Reason.Error()
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
func (h *health) tell(s failover.Status, next publish.EngineStatus) {
	wasWell, isWell := h.now.State == publish.EngineRunning, s.State == failover.Running
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
