//go:build !purego

package kernel

// listPacker is the memory in which panels are arranged whose size depends on their weights.
type listPacker struct {
	steps stepPacker
	sse   ssePacker
}
