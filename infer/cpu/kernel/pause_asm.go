//go:build amd64 || arm64

package kernel

// Pause tells the processor that this goroutine waits in a loop.
func Pause()
