package tflite

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/infertest"
	"github.com/inceptiond/inceptiond/infer/model"
)

func TestSuite(t *testing.T) {
	infertest.Engine(t, func(t *testing.T) infer.Engine { return open(t, "good", 0) })
}

// What the worker prints goes nowhere near its answers, and is no reason to stop.
func TestChatter(t *testing.T) {
	e := open(t, "chat", 0)
	for range 3 {
		if out, err := run(t.Context(), e, []byte{0, 1, 2, 3}); err != nil || !bytes.Equal(out, []byte{255, 254, 253, 252}) {
			t.Fatalf("%v, %v", out, err)
		}
	}
	if e.Library() != "fake 1.0" {
		t.Errorf("library %q", e.Library())
	}
}

// TestLost has the worker die, hang and talk nonsense: each is an error that says so, and the worker is gone.
func TestLost(t *testing.T) {
	for _, c := range []struct {
		behaviour string
		deadline  time.Duration
		says      []string
	}{
		{"hang", 50 * time.Millisecond, []string{"did not answer within 50ms", "waiting for the device"}},
		{"die", 0, []string{"killed", "bulk out failed. Abort."}},
		{"exit", 0, []string{"exit status 3"}},
		{"rubbish", 0, []string{"nonsense"}},
		{"late", 0, []string{"nonsense"}},
		{"long", 0, []string{"nonsense", "5 bytes (want 4)"}},
		{"cut", 0, []string{"worker ended"}},
	} {
		t.Run(c.behaviour, func(t *testing.T) {
			e := open(t, c.behaviour, c.deadline)
			begun := time.Now()
			_, err := run(t.Context(), e, make([]byte, 4))
			if !errors.Is(err, ErrLost) || errors.Is(err, model.ErrUnsupported) {
				t.Fatalf("error %v", err)
			}
			for _, s := range c.says {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("error %q does not say %q", err, s)
				}
			}
			if took := time.Since(begun); took > 5*time.Second {
				t.Errorf("it took %v to notice", took)
			}
			wantGone(t, e.worker.cmd.Process.Pid)
			if _, again := run(t.Context(), e, make([]byte, 4)); !errors.Is(again, ErrLost) {
				t.Errorf("the next run: %v", again)
			}
		})
	}
}

// A worker that is stopped (SIGSTOP) neither reads nor ends when asked to.
func TestStopped(t *testing.T) {
	e := open(t, "good", 50*time.Millisecond)
	stop(t, e.worker.cmd.Process.Pid)
	if err := e.Ping(t.Context()); !errors.Is(err, ErrLost) {
		t.Fatal(err)
	}
	wantGone(t, e.worker.cmd.Process.Pid)
}

// stop stops a process and waits until all its threads have: on a busy machine they may go on for a moment.
func stop(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	stopped := func(path string) bool {
		stat, err := os.ReadFile(path)
		return err == nil && strings.Contains(string(stat), ") T ")
	}
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		threads, err := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*/stat")
		if err == nil && len(threads) > 0 && !slices.ContainsFunc(threads, func(path string) bool { return !stopped(path) }) {
			return
		}
	}
	t.Fatalf("process %d does not stop", pid)
}

// A failure that the worker reports is not its end.
func TestFailure(t *testing.T) {
	e := open(t, "fail", 0)
	_, err := run(t.Context(), e, make([]byte, 4))
	if err == nil || errors.Is(err, ErrLost) || !strings.Contains(err.Error(), "cannot run the network") {
		t.Fatalf("error %v", err)
	}
}

func TestContextEndsRun(t *testing.T) {
	e := open(t, "hang", 0)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := run(ctx, e, make([]byte, 4)); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("error %v", err)
	}
	wantGone(t, e.worker.cmd.Process.Pid)
	if _, err := run(t.Context(), e, make([]byte, 4)); !errors.Is(err, ErrLost) {
		t.Errorf("the next run: %v", err)
	}
}

// A run whose context ends may still be answered: the worker lives.
func TestContextEndsLate(t *testing.T) {
	e := open(t, "slow", 0)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if out, err := run(ctx, e, []byte{0, 1, 2, 3}); err != nil || !bytes.Equal(out, []byte{255, 254, 253, 252}) {
		t.Errorf("%v, %v", out, err)
	}
	if _, err := run(t.Context(), e, make([]byte, 4)); err != nil {
		t.Errorf("the next run: %v", err)
	}
}

// A deadline holds for the runs after it was set.
func TestSetDeadline(t *testing.T) {
	e := open(t, "slow", 0)
	if _, err := run(t.Context(), e, make([]byte, 4)); err != nil {
		t.Fatal(err)
	}
	e.SetDeadline(20 * time.Millisecond)
	if _, err := run(t.Context(), e, make([]byte, 4)); !errors.Is(err, ErrLost) || !strings.Contains(err.Error(), "within 20ms") {
		t.Errorf("error %v", err)
	}
}

// TestUnkillable has a worker that stays after it was killed, as in a transfer that the kernel does not interrupt: a run
// does not wait for that.
func TestUnkillable(t *testing.T) {
	e := open(t, "hang", 50*time.Millisecond)
	child := e.worker
	e.worker = &worker{cmd: child.cmd, questions: child.questions, answers: child.answers, exited: make(chan struct{})}
	begun := time.Now()
	_, err := run(t.Context(), e, make([]byte, 4))
	if !errors.Is(err, ErrLost) || !strings.Contains(err.Error(), "does not end") {
		t.Errorf("error %v", err)
	}
	if took := time.Since(begun); took > time.Second {
		t.Errorf("it took %v to give up", took)
	}
	e.Close()
	if took := time.Since(begun); took > 2*patience+time.Second {
		t.Errorf("it took %v to close", took)
	}
	<-child.exited
}

func TestOpenErrors(t *testing.T) {
	t.Setenv(behaviour, "good")
	_, err := Open(t.Context(), Options{Worker: os.Args[0], Model: []byte("bad")})
	if !errors.Is(err, model.ErrUnsupported) || errors.Is(err, ErrLost) || !strings.Contains(err.Error(), "operator 7 is unknown") {
		t.Errorf("a bad model: %v", err)
	}
	_, err = Open(t.Context(), Options{Worker: "/nowhere/inceptiond-tflite"})
	if !errors.Is(err, ErrLost) || !strings.Contains(err.Error(), "make tflite") {
		t.Errorf("no worker: %v", err)
	}
	_, err = Open(t.Context(), Options{Worker: "/bin/true"})
	if !errors.Is(err, ErrLost) || !strings.Contains(err.Error(), "worker ended") {
		t.Errorf("a program that ends: %v", err)
	}
	if _, err = Open(t.Context(), Options{Worker: os.Args[0], Threads: 65}); err == nil {
		t.Error("65 threads are accepted")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err = Open(ctx, Options{Worker: os.Args[0]}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before: %v", err)
	}
}

// A worker that does not end when its questions do is killed by Close.
func TestCloseStubborn(t *testing.T) {
	e := open(t, "stay", 0)
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	wantGone(t, e.worker.cmd.Process.Pid)
}

// TestWorkerDiesWithOwner kills this side with SIGKILL: a worker that ignores the end of its questions ends all the same.
func TestWorkerDiesWithOwner(t *testing.T) {
	parent, child := owner(t)
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	wantGone(t, child)
}

// wantGone waits until there is no process of that number, or only its zombie for init to collect.
func wantGone(t *testing.T, pid int) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if err := syscall.Kill(pid, 0); errors.Is(err, syscall.ESRCH) {
			return
		}
		if stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat"); err == nil && strings.Contains(string(stat), ") Z ") {
			return
		}
	}
	t.Errorf("process %d is still there", pid)
}

// TestNoLeaks opens and closes engines, half of them after their worker died: descriptors do not grow.
func TestNoLeaks(t *testing.T) {
	count := func() int {
		list, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip("no /proc")
		}
		return len(list)
	}
	cycle := func(behaviour string) {
		e := open(t, behaviour, 0)
		_, _ = run(t.Context(), e, make([]byte, 4))
		e.Close()
	}
	cycle("good")
	before := count()
	for range 5 {
		cycle("good")
		cycle("die")
	}
	if after := count(); after > before {
		t.Errorf("%d file descriptors, then %d", before, after)
	}
}
