package proc

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"time"
)

// Priority is how much of the processor a program gets when others want it too.
type Priority int

// The priorities.
const (
	Usual   Priority = 0
	MayWait Priority = 10 // niceness: what a camera needs goes first
)

// Run runs a program until it ends, or ctx does, whose end kills it with all that it has started. What it prints goes to out, whose
// error ends it. The error, if the program has ended badly, has its last words, and wraps an *exec.ExitError.
func Run(ctx context.Context, program string, args []string, out io.Writer, p Priority) error {
	ended := make(chan error, 1)
	go func() {
		// The child dies with the thread that starts it, see Attributes, and has its priority, whatever threads it makes. The thread cannot
		// have its own back, so it ends with this goroutine: it is not unlocked.
		runtime.LockOSThread()
		lower(p)
		ended <- run(ctx, program, args, out)
	}()
	return <-ended
}

// run is Run in a thread of its own.
func run(ctx context.Context, program string, args []string, out io.Writer) error {
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
	if err := cmd.Run(); err != nil {
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
