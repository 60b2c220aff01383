package kernel

// MaxDims is the greatest rank of a [Box].
const MaxDims = 8

// Box describes a copy of an n-dimensional block between two arrays: how far apart neighbours along each dimension are
// in either, in elements, and where the block starts.
type Box struct {
	N                  int // dimensions in use
	Dims               [MaxDims]int
	DstStep, SrcStep   [MaxDims]int
	DstStart, SrcStart int
}

// Copy copies the block.
func Copy[T any](dst, src []T, b *Box) { copyDim(dst[b.DstStart:], src[b.SrcStart:], b, 0) }

func copyDim[T any](dst, src []T, b *Box, dim int) {
	if dim == b.N {
		dst[0] = src[0]
		return
	}
	n, ds, ss := b.Dims[dim], b.DstStep[dim], b.SrcStep[dim]
	if dim == b.N-1 && ds == 1 && ss == 1 {
		copy(dst[:n], src[:n])
		return
	}
	for i := range n {
		copyDim(dst[i*ds:], src[i*ss:], b, dim+1)
	}
}

// Fill sets all of dst to x.
func Fill[T any](dst []T, x T) {
	if len(dst) == 0 {
		return
	}
	// A short run by hand, then copies of what is there, twice as much each time.
	n := min(len(dst), 16)
	for i := range n {
		dst[i] = x
	}
	for ; n < len(dst); n *= 2 {
		copy(dst[n:], dst[:n])
	}
}
