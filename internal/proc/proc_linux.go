package proc

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
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

// LimitMemory bounds the memory that a child may have of its own, in bytes. A kernel that refuses leaves it unbounded.
func LimitMemory(pid int, bytes uint64) {
	_ = unix.Prlimit(pid, unix.RLIMIT_DATA, &unix.Rlimit{Cur: bytes, Max: bytes}, nil)
}

// TotalMemory is the machine's, in bytes; 0 if the kernel does not say.
func TotalMemory() uint64 {
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) != nil {
		return 0
	}
	return uint64(info.Totalram) * uint64(info.Unit)
}

// lower gives the calling thread a priority, which what it starts has too (setpriority(2)). Without leave to do so it keeps its own.
func lower(p Priority) {
	if p != Usual {
		_ = unix.Setpriority(unix.PRIO_PROCESS, 0, int(p)) // 0: the calling thread
	}
}
