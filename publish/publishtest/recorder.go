// Package publishtest is for the tests of publishers and of those who use them: a [Recorder] that remembers what it
// was given, and [Publisher], the conformance suite that every publisher passes.
package publishtest

import (
	"context"
	"slices"
	"sync"

	"github.com/inceptiond/inceptiond/publish"
)

// Recorder is a publisher that keeps everything. The zero value is ready; it may be used from several goroutines.
type Recorder struct {
	mu       sync.Mutex
	results  []publish.Result
	statuses []publish.CameraStatus
	engines  []publish.EngineStatus
	events   []publish.Event
	configs  []publish.ConfigStatus
	closed   bool
}

var (
	_ publish.Publisher       = (*Recorder)(nil)
	_ publish.StatusPublisher = (*Recorder)(nil)
	_ publish.EnginePublisher = (*Recorder)(nil)
	_ publish.EventPublisher  = (*Recorder)(nil)
	_ publish.ConfigPublisher = (*Recorder)(nil)
)

// Publish keeps a copy of r.
func (rec *Recorder) Publish(_ context.Context, r publish.Result) error {
	r.Predictions = slices.Clone(r.Predictions)
	return keep(rec, &rec.results, r)
}

// PublishStatus keeps s.
func (rec *Recorder) PublishStatus(_ context.Context, s publish.CameraStatus) error {
	return keep(rec, &rec.statuses, s)
}

// PublishEngine keeps s.
func (rec *Recorder) PublishEngine(_ context.Context, s publish.EngineStatus) error {
	return keep(rec, &rec.engines, s)
}

// PublishEvent keeps e.
func (rec *Recorder) PublishEvent(_ context.Context, e publish.Event) error {
	return keep(rec, &rec.events, e)
}

// PublishConfig keeps s.
func (rec *Recorder) PublishConfig(_ context.Context, s publish.ConfigStatus) error {
	return keep(rec, &rec.configs, s)
}

// keep adds x to one of rec's lists.
func keep[T any](rec *Recorder, list *[]T, x T) error {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	if rec.closed {
		return publish.ErrClosed
	}
	*list = append(*list, x)
	return nil
}

// Close makes every later Publish an error. What was recorded stays.
func (rec *Recorder) Close() error {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.closed = true
	return nil
}

// Results are the results so far, in order.
func (rec *Recorder) Results() []publish.Result { return kept(rec, &rec.results) }

// Statuses are the camera statuses so far, in order.
func (rec *Recorder) Statuses() []publish.CameraStatus { return kept(rec, &rec.statuses) }

// Events are the events so far, in order.
func (rec *Recorder) Events() []publish.Event { return kept(rec, &rec.events) }

// Engines are the engine statuses so far, in order.
func (rec *Recorder) Engines() []publish.EngineStatus { return kept(rec, &rec.engines) }

// Configs are the config statuses so far, in order.
func (rec *Recorder) Configs() []publish.ConfigStatus { return kept(rec, &rec.configs) }

// kept is a copy of one of rec's lists.
func kept[T any](rec *Recorder, list *[]T) []T {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return slices.Clone(*list)
}
