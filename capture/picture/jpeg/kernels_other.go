//go:build (!amd64 && !arm64) || purego

package jpeg

// available lists what this processor can do, the fastest first.
func available() []kernels { return []kernels{plain()} }
