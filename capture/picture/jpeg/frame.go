package jpeg

import "github.com/inceptiond/inceptiond/capture/picture/internal/raster"

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

	pix    []byte // the plane, padded to whole interleaved MCUs
	stride int
	done   bool // its scan was decoded

	// The scan in progress.
	dc, ac  *huffman
	dequant [64]coefficient // in zigzag order
	quantDC int32           // the quantizer of the DC coefficient, unscaled
	pred    int32           // DC prediction
}

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
		return unsupported("height given after the first scan (DNL)")
	}
	if f.n > len(f.comps) {
		return unsupported("%d components", f.n)
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
	return h
}

// check reports whether this decoder can decode the frame, and whether a picture of n bytes can hold it.
func (f *frame) check(n int) error {
	switch {
	case f.progressive():
		return unsupported("progressive")
	case f.sof > 0xC1:
		return unsupported("coding process SOF%d", f.sof-0xC0)
	case f.precision != 8:
		return unsupported("%d-bit samples", f.precision)
	case f.n != 1 && f.n != 3:
		return unsupported("%d components", f.n)
	case f.isRGB():
		return unsupported("RGB")
	case f.width > raster.MaxPixels/f.height:
		return unsupported("%dx%d pixels", f.width, f.height)
	}
	if x, y := f.subsampling(); x < 1 || x > 2 || y < 1 || y > 2 {
		return unsupported("chroma subsampling")
	}
	// A block takes at least one bit each for its DC and its end: this bounds memory and time by the input's length.
	blocks := 0
	for _, c := range f.comps[:f.n] {
		blocks += c.blocksX * c.blocksY
	}
	if blocks > 4*n {
		return malformed("%d bytes cannot hold %dx%d pixels", n, f.width, f.height)
	}
	return nil
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

// complete reports whether every component was decoded.
func (f *frame) complete() bool {
	for _, c := range f.comps[:f.n] {
		if !c.done {
			return false
		}
	}
	return true
}
