//go:build (!amd64 && !arm && !arm64) || purego

package kernel

// table lists plain Go only.
func table() []candidate { return []candidate{plain} }
