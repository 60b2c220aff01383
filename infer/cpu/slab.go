package cpu

// slab is memory in large pieces for constants of many sizes, each of which begins with a cache line. By itself, each would
// be rounded up to a size that Go has.
type slab struct{ rest []uint8 }

// slabBytes is the size of a piece. What nothing was written to takes no memory.
const slabBytes = 1 << 20

// keep is a copy of data.
func (s *slab) keep(data []uint8) []uint8 {
	size := ceil(len(data), alignment) * alignment
	if size > len(s.rest) {
		s.rest = aligned(max(size, slabBytes))
	}
	kept := s.rest[:len(data):len(data)]
	s.rest = s.rest[size:]
	copy(kept, data)
	return kept
}
