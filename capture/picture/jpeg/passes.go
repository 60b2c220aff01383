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
	block  block

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
	b := &d.passes.block
	for i := range d.frame.n {
		c := &d.frame.comps[i]
		for y := range c.blocksY {
			for x := range c.blocksX {
				at := y*c.coefs.wide + x
				last := d.passes.load(b, c, at)
				d.kernels.show(b, c, c.pix[(y*c.stride+x)*size:], size, last)
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
		last = k
		b.put(&c.dequant[k], int32(values[place]))
	}
	return last
}
