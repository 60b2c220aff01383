package lines

import (
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

const (
	screenLines = 256                    // that wait for a terminal
	lastLines   = 300 * time.Millisecond // for those that wait when the screen is closed
)

// screen is an io.Writer of lines that never waits: a terminal that stands still (Ctrl-S, a lost connection) must not
// hold up the cameras. Lines that find no room are left out, and the next one that is written is preceded by their
// number.
type screen struct {
	lines  chan []byte
	done   chan struct{} // closed when the writing goroutine has ended
	missed atomic.Int64

	mu  sync.Mutex
	err error // of the first write that went wrong
}

// newScreen starts the goroutine that writes to w; close ends it.
func newScreen(w io.Writer) *screen {
	s := &screen{lines: make(chan []byte, screenLines), done: make(chan struct{})}
	go s.show(w)
	return s
}

// Write keeps a copy of line. Its error is that of an earlier line.
func (s *screen) Write(line []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return 0, s.err
	}
	select {
	case s.lines <- append([]byte(nil), line...):
	default:
		s.missed.Add(1)
	}
	return len(line), nil
}

// show writes until the channel is closed; after an error it only empties it.
func (s *screen) show(w io.Writer) {
	defer close(s.done)
	for line := range s.lines {
		if n := s.missed.Swap(0); n > 0 {
			line = append(fmt.Appendf(nil, "(%d lines not shown)\n", n), line...)
		}
		if _, err := w.Write(line); err != nil {
			s.mu.Lock()
			s.err = err
			s.mu.Unlock()
			for range s.lines {
			}
			return
		}
	}
}

// close shows what waits, for a short time: a terminal that stands still keeps its goroutine until the process ends.
// No Write may follow.
func (s *screen) close() {
	close(s.lines)
	select {
	case <-s.done:
	case <-time.After(lastLines):
	}
}
