//go:build (!amd64 && !arm && !arm64) || purego

package preprocess

// available lists the loops that this machine can run, fastest first.
func available() []*loops { return []*loops{plain()} }
