package kernel

import (
	"encoding/binary"
	"slices"
)

// Box describes a copy of an n-dimensional block of elements between two arrays of bytes: their size, where the first one
// is in either, and how they go on from there. It is a single element if there are no dimensions.
type Box struct {
	Size     int // bytes of an element
	Dst, Src int // of the first, in bytes
	Dims     []Dim
}

// Dim is a dimension of a Box: how many there are, and how many bytes lie between neighbours in the two arrays. Between those
// of the source there may be none, or less than none.
type Dim struct{ N, Dst, Src int }

// Simplify is the same copy with as few dimensions and as large elements as can be.
func (b Box) Simplify() Box {
	dims := slices.DeleteFunc(slices.Clone(b.Dims), func(d Dim) bool { return d.N == 1 })
	for i := len(dims) - 1; i > 0; i-- {
		outer, inner := &dims[i-1], dims[i]
		if outer.Dst == inner.N*inner.Dst && outer.Src == inner.N*inner.Src {
			*outer = Dim{outer.N * inner.N, inner.Dst, inner.Src}
			dims = slices.Delete(dims, i, i+1)
		}
	}
	if n := len(dims); n > 0 && dims[n-1].Dst == b.Size && dims[n-1].Src == b.Size {
		b.Size *= dims[n-1].N
		dims = dims[:n-1]
	}
	b.Dims = dims
	return b
}

// Copy copies the block.
func (b *Box) Copy(dst, src []byte) { copyDims(dst, src, b.Dst, b.Src, b.Size, b.Dims) }

// Part copies elements from … to-1 of the first dimension, of which there has to be one.
func (b *Box) Part(dst, src []byte, from, to int) {
	first := b.Dims[0]
	d, s := b.Dst+from*first.Dst, b.Src+from*first.Src
	first.N = to - from
	if len(b.Dims) == 1 {
		copyRow(dst, src, d, s, b.Size, first)
		return
	}
	if len(b.Dims) == 2 {
		copyPlane(dst, src, d, s, b.Size, first, b.Dims[1])
		return
	}
	for range first.N {
		copyDims(dst, src, d, s, b.Size, b.Dims[1:])
		d, s = d+first.Dst, s+first.Src
	}
}

func copyDims(dst, src []byte, d, s, size int, dims []Dim) {
	switch len(dims) {
	case 0:
		copy(dst[d:d+size], src[s:])
	case 1:
		copyRow(dst, src, d, s, size, dims[0])
	case 2:
		copyPlane(dst, src, d, s, size, dims[0], dims[1])
	default:
		for range dims[0].N {
			copyDims(dst, src, d, s, size, dims[1:])
			d, s = d+dims[0].Dst, s+dims[0].Src
		}
	}
}

// copyPlane copies elements along two dimensions, in rows along the second, or the first if those would be short.
func copyPlane(dst, src []byte, d, s, size int, rows, row Dim) {
	const short = 8
	if row.N < short && row.N < rows.N {
		rows, row = row, rows
	}
	for range rows.N {
		copyRow(dst, src, d, s, size, row)
		d, s = d+rows.Dst, s+rows.Src
	}
}

// copyRow copies elements along one dimension.
func copyRow(dst, src []byte, d, s, size int, along Dim) {
	native := binary.NativeEndian
	switch {
	case along.Src == 0 && along.Dst == size:
		Repeat(dst[d:d+along.N*size], src[s:s+size])
	case size == 1:
		for range along.N {
			dst[d] = src[s]
			d, s = d+along.Dst, s+along.Src
		}
	case size == 4:
		for range along.N {
			native.PutUint32(dst[d:], native.Uint32(src[s:]))
			d, s = d+along.Dst, s+along.Src
		}
	case size == 8:
		for range along.N {
			native.PutUint64(dst[d:], native.Uint64(src[s:]))
			d, s = d+along.Dst, s+along.Src
		}
	default:
		for range along.N {
			copy(dst[d:d+size], src[s:])
			d, s = d+along.Dst, s+along.Src
		}
	}
}

// Repeat fills dst with copies of one, whose length divides its own: twice as many each time.
func Repeat(dst, one []byte) {
	for n := copy(dst, one); n < len(dst); n *= 2 {
		copy(dst[n:], dst[:n])
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
