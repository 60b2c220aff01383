package tflite

import (
	"os"

	"golang.org/x/sys/unix"
)

// widen makes room in a pipe for a whole image, so that it takes one write: 1 MiB is what everybody may have. With less
// it works as well, in more steps.
func widen(pipe *os.File) {
	raw, err := pipe.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) { _, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, 1<<20) })
}
