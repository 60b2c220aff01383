package capturetest

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/capture"
)

// Step is one answer of a [Fake].
type Step struct {
	Frame capture.Frame // given out if Err is nil; Sequence and Time are set anew if they are zero
	Err   error         // returned instead
	Block bool          // Read waits until its context ends or Close is called
}

// Frames makes one step of each frame.
func Frames(frames ...capture.Frame) []Step {
	steps := make([]Step, len(frames))
	for i, f := range frames {
		steps[i].Frame = f
	}
	return steps
}

// Fake is a capture.Source that plays a script, one step a Read, and then returns io.EOF. It watches its user: a Fake
// that is never closed, or read by two goroutines at once, fails the test.
type Fake struct {
	t      testing.TB
	closed chan struct{}

	mu      sync.Mutex
	steps   []Step
	loop    bool
	next    int
	format  capture.Format
	seq     uint64
	reading bool
	isShut  bool
}

// New returns a Fake that plays steps once.
func New(t testing.TB, steps ...Step) *Fake {
	f := &Fake{t: t, steps: steps, closed: make(chan struct{})}
	t.Cleanup(f.finish)
	return f
}

// NewLoop returns a Fake that plays steps again and again.
func NewLoop(t testing.TB, steps ...Step) *Fake {
	f := New(t, steps...)
	f.loop = len(steps) > 0
	return f
}

// Format is that of the last frame read, or of the script's first before that.
func (s *Fake) Format() capture.Format {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.format == (capture.Format{}) && len(s.steps) > 0 {
		return s.steps[0].Frame.Format
	}
	return s.format
}

// Read plays the next step.
func (s *Fake) Read(ctx context.Context, f *capture.Frame) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	step, err := s.begin()
	if err != nil {
		return err
	}
	defer s.end()
	if step.Block {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.closed:
			return errClosed()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seq++
	if step.Err != nil {
		return step.Err
	}
	s.copy(f, &step.Frame)
	return nil
}

// Close ends a Read that blocks.
func (s *Fake) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.isShut {
		s.isShut = true
		close(s.closed)
	}
	return nil
}

// Closed tells whether Close was called.
func (s *Fake) Closed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.isShut
}

// begin takes the next step off the script.
func (s *Fake) begin() (Step, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isShut {
		return Step{}, errClosed()
	}
	if s.reading {
		s.t.Error("capturetest: Read was called by two goroutines at once")
	}
	if s.loop && s.next == len(s.steps) {
		s.next = 0
	}
	if s.next == len(s.steps) {
		return Step{}, io.EOF
	}
	s.reading = true
	s.next++
	return s.steps[s.next-1], nil
}

func (s *Fake) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reading = false
}

// copy fills the caller's frame. The caller holds s.mu.
func (s *Fake) copy(to, from *capture.Frame) {
	pix := append(to.Pix[:0], from.Pix...)
	*to = *from
	to.Pix = pix
	if to.Sequence == 0 {
		to.Sequence = s.seq
	}
	if to.Time.IsZero() {
		to.Time = time.Now()
	}
	s.format = to.Format
}

// finish is the fake's own check at the end of the test.
func (s *Fake) finish() {
	if !s.Closed() {
		s.t.Error("capturetest: the source was never closed")
	}
}

func errClosed() error { return fmt.Errorf("capturetest: read: %w", os.ErrClosed) }
