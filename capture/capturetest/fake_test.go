package capturetest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"testing"

	"github.com/inceptiond/inceptiond/capture"
)

func grey(w, h int, v byte) capture.Frame {
	return capture.Frame{Format: capture.Packed(capture.GREY, w, h), Pix: bytes.Repeat([]byte{v}, w*h)}
}

func TestFakePassesSuite(t *testing.T) {
	Source(t, func(t *testing.T) capture.Source { return NewLoop(t, Frames(grey(4, 3, 1), grey(2, 2, 9))...) })
}

func TestFakePlaysScript(t *testing.T) {
	boom := errors.New("boom")
	s := New(t, Step{Frame: grey(2, 2, 7)}, Step{Err: boom}, Step{Block: true}, Step{Frame: grey(1, 1, 8)})
	defer s.Close()
	var f capture.Frame
	if err := s.Read(t.Context(), &f); err != nil || f.Sequence != 1 || f.Pix[3] != 7 {
		t.Fatalf("step 1: %+v, %v", f, err)
	}
	if err := s.Read(t.Context(), &f); err != boom {
		t.Fatalf("step 2: %v, want boom", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() { s.waitForStep(3); cancel() }()
	if err := s.Read(ctx, &f); !errors.Is(err, context.Canceled) {
		t.Fatalf("step 3: %v, want the context's error", err)
	}
	if err := s.Read(t.Context(), &f); err != nil || f.Sequence != 3 || s.Format().Width != 1 {
		t.Fatalf("step 4: %+v, %v", f, err)
	}
	if err := s.Read(t.Context(), &f); err != io.EOF {
		t.Fatalf("after the script: %v, want io.EOF", err)
	}
}

// waitForStep returns once n steps were begun.
func (s *Fake) waitForStep(n int) {
	for begun := 0; begun < n; runtime.Gosched() {
		s.mu.Lock()
		begun = s.next
		s.mu.Unlock()
	}
}

// complaints is a testing.TB that collects what a Fake has to say.
type complaints struct {
	testing.TB
	said    []any
	cleanup []func()
}

func (c *complaints) Error(args ...any)   { c.said = append(c.said, args...) }
func (c *complaints) Cleanup(call func()) { c.cleanup = append(c.cleanup, call) }

func TestFakeReportsLeak(t *testing.T) {
	c := &complaints{TB: t}
	New(c)
	for _, call := range c.cleanup {
		call()
	}
	if len(c.said) != 1 {
		t.Errorf("a source that was never closed: %v", c.said)
	}
}

func TestFakeReportsTwoReaders(t *testing.T) {
	c := &complaints{TB: t}
	s := New(c, Step{Block: true}, Step{Block: true})
	ended := make(chan error, 2)
	for range 2 {
		go func() { ended <- s.Read(context.Background(), new(capture.Frame)) }()
	}
	s.waitForStep(2)
	s.Close()
	<-ended
	<-ended
	if len(c.said) != 1 {
		t.Errorf("two readers at once: %v", c.said)
	}
}
