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

// refill tops acc up to 56 bits or more from buf[pos:], which has at least eight bytes.
func (r *bitReader) refill() {
	r.acc |= binary.BigEndian.Uint64(r.buf[r.pos:]) >> (r.have & 63)
	r.pos += int((63 - r.have) >> 3)
	r.have |= 56
}

// maxSymbol is the most bits that a code and its value take: of a DC coefficient, and of an AC coefficient.
const (
	maxSymbol   = 16 + 11
	maxACSymbol = 16 + 10
)

// What bitReader.block returns instead of an index.
const (
	badCode = -1 - iota
	ranOut
)

// block reads one block (F.2.2 of the standard) of component c into b, dequantized, and returns the zigzag index of its
// last coefficient that is not zero, or one of badCode and ranOut. Those that are zero are not written, and those after
// index keep are read over. The block's DC coefficient is left in c.pred.
func (r *bitReader) block(b *block, c *component, keep int) (last int) {
	if r.pos > len(r.buf)-8 {
		return ranOut
	}
	r.refill()
	e := c.dc.fast[r.acc>>(64-lutBits)]
	if e == none {
		if e = c.dc.long(r.acc); e == none {
			return badCode
		}
	}
	c.pred += e.value(r.acc)
	r.drop(e.bits())
	for last < keep {
		last, e = shortCodes(r, c.ac, &c.dequant, b, last, min(keep, 62))
		if e == none {
			if r.pos > len(r.buf)-8 {
				return ranOut
			}
			if e = c.ac.long(r.acc); e == none {
				return badCode
			}
		}
		if e.step() == endOfBlock {
			r.drop(e.bits())
			return last
		}
		k := last + e.step()
		if k > keep {
			break
		}
		last = k
		b.put(&c.dequant[k&63], e.value(r.acc))
		r.drop(e.bits())
	}
	if status := r.skip(c.ac, last); status < 0 {
		return status
	}
	return last
}

// shortCodesPlain reads AC coefficients of a block into b, dequantized, after that with the zigzag index last, as long as their
// codes have no more than lutBits and their indices are at most keep, which is below 63. It returns the index of the latest
// one, and the entry that comes next, all of whose bits are in r.acc: none where its code is longer, or the buffer ends.
func shortCodesPlain(r *bitReader, table *huffman, dequant *[64]coefficient, b *block, last, keep int) (int, entry) {
	acc, have := r.acc, r.have
	codes := 0 // lookups until the next refill
	if have >= maxACSymbol {
		codes = 1
	}
	for {
		for ; codes > 0; codes-- {
			if p := table.pairs[acc>>(64-lutBits)]; last+p.step() <= keep {
				b.put(&dequant[(last+p.firstStep())&63], p.firstValue())
				last += p.step()
				b.put(&dequant[last&63], p.value())
				acc <<= p.bits()
				have -= p.bits()
				continue
			}
			e := table.fast[acc>>(64-lutBits)]
			k := last + e.step()
			if k > keep {
				r.acc, r.have = acc, have
				return last, e
			}
			last = k
			b.put(&dequant[k&63], e.value(acc))
			acc <<= e.bits()
			have -= e.bits()
		}
		if r.pos > len(r.buf)-8 {
			r.acc, r.have = acc, have
			return last, none
		}
		acc |= binary.BigEndian.Uint64(r.buf[r.pos:]) >> (have & 63)
		r.pos += int((63 - have) >> 3)
		have |= 56
		codes = 56 / maxACSymbol
	}
}

// skip reads over the rest of a block after the coefficient with zigzag index k. It returns badCode or ranOut if it cannot.
func (r *bitReader) skip(table *huffman, k int) int {
	buf, pos, acc, have := r.buf, r.pos, r.acc, r.have
	for k < 63 {
		if have < maxACSymbol {
			if pos > len(buf)-8 {
				return ranOut
			}
			acc |= binary.BigEndian.Uint64(buf[pos:]) >> (have & 63)
			pos += int((63 - have) >> 3)
			have |= 56
		}
		s := table.skips[acc>>(64-lutBits)]
		if next := k + s.coefficients(); s != 0 && next < 63 {
			acc <<= s.bits()
			have -= s.bits()
			if s.ends() {
				break
			}
			k = next
			continue
		}
		e := table.fast[acc>>(64-lutBits)]
		if e == none {
			if e = table.long(acc); e == none {
				return badCode
			}
		}
		acc <<= e.bits()
		have -= e.bits()
		if e.step() == endOfBlock {
			break
		}
		if k += e.step(); k > 63 {
			return badCode
		}
	}
	r.pos, r.acc, r.have = pos, acc, have
	return 0
}
