package cpu

import "unsafe"

// slab is memory in large pieces for constants of many sizes, each of which begins with a cache line. By itself, each would
// be rounded up to a size that Go has.
type slab struct{ rest []uint8 }

// slabBytes is the size of a piece. What nothing was written to takes no memory.
const slabBytes = 1 << 20

// newSlab makes a slab for about so many bytes: what they fill of huge pages is in these, the rest in pieces.
func newSlab(bytes int64) slab {
	if bytes < 2*hugePage {
		return slab{}
	}
	return slab{inHugePages(int(bytes &^ (hugePage - 1)))}
}

// take is n bytes, all 0.
func (s *slab) take(n int) []uint8 {
	size := ceil(n, alignment) * alignment
	if size > len(s.rest) {
		s.rest = aligned(max(size, slabBytes))
	}
	taken := s.rest[:n:n]
	s.rest = s.rest[size:]
	return taken
}

// keep is a copy of data.
func (s *slab) keep(data []uint8) []uint8 {
	kept := s.take(len(data))
	copy(kept, data)
	return kept
}

// numbers is n numbers, all 0.
func (s *slab) numbers(n int) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(s.take(4*n)))), n)
}
