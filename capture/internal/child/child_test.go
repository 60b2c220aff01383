package child

import (
	"io"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/inceptiond/inceptiond/internal/proc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shell starts a shell with a script.
func shell(t *testing.T, script string, input bool) (*Child, *proc.Tail) {
	t.Helper()
	said := new(proc.Tail)
	c, err := Start("/bin/sh", []string{"-c", script}, input, said)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Kill)
	return c, said
}

func TestTellAndRead(t *testing.T) {
	c, said := shell(t, "cat; echo done >&2; exit 3", true)
	if err := c.Tell([]byte("rtsp://host/\n")); err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(c.Out)
	if err != nil || string(out) != "rtsp://host/\n" {
		t.Errorf("it wrote %q, %v", out, err)
	}
	if got := c.Ended(); got != "ended (exit status 3)" || said.String() != "done" {
		t.Errorf("it %s and said %q", got, said)
	}
}

// TestTellOneThatHasEnded: no signal, no block.
func TestTellOneThatHasEnded(t *testing.T) {
	c, _ := shell(t, "exit 0", true)
	if got := c.Ended(); got != "ended" {
		t.Error(got)
	}
	if err := c.Tell([]byte(strings.Repeat("x", 1<<20))); err == nil {
		t.Error("it took the text")
	}
}

// TestKill ends grandchildren too, even those that hold the output open.
func TestKill(t *testing.T) {
	c, _ := shell(t, "sleep 60 & echo $!; sleep 60", false)
	if _, err := c.Out.Read(make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	pid := c.Pid()
	begin := time.Now()
	c.Kill()
	c.Kill()
	if err := syscall.Kill(pid, 0); err != syscall.ESRCH {
		t.Errorf("process %d: %v, want it gone", pid, err)
	}
	if d := time.Since(begin); d > 30*time.Second {
		t.Errorf("it took %v", d)
	}
}

// TestEndedKills: one that has closed its output and stays is of no use.
func TestEndedKills(t *testing.T) {
	c, _ := shell(t, "exec >&-; sleep 60", false)
	if got := c.Ended(); got != "ended (signal: killed)" {
		t.Error(got)
	}
}

func TestNoProgram(t *testing.T) {
	if _, err := Start("/nonexistent", nil, true, io.Discard); err == nil {
		t.Error("it started")
	}
}
