package jpeg

// pass is a scan of a progressive picture in progress.
type pass struct {
	grid
	*passes
	from, to int // spectral selection: zigzag indices of the first and the last coefficient
	refines  bool
	low      int // the bit that is coded, or the lowest one

	decode func(c *component, x, y int) int // decodes one block

	bits  bitReader
	skips int // blocks that have nothing more to come: the end-of-block run
}

// pass decodes the scan whose header is p.body and leaves p after it.
func (d *Decoder) pass(p *parser, size int) error {
	comps, err := d.scanComponents(p.body)
	if err != nil {
		return err
	}
	n := len(comps)
	b := p.body[1+2*n:]
	s := &pass{
		grid: d.frame.grid(comps), passes: d.passes,
		from: int(b[0]), to: int(b[1]), refines: b[2]>>4 > 0, low: int(b[2] & 15),
	}
	if s.to > 63 || s.from > s.to || s.from == 0 && s.to > 0 || s.from > 0 && n > 1 || s.low > maxApproximation {
		return malformed("pass over coefficients %d to %d of %d components, from bit %d", s.from, s.to, n, s.low)
	}
	for _, c := range s.comps {
		if d.passes.visits += c.blocksX * c.blocksY; d.passes.visits > maxVisits {
			return unsupported("%dx%d pixels in too many passes: %s", d.frame.width, d.frame.height, saveAgain)
		}
		if !c.done {
			if err := d.quantize(c, size); err != nil {
				return err
			}
			c.done = true
		}
		for k := s.from; k <= s.to; k++ {
			c.coefs.missing[k] = int8(s.low)
		}
	}
	if d.frame.arithmetic() {
		return d.intervals(p, newArithmeticPass(s, d.arithmetic()))
	}
	if err := d.passTables(s); err != nil {
		return err
	}
	return d.intervals(p, s)
}

// passTables makes the Huffman tables that s needs, and chooses how its blocks are decoded.
func (d *Decoder) passTables(s *pass) error {
	t := &d.tables
	t.supplyHuffman()
	switch {
	case s.from > 0:
		c := s.comps[0]
		if !t.hasAC[c.acTable] {
			return malformed("component %d without huffman table", c.id)
		}
		s.decode = s.firstAC
		if s.refines {
			s.decode = s.refineAC
		}
		return s.ac[c.acTable].make(&t.ac[c.acTable])
	case s.refines:
		s.decode = s.refineDC
		return nil
	}
	s.decode = s.firstDC
	for _, c := range s.comps {
		if !t.hasDC[c.dcTable] {
			return malformed("component %d without huffman table", c.id)
		}
		if err := s.dc[c.dcTable].make(&t.dc[c.dcTable]); err != nil {
			return err
		}
	}
	return nil
}

func (s *pass) interval(buf []byte, n int, _ bool) error {
	s.bits.reset(buf)
	s.skips = 0
	for _, c := range s.comps {
		c.pred = 0
	}
	for n = s.count(n); n > 0 && s.y < s.mcusY; n-- {
		if status := s.blocks(s.decode); status < 0 {
			return s.fault(status)
		}
		s.advance()
	}
	if s.bits.overrun() {
		return s.fault(ranOut)
	}
	return nil
}

// firstDC decodes the DC coefficient of a block, without its low bits.
func (s *pass) firstDC(c *component, x, y int) int {
	if !s.bits.fill() {
		return ranOut
	}
	size := s.bits.symbol(&s.dc[c.dcTable])
	if size < 0 || size > 11 {
		return badCode
	}
	return s.setDC(c, x, y, s.bits.number(size))
}

// setDC sets the DC coefficient of a block to the one before and v. One that no picture has is damage.
func (s *pass) setDC(c *component, x, y int, v int32) int {
	c.pred += v
	value := c.pred << s.low
	if c.pred != int32(int16(c.pred)) || value != int32(int16(value)) {
		return badCode
	}
	c.coefs.values[(y*c.coefs.wide+x)*s.kept] = int16(value)
	return 0
}

// refineDC decodes one more bit of it.
func (s *pass) refineDC(c *component, x, y int) int {
	if !s.bits.fill() {
		return ranOut
	}
	c.coefs.values[(y*c.coefs.wide+x)*s.kept] |= int16(s.bits.take(1) << s.low)
	return 0
}

// firstAC decodes some AC coefficients of a block, without their low bits (G.1.2.2 of the standard).
func (s *pass) firstAC(c *component, x, y int) int {
	if s.skips > 0 {
		s.skips--
		return 0
	}
	at := y*c.coefs.wide + x
	table := &s.ac[c.acTable]
	for k := s.from; k <= s.to; k++ {
		if !s.bits.fill() {
			return ranOut
		}
		symbol := s.bits.symbol(table)
		if symbol < 0 {
			return badCode
		}
		run, size := symbol>>4, symbol&15
		switch {
		case size > 0:
		case run < 15:
			s.skips = 1<<run - 1 + int(s.bits.take(run))
			return 0
		default:
			k += 15
			continue
		}
		if k += run; k > s.to || size+s.low > maxMagnitude {
			return badCode
		}
		s.set(c, at, k, s.bits.number(size)<<s.low)
	}
	return 0
}

// set sets the coefficient with zigzag index k of block at.
func (s *pass) set(c *component, at, k int, v int32) {
	c.coefs.nonzero[at] |= 1 << k
	if place := s.place[k]; place >= 0 {
		c.coefs.values[at*s.kept+int(place)] = int16(v)
	}
}

// grow adds the bit at hand to the magnitude of a coefficient that is not zero.
func (s *pass) grow(c *component, at, k int) {
	place := s.place[k]
	if place < 0 {
		return
	}
	v := &c.coefs.values[at*s.kept+int(place)]
	if *v < 0 {
		*v -= 1 << s.low
	} else {
		*v += 1 << s.low
	}
}

// refineAC decodes one more bit of some AC coefficients (G.1.2.3 of the standard): of those that are not zero yet, and,
// in between, new ones of magnitude 1.
func (s *pass) refineAC(c *component, x, y int) int {
	at := y*c.coefs.wide + x
	table := &s.ac[c.acTable]
	k := s.from
	for s.skips == 0 && k <= s.to {
		if !s.bits.fill() {
			return ranOut
		}
		symbol := s.bits.symbol(table)
		if symbol < 0 {
			return badCode
		}
		zeros, v := symbol>>4, int32(0)
		switch symbol & 15 {
		case 0:
			if zeros < 15 {
				s.skips = 1<<zeros + int(s.bits.take(zeros))
				continue
			}
		case 1:
			v = int32(s.bits.take(1))*2 - 1
		default:
			return badCode
		}
		var status int
		if k, status = s.refine(c, at, k, zeros); status < 0 {
			return status
		}
		if v != 0 {
			if k > s.to {
				return badCode
			}
			s.set(c, at, k, v<<s.low)
		}
		k++
	}
	if s.skips > 0 {
		s.skips--
		_, status := s.refine(c, at, k, 64)
		return status
	}
	return 0
}

// refine moves from coefficient k over that many zeros to the next one, and refines what is not zero on its way. It
// returns where it ends.
func (s *pass) refine(c *component, at, k, zeros int) (end, status int) {
	nonzero := c.coefs.nonzero[at]
	for ; k <= s.to; k++ {
		if nonzero>>k&1 == 0 {
			if zeros == 0 {
				break
			}
			zeros--
			continue
		}
		if !s.bits.fill() {
			return k, ranOut
		}
		if s.bits.take(1) != 0 {
			s.grow(c, at, k)
		}
	}
	return k, 0
}
