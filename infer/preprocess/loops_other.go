//go:build (!arm64 && !amd64) || purego

package preprocess

// available lists the loops that this machine can run, fastest first.
func available() []*loops { return []*loops{plain()} }
