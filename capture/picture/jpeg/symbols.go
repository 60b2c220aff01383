package jpeg

// symbols is a Huffman table that yields bare symbols, for progressive pictures, where they mean more than values.
type symbols struct {
	spec   [16 + 256]byte // as in huffman; what the rest is made of
	n      int
	fast   [256]uint16 // by the next 8 bits: length<<8 | symbol; 0: a longer code, or none
	limit  [17]uint32  // as in huffman
	offset [17]int32
}

// make readies the table for the specification that h has.
func (t *symbols) make(h *huffman) error {
	if t.n == h.n && t.spec == h.spec {
		return nil
	}
	*t = symbols{}
	code, k := uint32(0), 0
	for length := 1; length <= 16; length++ {
		t.offset[length] = int32(k) - int32(code)
		for range h.spec[length-1] {
			if code >= 1<<length {
				return malformed("huffman table with more codes than there are")
			}
			if length <= 8 {
				first := code << (8 - length)
				for i := range uint32(1) << (8 - length) {
					t.fast[first+i] = uint16(length)<<8 | uint16(h.spec[16+k])
				}
			}
			code, k = code+1, k+1
		}
		t.limit[length] = code << (16 - length)
		code <<= 1
	}
	t.spec, t.n = h.spec, h.n
	return nil
}

// fill makes sure that the reader has the bits of a code and its value; false if the interval has ended.
func (r *bitReader) fill() bool {
	if r.have >= maxSymbol+16 {
		return true
	}
	if r.pos > len(r.buf)-8 {
		return false
	}
	r.refill()
	return true
}

// symbol reads a symbol; negative if there is no such code.
func (r *bitReader) symbol(t *symbols) int {
	if e := t.fast[r.acc>>56]; e != 0 {
		r.drop(uint(e >> 8))
		return int(e & 0xFF)
	}
	code := uint32(r.acc >> 48)
	for length := 9; length <= 16; length++ {
		if code < t.limit[length] {
			k := int32(code>>(16-length)) + t.offset[length]
			if k < 0 {
				return badCode
			}
			r.drop(uint(length))
			return int(t.spec[16+uint8(k)])
		}
	}
	return badCode
}

// number reads the value that follows a symbol.
func (r *bitReader) number(size int) int32 {
	v := extend(r.acc, uint(size))
	r.drop(uint(size))
	return v
}

// take reads n bits, 16 at most.
func (r *bitReader) take(n int) uint {
	v := uint(r.acc >> 1 >> (63 - n))
	r.drop(uint(n))
	return v
}

func (r *bitReader) drop(n uint) {
	r.acc <<= n & 63
	r.have -= n
}
