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
	messages []publish.Message
	closed   bool
}

var _ publish.Publisher = (*Recorder)(nil)

// Publish keeps m, of a result a copy.
func (rec *Recorder) Publish(_ context.Context, m publish.Message) error {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	if rec.closed {
		return publish.ErrClosed
	}
	if r, ok := m.(*publish.Result); ok {
		kept := *r
		kept.Own(&publish.Result{})
		if r.Decision != nil {
			decision := *r.Decision
			decision.Reason = slices.Clone(decision.Reason)
			kept.Decision = &decision
		}
		if r.Familiarity != nil {
			familiarity := *r.Familiarity
			kept.Familiarity = &familiarity
		}
		if r.Different != nil {
			different := *r.Different
			kept.Different = &different
		}
		m = &kept
	}
	rec.messages = append(rec.messages, m)
	return nil
}

// Close makes every later Publish an error. What was recorded stays.
func (rec *Recorder) Close() error {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.closed = true
	return nil
}

// Messages are all messages so far, in order.
func (rec *Recorder) Messages() []publish.Message {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return slices.Clone(rec.messages)
}

// Text is the JSON of all messages so far that have one, a line each.
func (rec *Recorder) Text() string {
	var text []byte
	for _, m := range rec.Messages() {
		if m, ok := m.(publish.JSON); ok {
			text = append(m.AppendJSON(text), '\n')
		}
	}
	return string(text)
}

// Results are the results so far, in order.
func (rec *Recorder) Results() []publish.Result {
	var results []publish.Result
	for _, r := range of[*publish.Result](rec) {
		results = append(results, *r)
	}
	return results
}

// Statuses are the camera statuses so far, in order.
func (rec *Recorder) Statuses() []publish.CameraStatus { return of[publish.CameraStatus](rec) }

// States are the states so far, in order.
func (rec *Recorder) States() []publish.State { return of[publish.State](rec) }

// Decisions are the decisions so far, in order.
func (rec *Recorder) Decisions() []publish.Decision { return of[publish.Decision](rec) }

// Events are the events so far, in order.
func (rec *Recorder) Events() []publish.Event { return of[publish.Event](rec) }

// Configs are the config statuses so far, in order.
func (rec *Recorder) Configs() []publish.ConfigStatus { return of[publish.ConfigStatus](rec) }

// of are rec's messages of the type M.
func of[M publish.Message](rec *Recorder) []M {
	var list []M
	for _, m := range rec.Messages() {
		if m, ok := m.(M); ok {
			list = append(list, m)
		}
	}
	return list
}
