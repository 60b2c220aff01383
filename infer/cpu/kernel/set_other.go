//go:build !amd64 || purego

package kernel

func available() []*Set { return []*Set{Plain()} }
