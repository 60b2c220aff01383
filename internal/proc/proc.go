// Package proc is what the keepers of child processes share: the child's own process group, its end, and its last words.
package proc

import (
	"strings"
	"sync"
)

// Tail keeps the last lines that are written to it. The zero value is ready; it may be used by several goroutines.
type Tail struct {
	mu  sync.Mutex
	buf []byte
}

// tailBytes is how much a Tail keeps.
const tailBytes = 600

// Write never fails.
func (t *Tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if n := len(t.buf) - tailBytes; n > 0 {
		t.buf = append(t.buf[:0], t.buf[n:]...)
	}
	return len(p), nil
}

// String joins the lines kept: the last three, as the first may have lost its beginning.
func (t *Tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var lines []string
	for line := range strings.Lines(string(t.buf)) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines[max(0, len(lines)-3):], "; ")
}
