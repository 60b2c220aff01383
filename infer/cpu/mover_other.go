//go:build !linux

package cpu

// unknownCPU is the CPU of a thread of which nobody knows where it runs.
const unknownCPU = -1

// currentCPU is where the calling thread runs: here, unknown.
func currentCPU() int32 { return unknownCPU }

// mover moves a thread to another CPU: here, nothing.
type mover struct{}

func (*mover) leave([]*member) {}
