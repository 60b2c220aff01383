package measure

import (
	"syscall"
	"testing"
	"time"
)

// Processor is what this process has had of the processors so far: how much work something is, however busy the machine.
func Processor(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
