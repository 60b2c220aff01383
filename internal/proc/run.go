package proc

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"time"
)

// Run runs a program until it ends, or ctx does, whose end kills it with all that it has started. What it prints goes to out, whose
// error ends it. started, if it is not nil, is told its number. The error, if the program has ended badly, has its last words,
// and wraps an *exec.ExitError.
func Run(ctx context.Context, program string, args []string, out io.Writer, started func(pid int)) error {
	// The child dies with the thread that starts it, see Attributes.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var said Tail
	exited := make(chan struct{})
	defer close(exited)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stdout, cmd.Stderr = ending{out, cancel}, &said
	cmd.WaitDelay = time.Second
	cmd.SysProcAttr = Attributes()
	cmd.Cancel = func() error {
		KillGroup(cmd.Process, exited)
		return nil
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	if started != nil {
		started(cmd.Process.Pid)
	}
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("%w: %s", err, said.String())
	}
	return nil
}

// ending is a writer whose error ends whoever writes.
type ending struct {
	io.Writer
	end func()
}

func (w ending) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	if err != nil {
		w.end()
	}
	return n, err
}

// niceness of what may wait: what a camera needs goes first.
const niceness = 10

// Nice gives a process of Run, with all threads that it has and will have, a low priority (setpriority(2)). Without leave to do so
// it runs all the same.
func Nice(pid int) { lower(pid, niceness) }
