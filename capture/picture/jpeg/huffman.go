package jpeg

import "bytes"

// lutBits is how many bits one lookup resolves. Ten keep what the four tables of a picture use within a cache of 32 KB.
const lutBits = 10

// entry is what a lookup yields: a code and, where all of it lies within lutBits, also the value that follows it.
//
//	bits 0-5    bits to drop: code and value
//	bit  6      wide: the value is still to be read, its last size bits
//	bits 8-15   step: how many coefficients further this one is, as those between are zero; endOfBlock ends the block
//	bits 16-31  the value, signed; or its size, if wide
type entry uint32

const (
	entryBits  = 63
	entryWide  = 1 << 6
	endOfBlock = 64
	none       = entry(128 << 8) // no code of at most lutBits begins like this: further than any coefficient
)

func (e entry) bits() uint { return uint(e & entryBits) }
func (e entry) step() int  { return int(e >> 8 & 0xFF) }

// value is the coefficient, where acc holds the unread bits, first bit on top.
func (e entry) value(acc uint64) int32 {
	if e&entryWide == 0 {
		return int32(e) >> 16
	}
	size := uint(e >> 16)
	return extend(acc<<((e.bits()-size)&63), size)
}

// extend is the value that the top size bits of acc stand for (F.2.2.1 of the standard): those with a leading 0 are
// negative.
func extend(acc uint64, size uint) int32 {
	v := int32(acc >> 1 >> ((63 - size) & 63))
	negative := int32(int64(^acc) >> 63)
	return v + negative&(1-1<<(size&31))
}

// pair is what a lookup yields for two coefficients whose codes and values lie within lutBits, or for one, twice.
//
//	bits 0-5    bits to drop
//	bits 8-15   step: how many coefficients further the last one is; further than any if there is none, or something else comes first
//	bits 16-23  the first one's step
//	bits 32-47  the first one's value, signed
//	bits 48-63  the last one's
type pair uint64

const noPair = pair(128 << 8)

func (p pair) bits() uint        { return uint(p & entryBits) }
func (p pair) step() int         { return int(p >> 8 & 0xFF) }
func (p pair) firstStep() int    { return int(p >> 16 & 0xFF) }
func (p pair) firstValue() int32 { return int32(int16(p >> 32)) }
func (p pair) value() int32      { return int32(int64(p) >> 48) }

// skip is what a lookup yields where coefficients are not needed: as many whole symbols as lie within lutBits.
//
//	bits 0-3    bits to drop; 0: not one symbol
//	bit  7      the last symbol ends the block
//	bits 8-15   the coefficients that the symbols before that stand for, zero or not
type skip uint16

const skipEnds = 1 << 7

func (s skip) bits() uint        { return uint(s & 15) }
func (s skip) ends() bool        { return s&skipEnds != 0 }
func (s skip) coefficients() int { return int(s >> 8) }

// huffman is a Huffman table ready for decoding.
type huffman struct {
	fast  [1 << lutBits]entry // by the next bits
	skips [1 << lutBits]skip  // the same
	pairs [1 << lutBits]pair  // the same

	// For longer codes: those of length n, as numbers, are below limit[n]>>(16-n), and code's entry is at code+offset[n].
	entries [256]entry
	limit   [17]uint32 // the first code that is longer, extended to 16 bits
	offset  [17]int32

	spec [16 + 256]byte // what the table is made of
	n    int            // bytes of spec
	made bool           // the rest is of that specification
}

// define takes a specification as in a DHT segment: 16 counts and the symbols. The table is made of it when it is used.
func (h *huffman) define(spec []byte) {
	if !bytes.Equal(h.spec[:h.n], spec) {
		h.n = copy(h.spec[:], spec)
		h.made = false
	}
}

// make readies the table for decoding, where symbol says what its symbols mean. Those that mean nothing become codes
// that decode to nothing.
func (h *huffman) make(symbol func(byte) (step, size int, ok bool)) error {
	if h.made {
		return nil
	}
	for i := range h.fast {
		h.fast[i] = none
	}
	code, k := uint32(0), 0
	for length := 1; length <= 16; length++ {
		h.offset[length] = int32(k) - int32(code)
		for range h.spec[length-1] {
			if code >= 1<<length {
				return malformed("huffman table with more codes than there are")
			}
			h.entries[k] = none
			if step, size, ok := symbol(h.spec[16+k]); ok {
				h.entries[k] = entry(length+size) | entryWide | entry(step)<<8 | entry(size)<<16
				h.fill(code, length, h.entries[k])
			}
			code, k = code+1, k+1
		}
		h.limit[length] = code << (16 - length)
		code <<= 1
	}
	for i := range h.skips {
		h.skips[i] = h.skip(uint(i))
		h.pairs[i] = h.pair(uint(i))
	}
	h.made = true
	return nil
}

// pair finds up to two coefficients in lutBits bits.
func (h *huffman) pair(bits uint) pair {
	first := h.fast[bits]
	if !first.coefficient() {
		return noPair
	}
	last, drop, step := first, first.bits(), first.step()
	if e := h.fast[bits<<drop&(1<<lutBits-1)]; e.coefficient() && drop+e.bits() <= lutBits {
		last, drop, step = e, drop+e.bits(), step+e.step()
	}
	values := pair(uint16(first>>16))<<32 | pair(uint16(last>>16))<<48
	return values | pair(drop) | pair(step)<<8 | pair(first.step())<<16
}

// coefficient tells whether an entry has a coefficient and its value.
func (e entry) coefficient() bool { return e&entryWide == 0 && e.step() < endOfBlock }

// skip finds the whole symbols in lutBits bits.
func (h *huffman) skip(bits uint) (s skip) {
	for {
		e := h.fast[bits<<s.bits()&(1<<lutBits-1)]
		if e == none || s.bits()+e.bits() > lutBits {
			return s // it takes bits that are not there
		}
		s += skip(e.bits())
		if e.step() == endOfBlock {
			return s | skipEnds
		}
		s += skip(e.step()) << 8
	}
}

// fill enters a code into the lookup table, with its value wherever the index holds all of it.
func (h *huffman) fill(code uint32, length int, wide entry) {
	if length > lutBits {
		return
	}
	first := code << (lutBits - length)
	n := uint32(1) << (lutBits - length)
	for i := first; i < first+n; i++ {
		h.fast[i] = wide
		if wide.bits() <= lutBits {
			v := wide.value(uint64(i) << (64 - lutBits))
			h.fast[i] = entry(v)<<16 | wide&0xFF00 | entry(wide.bits())
		}
	}
}

// long looks up a code of more than lutBits at the top of acc; none if there is no such code.
func (h *huffman) long(acc uint64) entry {
	code := uint32(acc >> 48)
	if code < h.limit[lutBits] {
		return none // a shorter code, of a symbol that means nothing
	}
	for length := lutBits + 1; length <= 16; length++ {
		if code < h.limit[length] {
			return h.entries[uint8(int32(code>>(16-length))+h.offset[length])]
		}
	}
	return none
}

// dcSymbol reads a symbol of a DC table: the size of the difference (table F.1 of the standard).
func dcSymbol(s byte) (step, size int, ok bool) { return 0, int(s), s <= 11 }

// acSymbol reads a symbol of an AC table: a run of zeros and the size of the coefficient after it (table F.2).
func acSymbol(s byte) (step, size int, ok bool) {
	step, size = int(s>>4)+1, int(s&15)
	switch {
	case s == 0:
		return endOfBlock, 0, true
	case size == 0: // ZRL: 16 zeros, the last of which counts as a coefficient
		return step, 0, step == 16
	}
	return step, size, size <= 10
}
