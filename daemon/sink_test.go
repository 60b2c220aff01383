package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/lines"
	"github.com/inceptiond/inceptiond/publish/publishtest"
)

// slowlyClosed takes its time to close, and then complains.
type slowlyClosed struct{ publishtest.Recorder }

func (p *slowlyClosed) Close() error {
	time.Sleep(50 * time.Millisecond)
	return errors.Join(p.Recorder.Close(), errors.New("no goodbye"))
}

// Whatever is handed on while one publisher takes the place of another reaches one of them, and in order.
func TestSinkLosesNothingBetweenPublishers(t *testing.T) {
	old, next := new(slowlyClosed), new(publishtest.Recorder)
	s := &sink{log: zap.NewNop()}
	s.add(old)
	ctx, cancel := context.WithCancel(t.Context())
	sent := uint64(0)
	var camera sync.WaitGroup
	camera.Go(func() {
		for ctx.Err() == nil {
			sent++
			s.result(ctx, publish.Result{Sequence: sent})
		}
	})
	publishtest.Eventually(t, "results before", func() bool { return len(old.Results()) > 10 })
	if err := s.replace(old, func() (publish.Publisher, error) { return next, nil }); err != nil {
		t.Errorf("a publisher that complains as it closes is the sink's matter: %v", err)
	}
	publishtest.Eventually(t, "results after", func() bool { return len(next.Results()) > 10 })
	cancel()
	camera.Wait()
	got := append(old.Results(), next.Results()...)
	for i, r := range got {
		if r.Sequence != uint64(i+1) {
			t.Fatalf("result %d came as number %d", r.Sequence, i+1)
		}
	}
	if uint64(len(got)) != sent {
		t.Errorf("%d results arrived, %d were sent", len(got), sent)
	}
}

func TestSinkWithoutANewPublisher(t *testing.T) {
	s := &sink{log: zap.NewNop()}
	broken := errors.New("no such file")
	if err := s.replace(nil, func() (publish.Publisher, error) { return nil, broken }); !errors.Is(err, broken) {
		t.Errorf("replace: %v, want %v", err, broken)
	}
	if err := s.replace(nil, func() (publish.Publisher, error) { return nil, nil }); err != nil || len(s.publishers) != 0 {
		t.Errorf("replace by none: %v, %d publishers", err, len(s.publishers))
	}
}

// failing fails every write, or every result, with its error.
type failing struct {
	publishtest.Recorder
	err error
}

func (f *failing) Write([]byte) (int, error) { return 0, f.err }

func (f *failing) Publish(context.Context, publish.Result) error {
	return fmt.Errorf("failing: %w", f.err)
}

// A pipe or terminal that has gone ends the daemon; an error of the disk elsewhere does not.
func TestSinkKnowsWhenNobodyListens(t *testing.T) {
	for name, test := range map[string]struct {
		publisher publish.Publisher
		deaf      bool
	}{
		"a closed pipe":     {lines.New(&failing{err: syscall.EPIPE}, lines.Options{Wait: true}), true},
		"a closed terminal": {lines.New(&failing{err: syscall.EIO}, lines.Options{Wait: true}), true},
		"a full disk":       {lines.New(&failing{err: syscall.ENOSPC}, lines.Options{Wait: true}), false},
		"a spool's disk":    {&failing{err: syscall.EIO}, false},
	} {
		deaf := false
		s := &sink{log: zap.NewNop(), deaf: func() { deaf = true }}
		s.add(test.publisher)
		s.result(context.Background(), publish.Result{})
		if deaf != test.deaf {
			t.Errorf("%s: deaf is %v, want %v", name, deaf, test.deaf)
		}
		if err := s.close(); err != nil {
			t.Error(err)
		}
	}
}
