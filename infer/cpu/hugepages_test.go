package cpu

import (
	"testing"
	"unsafe"
)

// TestSlabPieces holds that what a slab gives begins with a cache line, does not overlap, is zero, and that the pieces of a large
// model's slab begins with a huge page.
func TestSlabPieces(t *testing.T) {
	for _, bytes := range []int64{0, 2*hugePage - 1, 2 * hugePage} {
		s := newSlab(bytes)
		var end, pieces int
		for i, n := range []int{1, 100, 1 << 20, 5*hugePage + 1, 3, 64} {
			b := s.take(n)
			at := int(uintptr(unsafe.Pointer(&b[0])))
			if at%alignment != 0 || len(b) != n || cap(b) != n {
				t.Errorf("of %d: %d bytes of %d at %#x", bytes, len(b), cap(b), at)
			}
			if at != end {
				pieces++
				if i == 0 && bytes >= 2*hugePage && at%hugePage != 0 {
					t.Errorf("of %d: the first piece begins at %#x", bytes, at)
				}
			}
			end = at + (n+alignment-1)&^(alignment-1)
			for _, v := range b {
				if v != 0 {
					t.Fatalf("of %d: number %d is not zero", bytes, i)
				}
			}
			for j := range b {
				b[j] = 255
			}
		}
		if pieces < 2 {
			t.Errorf("of %d: %d pieces", bytes, pieces)
		}
	}
}

// TestAlignedHuge holds where memory begins that is large enough for huge pages, and that it is as long as asked.
func TestAlignedHuge(t *testing.T) {
	for n, begin := range map[int]uintptr{1: alignment, hugePage: alignment, 2 * hugePage: hugePage, 5*hugePage + 7: hugePage} {
		b := aligned(n)
		if at := uintptr(unsafe.Pointer(&b[0])); at%begin != 0 || len(b) != n || cap(b) != n {
			t.Errorf("%d bytes: %d of %d at %#x", n, len(b), cap(b), at)
		}
		b[n-1] = 1
	}
}
