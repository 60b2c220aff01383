package jpeg

import "errors"

// slowDecode reads a picture's coefficients as the standard's flow charts do, one bit at a time. It shares only the
// reading of segments with the Decoder.
func slowDecode(data []byte) (*coded, error) {
	var d Decoder
	d.reset()
	p := parser{data: data}
	if err := d.readUntil(&p, seesFrame); err != nil {
		return nil, err
	}
	f := &d.frame
	out := &coded{blocks: make([][][64]int, f.n), quants: make([][64]uint16, f.n)}
	for i := range f.n {
		c := &f.comps[i]
		out.blocks[i] = make([][64]int, f.mcusX*c.h*f.mcusY*c.v)
	}
	for !f.complete() {
		if err := d.readUntil(&p, seesScan); err != nil {
			return nil, err
		}
		if err := slowScan(&d, &p, out); err != nil {
			return nil, err
		}
	}
	out.frame = *f
	return out, nil
}

var errSlow = errors.New("slow decoder: no such code, or out of data")

func slowScan(d *Decoder, p *parser, out *coded) error {
	f := &d.frame
	d.tables.supplyHuffman()
	s := slow{parser: p, out: out}
	for n := range int(p.body[0]) {
		for i := range f.n {
			if c := &f.comps[i]; c.id == p.body[1+2*n] {
				tables := p.body[2+2*n]
				c.dc, c.ac, c.done = &d.tables.dc[tables>>4], &d.tables.ac[tables&15], true
				out.quants[i] = d.tables.quant[c.quant]
				s.comps = append(s.comps, i)
			}
		}
	}
	mcusX, mcusY := f.mcusX, f.mcusY
	if len(s.comps) == 1 {
		mcusX, mcusY = f.comps[s.comps[0]].blocksX, f.comps[s.comps[0]].blocksY
	}
	for m := range mcusX * mcusY {
		if n := d.tables.interval; n > 0 && m > 0 && m%n == 0 {
			s.left = 0
			if err := p.restart(m/n - 1); err != nil {
				return err
			}
			s.pred = [3]int{}
		}
		if err := s.mcu(f, m%mcusX, m/mcusX); err != nil {
			return err
		}
	}
	return nil
}

type slow struct {
	*parser
	out   *coded
	comps []int
	pred  [3]int
	now   byte
	left  int // bits of now
}

func (s *slow) mcu(f *frame, x, y int) error {
	for _, i := range s.comps {
		c := &f.comps[i]
		wide, h, v := f.mcusX*c.h, c.h, c.v
		if len(s.comps) == 1 {
			h, v = 1, 1
		}
		for b := range h * v {
			if err := s.block(i, c, &s.out.blocks[i][(y*v+b/h)*wide+x*h+b%h]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *slow) block(i int, c *component, coefs *[64]int) error {
	size, err := s.symbol(c.dc)
	if err != nil {
		return err
	}
	diff, err := s.number(int(size))
	if err != nil {
		return err
	}
	s.pred[i] += diff
	coefs[0] = s.pred[i]
	for k := 1; k < 64; k++ {
		symbol, err := s.symbol(c.ac)
		if err != nil {
			return err
		}
		if symbol == 0 {
			break
		}
		if k += int(symbol >> 4); k > 63 {
			return errSlow
		}
		if coefs[zigzag[k]], err = s.number(int(symbol & 15)); err != nil {
			return err
		}
	}
	return nil
}

func (s *slow) bit() (int, error) {
	if s.left == 0 {
		if s.pos == len(s.data) {
			return 0, errSlow
		}
		s.now = s.data[s.pos]
		s.pos++
		if s.now == 0xFF {
			for s.pos < len(s.data) && s.data[s.pos] == 0xFF {
				s.pos++
			}
			if s.pos == len(s.data) || s.data[s.pos] != 0 {
				return 0, errSlow
			}
			s.pos++
		}
		s.left = 8
	}
	s.left--
	return int(s.now >> s.left & 1), nil
}

func (s *slow) symbol(h *huffman) (byte, error) {
	code, first, k := 0, 0, 16
	for length := 1; length <= 16; length++ {
		b, err := s.bit()
		if err != nil {
			return 0, err
		}
		code = code<<1 | b
		n := int(h.spec[length-1])
		if code-first < n {
			return h.spec[k+code-first], nil
		}
		k += n
		first = (first + n) << 1
	}
	return 0, errSlow
}

func (s *slow) number(size int) (int, error) {
	v := 0
	for range size {
		b, err := s.bit()
		if err != nil {
			return 0, err
		}
		v = v<<1 | b
	}
	if size > 0 && v < 1<<(size-1) {
		v -= 1<<size - 1
	}
	return v, nil
}

// within reports whether no block has coefficients that add up to more than limit: the samples of a picture that is not
// damaged stay far below the range of any transform.
func (p *coded) within(limit int) bool {
	for i, blocks := range p.blocks {
		for b := range blocks {
			sum := 0
			for k, at := range zigzag {
				v := blocks[b][at] * int(p.quants[i][k])
				if sum += max(v, -v); sum > limit {
					return false
				}
			}
		}
	}
	return true
}
