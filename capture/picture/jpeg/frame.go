package jpeg

// frame is what a start-of-frame segment (B.2.2 of the standard) and the application segments before it say.
type frame struct {
	sof           byte // its marker; 0 before one was seen
	precision     int  // bits of a sample
	width, height int
	n             int // components
	comps         [4]component
	hMax, vMax    int // largest sampling factors
	mcusX, mcusY  int // interleaved MCUs across and down

	orientation int  // EXIF
	jfif        bool // an APP0 JFIF segment: the colours are Y Cb Cr
	adobe       bool // an APP14 Adobe segment
	transform   byte // its colour transform; 0: none
}

// component is one plane of a frame.
type component struct {
	id               byte
	h, v             int // sampling factors: blocks of an interleaved MCU
	quant            byte
	blocksX, blocksY int // blocks that hold samples of the picture: the MCUs of a scan of this component alone

	pix           []byte // the plane, padded to whole interleaved MCUs
	stride        int
	width, height int  // samples of the plane that belong to the picture
	done          bool // its scan, or of a progressive picture the first, was decoded

	// The scan in progress.
	dcTable, acTable byte
	dc, ac           *huffman
	dequant          [64]coefficient // in zigzag order
	quantDC          int32           // the quantizer of the DC coefficient, unscaled
	pred             int32           // DC prediction
	context          int             // of arithmetic coding: what the last DC difference was like
	coefs            *coefficients   // of a progressive picture
}

// maxPixels is width times height of the largest picture: those of phones with 200 megapixels.
const maxPixels = 1 << 28

// progressive reports whether the frame's coding process is a progressive one.
func (f *frame) progressive() bool {
	switch f.sof {
	case 0xC2, 0xC6, 0xCA, 0xCE:
		return true
	}
	return false
}

// parse reads a start-of-frame segment.
func (f *frame) parse(sof byte, b []byte) error {
	if f.sof != 0 {
		return malformed("a second frame header")
	}
	if len(b) < 6 {
		return malformed("frame header of %d bytes", len(b))
	}
	f.sof, f.precision = sof, int(b[0])
	f.width, f.height = frameSize(b)
	f.n = int(b[5])
	if f.width == 0 || f.n == 0 {
		return malformed("%dx%d pixels with %d components", f.width, f.height, f.n)
	}
	if f.height == 0 {
		return unsupported("the height comes after the first scan (DNL): %s", saveAgain)
	}
	if f.n > len(f.comps) {
		return unsupported("%d components: %s", f.n, saveAgain)
	}
	if len(b) != 6+3*f.n {
		return malformed("frame header of %d bytes for %d components", len(b), f.n)
	}
	for i := range f.n {
		if err := f.parseComponent(i, b[6+3*i:]); err != nil {
			return err
		}
	}
	f.measure()
	return nil
}

func (f *frame) parseComponent(i int, b []byte) error {
	c := &f.comps[i]
	c.id, c.h, c.v, c.quant = b[0], int(b[1]>>4), int(b[1]&15), b[2]
	if c.h < 1 || c.h > 4 || c.v < 1 || c.v > 4 || c.quant > 3 {
		return malformed("component %d with sampling %dx%d and quantization table %d", c.id, c.h, c.v, c.quant)
	}
	for _, other := range f.comps[:i] {
		if other.id == c.id {
			return malformed("two components %d", c.id)
		}
	}
	return nil
}

// measure works out the MCU grid (A.2 of the standard).
func (f *frame) measure() {
	if f.n == 1 { // never interleaved: its sampling factors mean nothing
		f.comps[0].h, f.comps[0].v = 1, 1
	}
	for _, c := range f.comps[:f.n] {
		f.hMax, f.vMax = max(f.hMax, c.h), max(f.vMax, c.v)
	}
	f.mcusX, f.mcusY = ceilDiv(f.width, 8*f.hMax), ceilDiv(f.height, 8*f.vMax)
	for i := range f.n {
		c := &f.comps[i]
		c.blocksX = ceilDiv(ceilDiv(f.width*c.h, f.hMax), 8)
		c.blocksY = ceilDiv(ceilDiv(f.height*c.v, f.vMax), 8)
	}
}

// subsampling says how much coarser chroma is than luma; 0 where that is no whole number or differs between the two.
func (f *frame) subsampling() (x, y int) {
	if f.n < 3 {
		return 1, 1
	}
	luma, cb, cr := &f.comps[0], &f.comps[1], &f.comps[2]
	if cb.h == cr.h && luma.h%cb.h == 0 {
		x = luma.h / cb.h
	}
	if cb.v == cr.v && luma.v%cb.v == 0 {
		y = luma.v / cb.v
	}
	return x, y
}

func (f *frame) header() Header {
	h := Header{
		Width: f.width, Height: f.height,
		Components:  f.n,
		Progressive: f.progressive(),
		Orientation: f.orientation,
	}
	h.SubX, h.SubY = f.subsampling()
	for i := range h.Memory {
		h.Memory[i] = f.memory(8 >> i)
	}
	return h
}

// memory is the bytes that the planes take where a block becomes size samples square, with what finish makes of them and,
// for a progressive picture, the coefficients.
func (f *frame) memory(size int) (n int64) {
	for _, c := range f.comps[:f.n] {
		blocks := int64(f.mcusX*c.h) * int64(f.mcusY*c.v)
		n += blocks * int64(size*size)
		if f.progressive() {
			n += blocks * (8 + 2*int64(size*size))
		}
	}
	if !f.direct() {
		scale := 8 / size
		n += 3 * int64(ceilDiv(f.width, scale)) * int64(ceilDiv(f.height, scale))
	}
	return n
}

// saveAgain is what to do about a picture of a kind that is not decoded.
const saveAgain = "save it as a usual JPEG (baseline or progressive, 8 bits)"

// supported reports whether this decoder can decode the frame.
func (f *frame) supported() error {
	switch name := f.process(); {
	case name != "":
		return unsupported("%s: %s", name, saveAgain)
	case f.precision != 8:
		return unsupported("%d bits a sample: %s", f.precision, saveAgain)
	case f.n == 2:
		return unsupported("2 components: %s", saveAgain)
	case f.width > maxPixels/f.height:
		return unsupported("%dx%d pixels, more than %d megapixels: make the picture smaller", f.width, f.height, maxPixels>>20)
	}
	return nil
}

// check reports whether this decoder can decode the frame, and whether a picture of n bytes can hold it.
func (f *frame) check(n int) error {
	if err := f.supported(); err != nil || f.arithmetic() { // of which a block may take next to nothing
		return err
	}
	// A block takes at least one bit each for its DC and, in a sequential picture, its end: this bounds memory and time by
	// the input's length.
	blocks, perByte := 0, 4
	if f.progressive() {
		perByte = 8
	}
	for _, c := range f.comps[:f.n] {
		blocks += c.blocksX * c.blocksY
	}
	if blocks > perByte*n {
		return malformed("%d bytes cannot hold %dx%d pixels", n, f.width, f.height)
	}
	return nil
}

// arithmetic reports whether the frame is coded by arithmetic instead of Huffman codes.
func (f *frame) arithmetic() bool { return f.sof == 0xC9 || f.sof == 0xCA }

// process names the frame's coding process (table B.1 of the standard) if it is one that is not decoded.
func (f *frame) process() string {
	switch f.sof {
	case 0xC0, 0xC1, 0xC2, 0xC9, 0xCA:
		return ""
	case 0xC3, 0xCB:
		return "lossless JPEG"
	case mSOF55:
		return "JPEG-LS"
	}
	return "hierarchical JPEG"
}

// direct reports whether the planes are shown as they are decoded: the chroma of usual pictures has full or half
// resolution in each direction.
func (f *frame) direct() bool {
	if f.n == 1 {
		return true
	}
	x, y := f.subsampling()
	return f.n == 3 && !f.isRGB() && 1 <= x && x <= 2 && 1 <= y && y <= 2
}

// isRGB guesses the colour space as everybody does: JFIF means Y Cb Cr, else Adobe's segment tells, else the names.
func (f *frame) isRGB() bool {
	switch {
	case f.n != 3 || f.jfif:
		return false
	case f.adobe:
		return f.transform == 0
	}
	return f.comps[0].id == 'R' && f.comps[1].id == 'G' && f.comps[2].id == 'B'
}

// component returns the component with an id; nil if there is none.
func (f *frame) component(id byte) *component {
	for i := range f.n {
		if f.comps[i].id == id {
			return &f.comps[i]
		}
	}
	return nil
}

// complete reports whether every component was decoded.
func (f *frame) complete() bool {
	for _, c := range f.comps[:f.n] {
		if !c.done {
			return false
		}
	}
	return true
}
