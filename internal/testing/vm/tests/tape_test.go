package tests

import (
	"bufio"
	"io"
	"os/exec"
	"sync"
	"testing"
	"time"
)

// line is what a program wrote, and when it came.
type line struct {
	text string
	at   time.Time
}

// tape keeps the lines of a program. One goroutine writes it; tests read it from wherever they are.
type tape struct {
	mu    sync.Mutex
	lines []line
}

// record copies r to the tape until it ends.
func (p *tape) record(r io.Reader) {
	s := bufio.NewScanner(r)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		p.mu.Lock()
		p.lines = append(p.lines, line{s.Text(), time.Now()})
		p.mu.Unlock()
	}
}

// end is the mark behind the last line so far.
func (p *tape) end() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.lines)
}

// since returns the lines from a mark on.
func (p *tape) since(mark int) []line {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lines[mark:len(p.lines):len(p.lines)]
}

// await returns the first line from the mark on that matches. It waits for it.
func (p *tape) await(t *testing.T, mark int, what string, match func(string) bool) line {
	t.Helper()
	var found line
	from := mark
	eventually(t, what, func() bool {
		for _, l := range p.since(from) {
			from++
			if match(l.text) {
				found = l
				return true
			}
		}
		return false
	})
	return found
}

// start runs a program until the test ends, or it does, and tapes what it writes on standard output and error.
func start(t *testing.T, name string, args ...string) (*exec.Cmd, *tape) {
	t.Helper()
	cmd, p := exec.Command(name, args...), new(tape)
	r, w := io.Pipe()
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	taped, ended := make(chan struct{}), make(chan struct{})
	go func() { p.record(r); close(taped) }()
	go func() { cmd.Wait(); w.Close(); close(ended) }()
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-ended
		<-taped
		if t.Failed() {
			t.Logf("the last lines of %s:", name)
			for _, l := range p.since(max(0, p.end()-30)) {
				t.Logf("%s %.300s", l.at.Format("05.000"), l.text)
			}
		}
	})
	return cmd, p
}
