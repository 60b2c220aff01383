package jpeg

// scan decodes the scan whose header is p.body and leaves p after it. Each block becomes size samples square.
func (d *Decoder) scan(p *parser, size int) error {
	var comps [4]*component
	n, err := d.scanComponents(p.body, &comps, size)
	if err != nil {
		return err
	}
	s := scan{comps: comps[:n], size: size, keep: keepFor(size)}
	if n == 1 {
		// Not interleaved: an MCU is one block, and blocks of padding are not coded (A.2.2 of the standard).
		s.mcusX, s.mcusY = comps[0].blocksX, comps[0].blocksY
	} else {
		s.mcusX, s.mcusY = d.frame.mcusX, d.frame.mcusY
	}
	if err := d.intervals(p, &s); err != nil {
		return err
	}
	for _, c := range s.comps {
		c.done = true
	}
	return nil
}

// scanComponents reads a scan header (B.2.3 of the standard) and readies its components. The spectral selection and
// approximation at its end are fixed for a sequential picture and not looked at, since some encoders get them wrong.
func (d *Decoder) scanComponents(b []byte, comps *[4]*component, size int) (n int, err error) {
	if len(b) < 1 || b[0] < 1 || int(b[0]) > d.frame.n || len(b) != 4+2*int(b[0]) {
		return 0, malformed("scan header of %d bytes", len(b))
	}
	d.tables.supplyHuffman()
	n = int(b[0])
	for i := range n {
		c, err := d.scanComponent(b[1+2*i], b[2+2*i]>>4, b[2+2*i]&15, size)
		if err != nil {
			return 0, err
		}
		for _, other := range comps[:i] {
			if other == c {
				return 0, malformed("component %d twice in a scan", c.id)
			}
		}
		comps[i] = c
	}
	return n, nil
}

// scanComponent readies the component called id for a scan with the given Huffman tables.
func (d *Decoder) scanComponent(id, dc, ac byte, size int) (*component, error) {
	t := &d.tables
	for i := range d.frame.n {
		c := &d.frame.comps[i]
		if c.id != id {
			continue
		}
		switch {
		case c.done:
			return nil, malformed("a second scan of component %d", id)
		case dc > 3 || ac > 3 || !t.hasDC[dc] || !t.hasAC[ac]:
			return nil, malformed("component %d without huffman tables", id)
		case !t.hasQuant[c.quant]:
			return nil, malformed("component %d without quantization table", id)
		}
		c.dc, c.ac = &t.dc[dc], &t.ac[ac]
		c.setDequant(&t.quant[c.quant], size)
		if err := c.dc.make(dcSymbol); err != nil {
			return nil, err
		}
		return c, c.ac.make(acSymbol)
	}
	return nil, malformed("scan of component %d, which the frame has not", id)
}

// scan is a scan in progress.
type scan struct {
	comps        []*component
	size         int // samples of a block, across and down
	keep         int // zigzag index of the last coefficient that matters for that
	mcusX, mcusY int
	x, y         int // the next MCU
	bits         bitReader
	block        block
}

// intervals decodes a scan's entropy-coded intervals: one, or as many as the restart interval makes of it.
func (d *Decoder) intervals(p *parser, s *scan) error {
	if need := len(p.data) - p.pos + padding; cap(d.entropy) < need {
		d.entropy = make([]byte, need)
	}
	for restarts := 0; ; restarts++ {
		src := p.data[p.pos:]
		n, used := unstuff(d.entropy[:len(src)], src)
		if used == len(src) {
			// No end marker: zeros are what is left of a camera's buffer, not data.
			for n > 0 && d.entropy[n-1] == 0 {
				n--
			}
		}
		p.pos += used
		buf := d.entropy[:n+padding]
		clear(buf[n:])
		s.bits.reset(buf)
		if err := s.interval(d.tables.interval); err != nil {
			return err
		}
		if s.y == s.mcusY {
			return nil
		}
		if err := p.restart(restarts); err != nil {
			return err
		}
	}
}

// restart moves over the n-th restart marker of a scan, which must come next.
func (p *parser) restart(n int) error {
	marker, err := p.next()
	if err != nil {
		return err
	}
	if marker != mRST0+byte(n&7) {
		return malformed("marker %#x where restart %d should be", marker, n&7)
	}
	return nil
}

// interval decodes n MCUs, or all if n is 0, but not past the end of the scan.
func (s *scan) interval(n int) error {
	for _, c := range s.comps {
		c.pred = 0
	}
	if n == 0 {
		n = s.mcusX * s.mcusY
	}
	for ; n > 0 && s.y < s.mcusY; n-- {
		if status := s.mcu(); status < 0 {
			return s.fault(status)
		}
		if s.x++; s.x == s.mcusX {
			s.x, s.y = 0, s.y+1
		}
	}
	if s.bits.overrun() {
		return s.fault(ranOut)
	}
	return nil
}

// fault says what is wrong with the MCU at hand.
func (s *scan) fault(status int) error {
	if status == ranOut {
		return malformed("cut short: MCU row %d of %d", s.y, s.mcusY)
	}
	return malformed("no such huffman code: MCU %d of row %d", s.x, s.y)
}

// mcu decodes the next MCU; what it returns is negative if it could not.
func (s *scan) mcu() int {
	if len(s.comps) == 1 {
		return s.decode(s.comps[0], s.x, s.y)
	}
	for _, c := range s.comps {
		for y := range c.v {
			for x := range c.h {
				if status := s.decode(c, s.x*c.h+x, s.y*c.v+y); status < 0 {
					return status
				}
			}
		}
	}
	return 0
}

// decode decodes the block at column x and row y of c's blocks.
func (s *scan) decode(c *component, x, y int) int {
	last := s.bits.block(&s.block, c, s.keep)
	if last < 0 {
		return last
	}
	dst := c.pix[(y*c.stride+x)*s.size:]
	switch {
	case s.size == 1:
		dst[0] = c.flat()
	case last == 0:
		fill(dst, c.stride, s.size, c.flat())
	default:
		s.block[0] += c.scaledDC()
		s.block.inverse(dst, c.stride, s.size, last)
	}
	return 0
}
