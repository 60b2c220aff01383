package jpeg

import (
	"bytes"
	"math"
	"math/rand/v2"
)

// recipe is what the test encoder makes a picture of: any sampling, scan structure and tables that the decoder knows,
// with coefficients that the test knows too.
type recipe struct {
	width, height int
	sampling      [][2]int // per component: h, v
	quantizer     int      // of the DC coefficient; those of higher frequencies grow
	scans         [][]int  // components; nil: one scan of all
	restart       int      // MCUs of a restart interval; 0: none
	restarts      []int    // the same, of each scan
	tables        bool     // define them before each scan, and others before
	sof           byte     // 0: baseline
	wideQuant     bool     // 16-bit quantization tables
	noHuffman     bool     // leave out the Huffman tables
	fillBytes     bool     // before each marker
	ids           []byte   // of the components; nil: 1, 2, 3
	segments      []byte   // after the start marker
	noEnd         bool
}

// sample is a picture: the sample of component c at x, y, from 0 to 255.
func sample(c, x, y int, rng *rand.Rand) float64 {
	fx, fy := float64(x)/23, float64(y)/17
	v := 128 + 110*math.Sin(fx+float64(c))*math.Cos(fy*fx/5+float64(2*c))
	if (x/19+y/13+c)%4 == 0 {
		v = 250
	}
	return max(0, min(255, math.Round(v+6*rng.NormFloat64())))
}

// coded is a picture's coefficients as the file has them: by component and block, in natural order.
type coded struct {
	frame  frame
	quants [][64]uint16 // by component, in zigzag order
	blocks [][][64]int
}

// code draws the picture and transforms it.
func (r *recipe) code() *coded {
	out := &coded{}
	f := &out.frame
	f.sof, f.width, f.height, f.n, f.precision = mSOF0, r.width, r.height, len(r.sampling), 8
	if r.sof != 0 {
		f.sof = r.sof
	}
	for i, s := range r.sampling {
		f.comps[i].id, f.comps[i].h, f.comps[i].v = byte(i+1), s[0], s[1]
		if r.ids != nil {
			f.comps[i].id = r.ids[i]
		}
	}
	f.measure()
	var quant [64]uint16
	for k := range quant {
		quant[k] = uint16(r.quantizer + r.quantizer*k/8)
		if r.wideQuant {
			quant[k] += 256 * uint16(k/32)
		}
	}
	rng := rand.New(rand.NewPCG(7, uint64(r.width*r.height)))
	for i := range f.n {
		c := &f.comps[i]
		out.quants = append(out.quants, quant)
		wide, high := f.mcusX*c.h, f.mcusY*c.v
		blocks := make([][64]int, wide*high)
		for b := range blocks {
			blocks[b] = out.transform(i, b%wide*8, b/wide*8, rng)
		}
		out.blocks = append(out.blocks, blocks)
	}
	return out
}

func (p *coded) transform(c, x, y int, rng *rand.Rand) (coefs [64]int) {
	var s [64]float64
	for i := range s {
		s[i] = sample(c, x+i%8, y+i/8, rng) - 128
	}
	exact := forwardDCT(&s)
	for k, i := range zigzag {
		coefs[i] = int(math.Round(exact[i] / float64(p.quants[c][k])))
	}
	return coefs
}

// write writes the picture that the recipe's coefficients make.
func (r *recipe) write(p *coded) []byte {
	own := *r
	w := &writer{recipe: &own, picture: p}
	w.out.Write([]byte{0xFF, mSOI})
	w.out.Write(r.segments)
	if r.tables {
		w.segment(mDQT, append([]byte{0}, bytes.Repeat([]byte{200}, 64)...))
		w.huffman(1)
	} else {
		w.quantization()
	}
	w.frameHeader()
	if !r.noHuffman && !r.tables {
		w.huffman(0)
	}
	if r.restart > 0 {
		w.segment(mDRI, []byte{byte(r.restart >> 8), byte(r.restart)})
	}
	scans := r.scans
	if scans == nil {
		scans = [][]int{[]int{0, 1, 2, 3}[:p.frame.n]}
	}
	for i, s := range scans {
		if r.tables {
			w.huffman(0)
			w.quantization()
		}
		if r.restarts != nil {
			w.restart = r.restarts[i]
			w.segment(mDRI, []byte{byte(w.restart >> 8), byte(w.restart)})
		}
		w.scan(s)
	}
	if !r.noEnd {
		w.marker(mEOI)
	}
	return w.out.Bytes()
}

type writer struct {
	*recipe
	picture *coded
	out     bytes.Buffer
	acc     uint64
	have    int
	pred    [4]int
}

// huffman writes the typical tables, those of luma in the place of chroma's if swap is 1.
func (w *writer) huffman(swap int) {
	for i, spec := range []string{typicalLumaDC, typicalChromaDC, typicalLumaAC, typicalChromaAC} {
		w.segment(mDHT, append([]byte{byte(i/2<<4 | i%2 ^ swap)}, spec...))
	}
}

func (w *writer) marker(m byte) {
	if w.fillBytes {
		w.out.Write([]byte{0xFF, 0xFF})
	}
	w.out.Write([]byte{0xFF, m})
}

func (w *writer) segment(m byte, body []byte) {
	w.marker(m)
	w.out.Write([]byte{byte((len(body) + 2) >> 8), byte(len(body) + 2)})
	w.out.Write(body)
}

func (w *writer) quantization() {
	body := []byte{0}
	if w.wideQuant {
		body[0] = 0x10
	}
	for _, q := range w.picture.quants[0] {
		if w.wideQuant {
			body = append(body, byte(q>>8))
		}
		body = append(body, byte(q))
	}
	w.segment(mDQT, body)
}

func (w *writer) frameHeader() {
	f := &w.picture.frame
	body := []byte{8, byte(f.height >> 8), byte(f.height), byte(f.width >> 8), byte(f.width), byte(f.n)}
	for i := range f.n {
		body = append(body, f.comps[i].id, byte(w.sampling[i][0]<<4|w.sampling[i][1]), 0)
	}
	w.segment(f.sof, body)
}

func (w *writer) scan(comps []int) {
	f := &w.picture.frame
	header := []byte{byte(len(comps))}
	for _, i := range comps {
		header = append(header, f.comps[i].id, byte(min(i, 1)*0x11))
	}
	w.segment(mSOS, append(header, 0, 63, 0))
	mcusX, mcusY := f.mcusX, f.mcusY
	if len(comps) == 1 {
		mcusX, mcusY = f.comps[comps[0]].blocksX, f.comps[comps[0]].blocksY
	}
	w.pred = [4]int{}
	for m := range mcusX * mcusY {
		if w.restart > 0 && m > 0 && m%w.restart == 0 {
			w.flush()
			w.marker(mRST0 + byte(m/w.restart-1)&7)
			w.pred = [4]int{}
		}
		w.mcu(comps, m%mcusX, m/mcusX)
	}
	w.flush()
}

func (w *writer) mcu(comps []int, x, y int) {
	f := &w.picture.frame
	for _, i := range comps {
		c := &f.comps[i]
		wide := f.mcusX * c.h
		if len(comps) == 1 {
			w.block(i, &w.picture.blocks[i][y*wide+x])
			continue
		}
		for b := range c.h * c.v {
			w.block(i, &w.picture.blocks[i][(y*c.v+b/c.h)*wide+x*c.h+b%c.h])
		}
	}
}

func (w *writer) block(comp int, coefs *[64]int) {
	dc, ac := typicalLumaDC, typicalLumaAC
	if comp > 0 {
		dc, ac = typicalChromaDC, typicalChromaAC
	}
	diff := coefs[0] - w.pred[comp]
	w.pred[comp] = coefs[0]
	w.symbol(dc, 0, diff)
	run := 0
	for _, i := range zigzag[1:] {
		if coefs[i] == 0 {
			run++
			continue
		}
		for ; run > 15; run -= 16 {
			w.symbol(ac, 15, 0)
		}
		w.symbol(ac, run, coefs[i])
		run = 0
	}
	if run > 0 {
		w.symbol(ac, 0, 0)
	}
}

// symbol writes a run and the number after it.
func (w *writer) symbol(spec string, run, v int) {
	size, bits := 0, v
	for a := max(v, -v); a > 0; a >>= 1 {
		size++
	}
	if v < 0 {
		bits += 1<<size - 1
	}
	code, length := codeOf(spec, byte(run<<4|size))
	w.bits(code, length)
	w.bits(bits, size)
}

// codeOf finds the code of a symbol by counting (annex C of the standard).
func codeOf(spec string, symbol byte) (code, length int) {
	k := 16
	for length = 1; length <= 16; length++ {
		for range spec[length-1] {
			if spec[k] == symbol {
				return code, length
			}
			k++
			code++
		}
		code <<= 1
	}
	panic("jpeg test: symbol without code")
}

func (w *writer) bits(v, n int) {
	w.acc = w.acc<<n | uint64(v)
	for w.have += n; w.have >= 8; w.have -= 8 {
		b := byte(w.acc >> (w.have - 8))
		w.out.WriteByte(b)
		if b == 0xFF {
			w.out.WriteByte(0)
		}
	}
}

// flush fills the last byte with ones.
func (w *writer) flush() {
	if w.have > 0 {
		w.bits(1<<(8-w.have)-1, 8-w.have)
	}
}
