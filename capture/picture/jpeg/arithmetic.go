package jpeg

// Arithmetic coding (annex D of the standard, and F.1.4, F.2.4 and G.1.3 for what the decisions mean).

// conditioning is what DAC segments set (B.2.4.3 of the standard), by number of table.
type conditioning struct {
	lower, upper [4]byte // DC: the bounds of a small difference, as exponents
	kx           [4]byte // AC: the last zigzag index of low frequencies
}

func defaultConditioning() conditioning {
	return conditioning{upper: [4]byte{1, 1, 1, 1}, kx: [4]byte{5, 5, 5, 5}}
}

// parseDAC reads conditioning values.
func (t *tables) parseDAC(b []byte) error {
	for ; len(b) >= 2; b = b[2:] {
		class, id, v := b[0]>>4, b[0]&15, b[1]
		switch {
		case class > 1 || id > 3:
			return malformed("conditioning table %d of class %d", id, class)
		case class == 1:
			t.conditioning.kx[id] = v
		case v&15 > v>>4:
			return malformed("conditioning from %d to %d", v&15, v>>4)
		default:
			t.conditioning.lower[id], t.conditioning.upper[id] = v&15, v>>4
		}
	}
	return nil
}

// arithmetic decodes binary decisions. It is in the terms of figures D.14 to D.18 of the standard, save that code is one
// number, whose low bits are read ahead.
type arithmetic struct {
	conditioning
	buf      []byte // the interval without stuffing; behind it come zeros
	pos      int
	code     uint32 // the code register, over ahead bits that were read ahead
	interval uint32 // the register A
	ahead    int

	dc [4][49]state // statistics by table (F.1.4.4.1.3)
	ac [4][245]state
	// evens is a state of even odds that never changes. It is written to, as any state is.
	evens state
}

// state is what is expected of a decision: the more probable value in the top bit, and an index into estimates.
type state uint8

const probable = 0x80

// How many zero bytes may be read behind the data: an encoder leaves out zeros at its end, and a decoder reads ahead. Where
// a marker says that it ends there, more may be missing, though not in any picture that was seen.
const (
	spare       = 4
	spareMarked = 64
)

// arithmetic returns the decoder of decisions, for a scan.
func (d *Decoder) arithmetic() *arithmetic {
	if d.coder == nil {
		d.coder = new(arithmetic)
	}
	d.coder.conditioning = d.tables.conditioning
	return d.coder
}

// reset starts an interval.
func (a *arithmetic) reset(buf []byte) {
	a.dc, a.ac, a.evens = [4][49]state{}, [4][245]state{}, evenOdds
	a.buf, a.pos = buf, 0
	a.code = a.next()<<8 | a.next()
	a.interval, a.ahead = 0x10000, 0
}

// next is the next byte of the interval, 0 behind its end.
func (a *arithmetic) next() (b uint32) {
	if a.pos < len(a.buf) {
		b = uint32(a.buf[a.pos])
	}
	a.pos++
	return b
}

// overrun reports whether more was read than can belong to the interval.
func (a *arithmetic) overrun(marked bool) bool {
	if marked {
		return a.pos > len(a.buf)+spareMarked
	}
	return a.pos > len(a.buf)+spare
}

// bit decodes a decision (figures D.15 to D.17 of the standard).
func (a *arithmetic) bit(s *state) int {
	now := *s
	e := &estimates[now&^probable]
	a.interval -= uint32(e.qe)
	value := now >> 7
	lower := a.interval << a.ahead // where the sub-interval of the less probable value begins
	switch less := a.code >= lower; {
	case !less && a.interval >= 0x8000:
		return int(value)
	case less == (a.interval >= uint32(e.qe)): // the less probable value, which is the smaller sub-interval, or else exchanged
		value ^= 1
		*s = now&probable ^ state(e.lps)
	default:
		*s = now&probable | state(e.mps)
	}
	if a.code >= lower {
		a.code -= lower
		a.interval = uint32(e.qe)
	}
	for a.interval < 0x8000 {
		if a.ahead == 0 {
			a.code, a.ahead = a.code<<8|a.next(), 8
		}
		a.interval <<= 1
		a.ahead--
	}
	return int(value)
}

// dcDifference decodes the difference of a DC coefficient from the one before (F.2.4.1), of component c.
func (a *arithmetic) dcDifference(c *component) (v int32, ok bool) {
	bins := &a.dc[c.dcTable]
	at := c.context
	if a.bit(&bins[at]) == 0 {
		c.context = 0
		return 0, true
	}
	sign := a.bit(&bins[at+1])
	m := int32(a.bit(&bins[at+2+sign]))
	at += 2 + sign
	if m != 0 {
		if m, at, ok = a.category(bins[:], 20, m); !ok {
			return 0, false
		}
	}
	// The context of the next difference (F.1.4.4.1.2).
	switch {
	case m < 1<<a.lower[c.dcTable]>>1:
		c.context = 0
	case m > 1<<a.upper[c.dcTable]>>1:
		c.context = 12 + sign*4
	default:
		c.context = 4 + sign*4
	}
	return a.magnitude(bins[:], at+14, m, sign), true
}

// category decodes how many bits a magnitude has, from the bin at on: m doubles with each. It returns the last bin.
func (a *arithmetic) category(bins []state, at int, m int32) (size int32, last int, ok bool) {
	for ; a.bit(&bins[at]) != 0; at++ {
		if m <<= 1; m >= 1<<15 || at+1+14 >= len(bins) {
			return 0, 0, false
		}
	}
	return m, at, true
}

// magnitude decodes the bits below the first one, all with the bin at, and makes a number with a sign of it.
func (a *arithmetic) magnitude(bins []state, at int, m int32, sign int) int32 {
	v := m
	for m >>= 1; m != 0; m >>= 1 {
		if a.bit(&bins[at]) != 0 {
			v |= m
		}
	}
	if v++; sign != 0 {
		return -v
	}
	return v
}

// acValue decodes the AC coefficient with zigzag index k, which is not zero (F.2.4.2).
func (a *arithmetic) acValue(table byte, k int) (v int32, ok bool) {
	bins := a.ac[table][:]
	sign := a.bit(&a.evens)
	at := 3*(k-1) + 2
	m := int32(a.bit(&bins[at]))
	if m == 0 || a.bit(&bins[at]) == 0 {
		if m == 0 {
			return a.magnitude(bins, 0, 0, sign), true
		}
		return a.magnitude(bins, 0, 1, sign), true
	}
	at = 217
	if k <= int(a.kx[table]) {
		at = 189
	}
	if m, at, ok = a.category(bins, at, 2); !ok {
		return 0, false
	}
	return a.magnitude(bins, at+14, m, sign), true
}

// arithmeticScan is a scan of a sequential picture.
type arithmeticScan struct {
	*scan
	*arithmetic
}

func (s *arithmeticScan) interval(buf []byte, n int, marked bool) error {
	return s.run(&s.grid, buf, n, marked, s.decode)
}

// run decodes an interval of a scan's blocks.
func (a *arithmetic) run(g *grid, buf []byte, n int, marked bool, decode func(c *component, x, y int) int) error {
	a.reset(buf[:len(buf)-padding])
	for _, c := range g.comps {
		c.pred, c.context = 0, 0
	}
	for n = g.count(n); n > 0 && !g.finished(); n-- {
		status := g.blocks(decode)
		if status >= 0 && a.overrun(marked) {
			status = ranOut
		}
		if status < 0 {
			return g.fault(status)
		}
		g.advance()
	}
	return nil
}

func (s *arithmeticScan) decode(c *component, x, y int) int {
	v, ok := s.dcDifference(c)
	if !ok {
		return badCode
	}
	c.pred += v
	b, last := &s.block, 0
	bins := &s.ac[c.acTable]
	for k := 1; k < 64; k++ {
		if s.bit(&bins[3*(k-1)]) != 0 { // end of block
			break
		}
		for s.bit(&bins[3*(k-1)+1]) == 0 {
			if k++; k > 63 {
				return badCode
			}
		}
		v, ok := s.acValue(c.acTable, k)
		if !ok {
			return badCode
		}
		if k > s.keep {
			continue
		}
		last = k
		b.put(&c.dequant[k], v)
	}
	s.kernels.show(b, c, c.pix[(y*c.stride+x)*s.size:], s.size, last)
	return 0
}

// arithmeticPass is a pass of a progressive picture.
type arithmeticPass struct {
	*pass
	*arithmetic
	decode func(c *component, x, y int) int
}

func newArithmeticPass(p *pass, a *arithmetic) *arithmeticPass {
	s := &arithmeticPass{pass: p, arithmetic: a}
	switch {
	case p.from > 0 && p.refines:
		s.decode = s.refineAC
	case p.from > 0:
		s.decode = s.firstAC
	case p.refines:
		s.decode = s.refineDC
	default:
		s.decode = s.firstDC
	}
	return s
}

func (s *arithmeticPass) interval(buf []byte, n int, marked bool) error {
	return s.run(&s.grid, buf, n, marked, s.decode)
}

func (s *arithmeticPass) firstDC(c *component, x, y int) int {
	v, ok := s.dcDifference(c)
	if !ok {
		return badCode
	}
	return s.setDC(c, x, y, v)
}

func (s *arithmeticPass) refineDC(c *component, x, y int) int {
	c.coefs.values[(y*c.coefs.wide+x)*s.kept] |= int16(s.bit(&s.evens) << s.low)
	return 0
}

func (s *arithmeticPass) firstAC(c *component, x, y int) int {
	at := y*c.coefs.wide + x
	bins := &s.arithmetic.ac[c.acTable]
	for k := s.from; k <= s.to; k++ {
		if s.bit(&bins[3*(k-1)]) != 0 {
			break
		}
		for s.bit(&bins[3*(k-1)+1]) == 0 {
			if k++; k > s.to {
				return badCode
			}
		}
		v, ok := s.acValue(c.acTable, k)
		if v <<= s.low; !ok || v != int32(int16(v)) {
			return badCode
		}
		s.set(c, at, k, v)
	}
	return 0
}

// refineAC is that of pass, by arithmetic (G.1.3.3).
func (s *arithmeticPass) refineAC(c *component, x, y int) int {
	at := y*c.coefs.wide + x
	bins := &s.arithmetic.ac[c.acTable]
	nonzero := c.coefs.nonzero[at] & (1<<(s.to+1) - 1)
	for k := s.from; k <= s.to; k++ {
		if nonzero>>k == 0 && s.bit(&bins[3*(k-1)]) != 0 { // behind all that is not zero: the block may end
			break
		}
		for ; ; k++ {
			if k > s.to {
				return badCode
			}
			if nonzero>>k&1 != 0 {
				if s.bit(&bins[3*(k-1)+2]) != 0 {
					s.grow(c, at, k)
				}
				break
			}
			if s.bit(&bins[3*(k-1)+1]) != 0 {
				s.set(c, at, k, (1-2*int32(s.bit(&s.evens)))<<s.low)
				break
			}
		}
	}
	return 0
}
