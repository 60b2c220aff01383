//go:build !purego

package preprocess

import "golang.org/x/sys/cpu"

// available lists the loops that this machine can run, fastest first. Not every 32-bit Arm has NEON.
func available() []*loops {
	if !cpu.ARM.HasNEON {
		return []*loops{plain()}
	}
	return []*loops{neon(), plain()}
}

// neon leaves lookups to plain Go, which vectors are no help for.
func neon() *loops {
	l := plain()
	l.name, l.sweep, l.accumulate, l.readRGB, l.readHalf = "neon", sweep, accumulate, readRGB, readHalf
	return l
}
