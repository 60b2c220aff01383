package cpu

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// unknownCPU is the CPU of a thread of which nobody knows where it runs.
const unknownCPU = -1

// currentCPU is where the calling thread runs, or unknownCPU.
func currentCPU() int32 {
	var cpu uint32
	if _, _, errno := unix.RawSyscall(unix.SYS_GETCPU, uintptr(unsafe.Pointer(&cpu)), 0, 0); errno != 0 {
		return unknownCPU
	}
	return int32(cpu)
}

// mover moves a thread to another CPU.
type mover struct {
	own, free unix.CPUSet
	refused   bool
}

// leave moves the calling thread to a CPU that it may use and where none of others computes. It may run everywhere
// afterwards, as before. If there is no such CPU, or moving is forbidden (as by the systemd unit), it stays.
func (m *mover) leave(others []*member) {
	if m.refused || unix.SchedGetaffinity(0, &m.own) != nil {
		return
	}
	m.free = m.own
	for _, o := range others {
		if cpu := o.cpu.Load(); cpu != unknownCPU {
			m.free.Clear(int(cpu))
		}
	}
	if m.free.Count() == 0 {
		return
	}
	m.refused = unix.SchedSetaffinity(0, &m.free) != nil
	if !m.refused {
		unix.SchedSetaffinity(0, &m.own)
	}
}
