//go:build !amd64 || purego

package kernel

// listPacker is nothing where no set has lists.
type listPacker struct{}
