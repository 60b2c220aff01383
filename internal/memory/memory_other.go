//go:build !linux

package memory

// total is not known.
func total() int64 { return 0 }
