// Package child runs a program that writes frames to its standard output, and sees to its end: it ends with its source,
// or with this process, whatever happens to that.
package child

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"time"

	"github.com/inceptiond/inceptiond/internal/proc"
)

// Child is a running program.
type Child struct {
	Out *os.File // what it writes; closed by Kill

	cmd    *exec.Cmd
	in     *os.File      // its standard input, this end; nil without one
	exited chan struct{} // closed once the child has ended and err is set
	err    error
}

// Start starts the program at path. What it writes to standard error goes to said, which must not block. With input, it has a
// pipe as its standard input, on which [Child.Tell] writes.
func Start(path string, args []string, input bool, said io.Writer) (*Child, error) {
	out, theirs, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	c := &Child{Out: out, cmd: exec.Command(path, args...), exited: make(chan struct{})}
	c.cmd.Stdout, c.cmd.Stderr = theirs, said
	c.cmd.WaitDelay = time.Second // for a grandchild that keeps stderr open
	c.cmd.SysProcAttr = proc.Attributes()
	ends := []*os.File{theirs} // the child's; it has its own copies once it runs
	if input {
		in, ours, err := os.Pipe()
		if err != nil {
			return nil, errors.Join(err, out.Close(), theirs.Close())
		}
		c.cmd.Stdin, c.in = in, ours
		ends = append(ends, in)
	}
	started := make(chan error, 1)
	go c.watch(started)
	err = <-started
	for _, f := range ends {
		_ = f.Close() // nothing was written to it
	}
	if err != nil {
		if c.in != nil {
			_ = c.in.Close()
		}
		return nil, errors.Join(err, out.Close())
	}
	return c, nil
}

// watch starts the child and waits for its end. Linux kills the child when the thread that started it ends
// (PR_SET_PDEATHSIG), so this goroutine keeps its thread for as long as the child lives.
func (c *Child) watch(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := c.cmd.Start()
	started <- err
	if err != nil {
		return
	}
	c.err = c.cmd.Wait()
	close(c.exited)
}

// Pid is the child's number.
func (c *Child) Pid() int { return c.cmd.Process.Pid }

// Tell writes text to the child's standard input and closes that: once. Text that is longer than a pipe holds (64 KiB on
// Linux) blocks until the child has read it. An error means that the child has ended.
func (c *Child) Tell(text []byte) error {
	_, err := c.in.Write(text)
	return errors.Join(err, c.in.Close())
}

// Kill ends the child and waits until it is gone. Later calls do nothing.
func (c *Child) Kill() {
	proc.KillGroup(c.cmd.Process, c.exited)
	<-c.exited
	_ = c.Out.Close() // unblocks a reader if a grandchild still holds the other end
}

// Ended waits for the end of a child that has closed its output, or does something else that no healthy one does. One that
// has not ended a second later is killed. It returns how the child ended: "ended", "ended (exit status 1)".
func (c *Child) Ended() string {
	timer := time.AfterFunc(time.Second, func() { proc.KillGroup(c.cmd.Process, c.exited) })
	defer timer.Stop()
	<-c.exited
	if c.err != nil {
		return "ended (" + c.err.Error() + ")"
	}
	return "ended"
}
