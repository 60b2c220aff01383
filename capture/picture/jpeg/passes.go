package jpeg

// Progressive coding (annex G of the standard): a picture comes in passes, each of which adds some coefficients, or some
// bits of them, to all blocks. They are kept until the last pass.

// Passes over a whole picture may take but a few bytes. These bound the time that one takes: encoders make 10 passes or so,
// and a picture of 200 megapixels has 5 million blocks.
const (
	maxPasses = 200
	maxVisits = 1 << 27 // of blocks, by all passes
)

// maxApproximation is the most bits that a pass may leave to later ones (table B.3 of the standard).
const maxApproximation = 13

// maxMagnitude is the bits of the largest AC coefficient that fits int16: far more than a picture of 8 bits has.
const maxMagnitude = 14

// passes is what a progressive picture needs besides its planes.
type passes struct {
	dc, ac [4]symbols // the Huffman tables, made when a scan uses them
	coefs  [4]coefficients

	visits int      // of blocks, up to now
	place  [64]int8 // where a block keeps the coefficient of each zigzag index; -1: not kept, as it does not matter at this size
	kept   int      // coefficients that a block keeps
}

// coefficients are those of a component: of each block, in rows that are padded to whole MCUs, as many as are kept.
type coefficients struct {
	values  []int16
	nonzero []uint64 // of each block: bit k says that the coefficient with zigzag index k is not zero, kept or not
	wide    int      // blocks of a row
	missing [64]int8 // bits of each coefficient that no pass has brought yet; -1: all
}

// progressive decodes all passes, and then the picture.
func (d *Decoder) progressive(p *parser, size int) error {
	d.beginPasses(size)
	for range maxPasses {
		if err := d.readUntil(p, seesScan); err != nil {
			if !d.ended(err == errEnd) {
				return err
			}
			d.showPasses(size)
			return nil
		}
		if err := d.pass(p, size); err != nil {
			return err
		}
	}
	return unsupported("more than %d passes: %s", maxPasses, saveAgain)
}

// beginPasses makes all coefficients zero.
func (d *Decoder) beginPasses(size int) {
	if d.passes == nil {
		d.passes = new(passes)
	}
	s := d.passes
	s.kept, s.visits = 0, 0
	for k, i := range zigzag {
		s.place[k] = -1
		if int(i)/8 < size && int(i)%8 < size {
			s.place[k] = int8(s.kept)
			s.kept++
		}
	}
	f := &d.frame
	for i := range f.n {
		c := &f.comps[i]
		wide := f.mcusX * c.h
		s.coefs[i].begin(wide, wide*f.mcusY*c.v, s.kept)
		c.coefs = &s.coefs[i]
	}
}

func (c *coefficients) begin(wide, blocks, kept int) {
	if cap(c.values) < blocks*kept {
		c.values = make([]int16, blocks*kept)
	}
	if cap(c.nonzero) < blocks {
		c.nonzero = make([]uint64, blocks)
	}
	c.values, c.nonzero, c.wide = c.values[:blocks*kept], c.nonzero[:blocks], wide
	clear(c.values)
	clear(c.nonzero)
	for k := range c.missing {
		c.missing[k] = -1
	}
}

// ended tells whether the picture may end here. At its end marker, all that was sent is there, though passes that bring
// more detail may be left out; without one, every bit of every coefficient must have come.
func (d *Decoder) ended(marked bool) bool {
	for i := range d.frame.n {
		missing := &d.passes.coefs[i].missing
		if missing[0] < 0 {
			return false
		}
		for _, bits := range missing {
			if !marked && bits != 0 {
				return false
			}
		}
	}
	return true
}

// showPasses turns the coefficients into samples.
func (d *Decoder) showPasses(size int) {
	var b block
	for i := range d.frame.n {
		c := &d.frame.comps[i]
		for y := range c.blocksY {
			for x := range c.blocksX {
				at := y*c.coefs.wide + x
				last := d.passes.load(&b, c, at)
				b.show(c, c.pix[(y*c.stride+x)*size:], size, last)
			}
		}
	}
}

// load dequantizes block at of c into b, but for the DC coefficient, which becomes c.pred. It returns the zigzag index of
// the last one that is not zero; b is not touched if that is 0.
func (s *passes) load(b *block, c *component, at int) (last int) {
	values := c.coefs.values[at*s.kept:][:s.kept]
	c.pred = int32(values[0])
	for k := 1; k < 64; k++ {
		if c.coefs.nonzero[at]>>k == 0 {
			break
		}
		place := s.place[k]
		if place < 0 || values[place] == 0 {
			continue
		}
		if last == 0 {
			*b = block{}
		}
		last = k
		b.put(&c.dequant[k], int32(values[place]))
	}
	return last
}

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
