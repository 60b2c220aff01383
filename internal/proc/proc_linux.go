package proc

import (
	"os"
	"syscall"
)

// Attributes puts the child into a process group of its own, so that Ctrl-C in the terminal is this program's to
// handle, and has the kernel kill it if this program dies.
func Attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// KillGroup kills the child with all it may have started, unless it has ended.
func KillGroup(p *os.Process, exited <-chan struct{}) {
	select {
	case <-exited: // its number may be another's by now
	default:
		_ = syscall.Kill(-p.Pid, syscall.SIGKILL) // ESRCH: it has just ended
	}
}
