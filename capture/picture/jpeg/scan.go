package jpeg

import "slices"

// scan decodes the scan of a sequential picture whose header is p.body and leaves p after it. Each block becomes size
// samples square.
func (d *Decoder) scan(p *parser, size int) error {
	comps, err := d.scanComponents(p.body)
	if err != nil {
		return err
	}
	for _, c := range comps {
		if c.done {
			return malformed("a second scan of component %d", c.id)
		}
		if err := d.quantize(c, size); err != nil {
			return err
		}
	}
	d.sequence = scan{grid: d.frame.grid(comps), kernels: &d.kernels, size: size, keep: keepFor(size)}
	if d.frame.arithmetic() {
		err = d.intervals(p, &arithmeticScan{scan: &d.sequence, arithmetic: d.arithmetic()})
	} else {
		err = d.huffmanScan(p, &d.sequence)
	}
	if err != nil {
		return err
	}
	for _, c := range comps {
		c.done = true
	}
	return nil
}

// huffmanScan decodes s once it has its Huffman tables.
func (d *Decoder) huffmanScan(p *parser, s *scan) error {
	t := &d.tables
	t.supplyHuffman()
	for _, c := range s.comps {
		if !t.hasDC[c.dcTable] || !t.hasAC[c.acTable] {
			return malformed("component %d without huffman tables", c.id)
		}
		c.dc, c.ac = &t.dc[c.dcTable], &t.ac[c.acTable]
		if err := c.dc.make(dcSymbol); err != nil {
			return err
		}
		if err := c.ac.make(acSymbol); err != nil {
			return err
		}
	}
	return d.intervals(p, s)
}

// scanComponents reads the components of a scan header (B.2.3 of the standard) and the numbers of their tables. The
// spectral selection and approximation at its end are fixed for a sequential picture and not looked at, since some
// encoders get them wrong. What it returns is valid until the next scan.
func (d *Decoder) scanComponents(b []byte) ([]*component, error) {
	if len(b) < 1 || b[0] < 1 || int(b[0]) > d.frame.n || len(b) != 4+2*int(b[0]) {
		return nil, malformed("scan header of %d bytes", len(b))
	}
	comps := d.scanned[:0]
	for i := range int(b[0]) {
		c := d.frame.component(b[1+2*i])
		switch {
		case c == nil:
			return nil, malformed("scan of component %d, which the frame has not", b[1+2*i])
		case slices.Contains(comps, c):
			return nil, malformed("component %d twice in a scan", c.id)
		}
		c.dcTable, c.acTable = b[2+2*i]>>4, b[2+2*i]&15
		if c.dcTable > 3 || c.acTable > 3 {
			return nil, malformed("component %d with tables %d and %d", c.id, c.dcTable, c.acTable)
		}
		comps = append(comps, c)
	}
	return comps, nil
}

// quantize readies c for blocks of size samples with the quantization table as it is now.
func (d *Decoder) quantize(c *component, size int) error {
	if !d.tables.hasQuant[c.quant] {
		return malformed("component %d without quantization table", c.id)
	}
	c.setDequant(&d.tables.quant[c.quant], size)
	return nil
}

// grid is the MCUs of a scan.
type grid struct {
	comps        []*component
	mcusX, mcusY int
	x, y         int // the next MCU
}

// grid returns the MCUs of a scan of some components.
func (f *frame) grid(comps []*component) grid {
	if len(comps) == 1 {
		// Not interleaved: an MCU is one block, and blocks of padding are not coded (A.2.2 of the standard).
		return grid{comps: comps, mcusX: comps[0].blocksX, mcusY: comps[0].blocksY}
	}
	return grid{comps: comps, mcusX: f.mcusX, mcusY: f.mcusY}
}

// finished reports whether all MCUs were decoded.
func (g *grid) finished() bool { return g.y == g.mcusY }

// advance moves to the next MCU.
func (g *grid) advance() {
	if g.x++; g.x == g.mcusX {
		g.x, g.y = 0, g.y+1
	}
}

// count is how many MCUs an interval of n has: all if n is 0.
func (g *grid) count(n int) int {
	if n == 0 {
		n = g.mcusX * g.mcusY
	}
	return n
}

// blocks calls decode for each block of the MCU at hand: component, column and row of its blocks. It stops where the
// result is negative, and returns that.
func (g *grid) blocks(decode func(c *component, x, y int) int) int {
	if len(g.comps) == 1 {
		return decode(g.comps[0], g.x, g.y)
	}
	for _, c := range g.comps {
		for y := range c.v {
			for x := range c.h {
				if status := decode(c, g.x*c.h+x, g.y*c.v+y); status < 0 {
					return status
				}
			}
		}
	}
	return 0
}

// fault says what is wrong with the MCU at hand.
func (g *grid) fault(status int) error {
	if status == ranOut {
		return malformed("cut short: MCU row %d of %d", g.y, g.mcusY)
	}
	return malformed("no such code: MCU %d of row %d", g.x, g.y)
}

// scan is a scan in progress, of a sequential picture with Huffman codes.
type scan struct {
	block block
	grid
	kernels *kernels
	size    int // samples of a block, across and down
	keep    int // zigzag index of the last coefficient that matters for that
	bits    bitReader
}

// intervalDecoder decodes the entropy-coded intervals of a scan.
type intervalDecoder interface {
	// interval decodes n MCUs, or all if n is 0, but not past the end of the scan. buf has padding zero bytes at its end;
	// marked says that a marker ended the interval, and not the end of the data.
	interval(buf []byte, n int, marked bool) error
	finished() bool
}

// intervals decodes a scan's entropy-coded intervals: one, or as many as the restart interval makes of it.
func (d *Decoder) intervals(p *parser, s intervalDecoder) error {
	if need := len(p.data) - p.pos + padding; cap(d.entropy) < need {
		d.entropy = make([]byte, need)
	}
	for restarts := 0; ; restarts++ {
		src := p.data[p.pos:]
		n, used := unstuff(d.entropy[:len(src)], src)
		marked := used < len(src)
		if !marked {
			// No end marker: zeros are what is left of a camera's buffer, not data.
			for n > 0 && d.entropy[n-1] == 0 {
				n--
			}
		}
		p.pos += used
		buf := d.entropy[:n+padding]
		clear(buf[n:])
		if err := s.interval(buf, d.tables.interval, marked); err != nil {
			return err
		}
		if s.finished() {
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

func (s *scan) interval(buf []byte, n int, _ bool) error {
	s.bits.reset(buf)
	for _, c := range s.comps {
		c.pred = 0
	}
	for n = s.count(n); n > 0 && s.y < s.mcusY; n-- {
		if status := s.mcu(); status < 0 {
			return s.fault(status)
		}
		s.advance()
	}
	if s.bits.overrun() {
		return s.fault(ranOut)
	}
	return nil
}

// mcu decodes the next MCU; what it returns is negative if it could not. It is grid.blocks, without a call for each.
func (s *scan) mcu() int {
	for _, c := range s.comps {
		h, v := c.h, c.v
		if len(s.comps) == 1 {
			h, v = 1, 1
		}
		for y := s.y * v; y < s.y*v+v; y++ {
			for x := s.x * h; x < s.x*h+h; x++ {
				last := s.bits.block(&s.block, c, s.keep)
				if last < 0 {
					return last
				}
				s.kernels.show(&s.block, c, c.pix[(y*c.stride+x)*s.size:], s.size, last)
			}
		}
	}
	return 0
}

// show turns the block at hand of c, whose DC coefficient is c.pred and whose last other one that is not zero has the
// zigzag index last, into samples. It leaves b zero, but for what the next DC coefficient overwrites.
func (k *kernels) show(b *block, c *component, dst []byte, size, last int) {
	switch {
	case size == 1:
		dst[0] = c.flat()
	case last == 0:
		fill(dst, c.stride, size, c.flat())
	default:
		b[0] = c.scaledDC()
		k.transform(dst, c.stride, size, last, b)
	}
}
