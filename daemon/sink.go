package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/lines"
)

// sink is all the places that results go to. It may be used from several goroutines at once.
type sink struct {
	log  *zap.Logger
	deaf func() // called when nobody reads standard output any more, as after `inceptiond run | head`

	results atomic.Uint64 // handed on so far

	mu         sync.RWMutex // held for reading while something is handed on, for writing while publishers change
	publishers []publish.Publisher
}

func (s *sink) result(ctx context.Context, r publish.Result) {
	handOn(s, "result", func(p publish.Publisher) error { return p.Publish(ctx, r) })
	s.results.Add(1)
}

func (s *sink) status(ctx context.Context, status publish.CameraStatus) {
	handOn(s, "camera status", func(p publish.StatusPublisher) error { return p.PublishStatus(ctx, status) })
}

func (s *sink) engine(ctx context.Context, status publish.EngineStatus) {
	handOn(s, "engine status", func(p publish.EnginePublisher) error { return p.PublishEngine(ctx, status) })
}

func (s *sink) event(ctx context.Context, e publish.Event) {
	handOn(s, "event", func(p publish.EventPublisher) error { return p.PublishEvent(ctx, e) })
}

func (s *sink) config(ctx context.Context, status publish.ConfigStatus) {
	handOn(s, "config status", func(p publish.ConfigPublisher) error { return p.PublishConfig(ctx, status) })
}

// handOn gives something to every publisher of the kind P.
func handOn[P any](s *sink, what string, give func(P) error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, p := range s.publishers {
		kind, ok := p.(P)
		if !ok {
			continue
		}
		if err := give(kind); err != nil {
			s.failed(what+" not published", p, err)
		}
	}
}

func (s *sink) failed(what string, p publish.Publisher, err error) {
	_, standard := p.(*lines.Writer)
	if gone := errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.EIO); standard && gone && s.deaf != nil { // a pipe, a terminal
		s.deaf()
		return
	}
	s.log.Warn(what, zap.String("publisher", fmt.Sprintf("%T", p)), zap.Error(err))
}

// add gives the sink another publisher.
func (s *sink) add(p publish.Publisher) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.publishers = append(s.publishers, p)
}

// replace closes old, if it is not nil, and puts what open returns, if that is not nil, in its place. The two never
// live at the same time; meanwhile whoever has something to hand on waits, so that nothing is lost between them.
func (s *sink) replace(old publish.Publisher, open func() (publish.Publisher, error)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old != nil {
		if err := old.Close(); err != nil {
			s.failed("publisher not closed in good order", old, err)
		}
		s.publishers = slices.DeleteFunc(s.publishers, func(p publish.Publisher) bool { return p == old })
	}
	p, err := open()
	if p != nil {
		s.publishers = append(s.publishers, p)
	}
	return err
}

// close closes all publishers at once, as each may take a moment, and joins their errors.
func (s *sink) close() error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	errs := make([]error, len(s.publishers))
	var closing sync.WaitGroup
	for i, p := range s.publishers {
		closing.Go(func() { errs[i] = p.Close() })
	}
	closing.Wait()
	return errors.Join(errs...)
}
