package tflite

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// childAttributes puts the child into a process group of its own, so that Ctrl-C in the terminal is this program's to
// handle, and has the kernel kill it if this program dies.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// killGroup kills the child with all it may have started, unless it has ended.
func killGroup(p *os.Process, exited <-chan struct{}) {
	select {
	case <-exited: // its number may be another's by now
	default:
		_ = syscall.Kill(-p.Pid, syscall.SIGKILL) // ESRCH: it has just ended
	}
}

// widen makes room in a pipe for a whole image, so that it takes one write: 1 MiB is what everybody may have. With less
// it works as well, in more steps.
func widen(pipe *os.File) {
	raw, err := pipe.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) { _, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, 1<<20) })
}
