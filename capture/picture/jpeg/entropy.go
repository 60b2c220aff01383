package jpeg

import (
	"bytes"
	"encoding/binary"
)

// padding is the zero bytes after an interval: what a reader may load past its end before it notices.
const padding = 16

// unstuff copies the entropy-coded interval at the start of src to dst without the zero bytes stuffed after each 0xFF,
// and returns the bytes written and the bytes of src up to the marker that ends it, or to the end of src. dst must be as
// long as src.
func unstuff(dst, src []byte) (n, used int) {
	for {
		i := bytes.IndexByte(src[used:], 0xFF)
		if i < 0 {
			n += copy(dst[n:], src[used:])
			return n, len(src)
		}
		n += copy(dst[n:], src[used:used+i])
		used += i
		next := used + 1
		for next < len(src) && src[next] == 0xFF { // fill bytes
			next++
		}
		if next == len(src) || src[next] != 0 {
			return n, used
		}
		dst[n] = 0xFF
		n++
		used = next + 1
	}
}

// bitReader reads one entropy-coded interval, most significant bit first.
type bitReader struct {
	buf  []byte // the interval without stuffing, and padding zero bytes
	pos  int    // the next byte of buf to count into acc
	acc  uint64 // unread bits from the top; below the n that count may be bits of buf[pos:]
	have uint   // bits in acc that count
}

// reset starts an interval.
func (r *bitReader) reset(buf []byte) { *r = bitReader{buf: buf} }

// overrun reports whether more bits were read than there are.
func (r *bitReader) overrun() bool { return 8*r.pos-int(r.have) > 8*(len(r.buf)-padding) }

// refill tops acc up to 56 bits or more from buf[pos:], which has at least eight bytes, and returns the new state.
func refill(buf []byte, pos int, acc uint64, have uint) (int, uint64, uint) {
	acc |= binary.BigEndian.Uint64(buf[pos:]) >> (have & 63)
	return pos + int((63-have)>>3), acc, have | 56
}

// maxSymbol is the most bits that a code and its value take.
const maxSymbol = 16 + 11

// What bitReader.block returns instead of an index.
const (
	badCode = -1 - iota
	ranOut
)

// block reads one block (F.2.2 of the standard) of component c into b, dequantized, and returns the zigzag index of its
// last coefficient that is not zero, or one of badCode and ranOut. Coefficients after index keep are read over; where
// the result is 0 or less, b is not touched. The block's DC coefficient is left in c.pred.
func (r *bitReader) block(b *block, c *component, keep int) int {
	buf, pos, acc, have := r.buf, r.pos, r.acc, r.have
	if pos > len(buf)-8 {
		return ranOut
	}
	pos, acc, have = refill(buf, pos, acc, have)
	e := c.dc.fast[acc>>(64-lutBits)]
	if e == 0 {
		if e = c.dc.long(acc); e == 0 {
			return badCode
		}
	}
	c.pred += e.value(acc)
	acc <<= e.bits()
	have -= e.bits()

	last := 0
	for k := 1; k < 64; k++ {
		if have < maxSymbol {
			if pos > len(buf)-8 {
				return ranOut
			}
			pos, acc, have = refill(buf, pos, acc, have)
		}
		if k > keep {
			s := c.ac.skips[acc>>(64-lutBits)]
			if next := k + s.coefficients(); s != 0 && next < 64 {
				acc <<= s.bits()
				have -= s.bits()
				if s.ends() {
					break
				}
				k = next - 1
				continue
			}
		}
		e := c.ac.fast[acc>>(64-lutBits)]
		if e == 0 {
			if e = c.ac.long(acc); e == 0 {
				return badCode
			}
		}
		k += e.run()
		if k <= keep {
			last = k
			b.put(&c.dequant[k&63], e.value(acc))
		}
		acc <<= e.bits()
		have -= e.bits()
		if k > 63 {
			if e.run() != endOfBlock {
				return badCode
			}
			break
		}
	}
	r.pos, r.acc, r.have = pos, acc, have
	return last
}
