package child

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/inceptiond/inceptiond/internal/proc"
)

// The test binary is also a program that keeps a child and is killed.
func TestMain(m *testing.M) {
	if os.Getenv("CHILD_TEST") != "" {
		c, err := Start("/bin/sh", []string{"-c", "exec sleep 600"}, false, io.Discard)
		if err != nil {
			panic(err)
		}
		fmt.Println(c.Pid())
		time.Sleep(10 * time.Minute)
	}
	goleak.VerifyTestMain(m)
}

// TestDiesWithUs: whoever kills this process, even with SIGKILL, ends its children.
func TestDiesWithUs(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	keeper := exec.Command(self)
	keeper.Env = append(os.Environ(), "CHILD_TEST=1")
	out, err := keeper.StdoutPipe()
	if err == nil {
		err = keeper.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	pid, errNumber := strconv.Atoi(strings.TrimSpace(line))
	if err := errors.Join(err, errNumber, keeper.Process.Kill()); err != nil {
		t.Fatal(err)
	}
	_ = keeper.Wait()     // it was killed
	gone := func() bool { // or a zombie that its new parent has not looked at yet
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		return err != nil || strings.Contains(string(stat), ") Z ")
	}
	for deadline := time.Now().Add(30 * time.Second); !gone(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("process %d is still there", pid)
		}
	}
}

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
