//go:build !linux

package proc

import (
	"os"
	"syscall"
)

// Attributes asks for nothing: process groups are handled on Linux only.
func Attributes() *syscall.SysProcAttr { return nil }

// KillGroup kills the child.
func KillGroup(p *os.Process, _ <-chan struct{}) {
	_ = p.Kill() // an error means that it has ended
}

// LimitMemory does nothing: memory is bounded on Linux only.
func LimitMemory(int, uint64) {}

// TotalMemory is not known here.
func TotalMemory() uint64 { return 0 }

func lower(Priority) {}
