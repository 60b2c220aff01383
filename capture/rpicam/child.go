package rpicam

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/internal/proc"
)

// programs are the names of the program: today's, and that of systems before Debian 12.
var programs = []string{"rpicam-vid", "libcamera-vid"}

// child is a running rpicam-vid.
type child struct {
	name   string
	cmd    *exec.Cmd
	out    *os.File // what it writes; closed by kill
	said   proc.Tail
	exited chan struct{} // closed once the child has ended and err is set
	err    error
}

// startChild starts the first of programs that is installed.
func startChild(args []string) (*child, error) {
	path, name := "", ""
	for _, name = range programs {
		p, err := exec.LookPath(name)
		if err == nil {
			path = p
			break
		}
	}
	if path == "" {
		return nil, fmt.Errorf("rpicam: neither %s is installed: sudo apt install rpicam-apps", strings.Join(programs, " nor "))
	}
	out, in, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("rpicam: %w", err)
	}
	c := &child{name: name, cmd: exec.Command(path, args...), out: out, exited: make(chan struct{})}
	c.cmd.Stdout, c.cmd.Stderr = in, &c.said
	c.cmd.WaitDelay = time.Second // for a grandchild that keeps stderr open
	c.cmd.SysProcAttr = proc.Attributes()
	started := make(chan error, 1)
	go c.watch(started)
	err = <-started
	_ = in.Close() // ours; the child has its own
	if err != nil {
		_ = out.Close()
		return nil, fmt.Errorf("rpicam: start %s: %v: %w", path, err, capture.ErrLost)
	}
	return c, nil
}

// watch starts the child and waits for its end. Linux kills the child when the thread that started it ends
// (PR_SET_PDEATHSIG), so this goroutine keeps its thread for as long as the child lives.
func (c *child) watch(started chan<- error) {
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

// kill ends the child and waits until it is gone. Only the first call counts.
func (c *child) kill() {
	proc.KillGroup(c.cmd.Process, c.exited)
	<-c.exited
	_ = c.out.Close() // unblocks a reader if a grandchild still holds the other end
}

// reason turns the end of the pipe into what the child had to say about it. Bad frames pass through.
func (c *child) reason(err error) error {
	if err == nil || errors.Is(err, capture.ErrBadFrame) {
		return err
	}
	// It closed its output, so it is ending; if it is not, it is of no more use.
	timer := time.AfterFunc(time.Second, func() { proc.KillGroup(c.cmd.Process, c.exited) })
	defer timer.Stop()
	<-c.exited
	state := "ended"
	if c.err != nil {
		state = "ended (" + c.err.Error() + ")"
	}
	if said := c.said.String(); said != "" {
		state += ": " + said
	}
	return fmt.Errorf("rpicam: %s %s: %w", c.name, state, capture.ErrLost)
}
