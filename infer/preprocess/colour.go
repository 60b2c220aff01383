package preprocess

// A pixel on its way through the filter is one word: red in bits 0 to 20, green from bit 21, blue from bit 42. The
// lanes leave room for weights that add up to 1 << acrossBits, so one multiplication serves three channels.
const (
	greenShift = 21
	blueShift  = 42
	lane       = 1<<21 - 1
)

// matrix turns Y, Cb, Cr into red, green, blue: 16.16 fixed point.
type matrix struct {
	black             int32 // the Y of black
	y, rv, gu, gv, bu int32
}

// The matrices of ITU-R BT.601: full range as JFIF 1.02 has it (JPEG), and limited range, 255/219 times that for Y and
// 255/224 for chroma. V4L2 names limited range BT.601 as the default of Y'CbCr in every colour space of webcams (SRGB,
// SMPTE170M); only JPEG is full range: V4L2_MAP_YCBCR_ENC_DEFAULT and V4L2_MAP_QUANTIZATION_DEFAULT in
// linux/videodev2.h.
func (m model) matrix() matrix {
	if m == ycc {
		return matrix{y: 65536, rv: 91881, gu: 22554, gv: 46802, bu: 116130}
	}
	return matrix{black: 16, y: 76309, rv: 104597, gu: 25675, gv: 53279, bu: 132201}
}

// rows reads a picture row by row as packed words. It owns the scratch memory for chroma.
type rows struct {
	mix    []uint16  // one chroma row, times 4
	chroma [2][]byte // Cb and Cr, one sample for each pixel
}

// read converts columns x0 to x1 of row y into dst, which has x1-x0 words.
func (r *rows) read(dst []uint64, p *picture, y, x0, x1 int) {
	switch p.model {
	case grey:
		readGrey(dst, p.planes[0].row(y, x0, x1, 1))
	case rgb:
		readRGB(dst, p.planes[0].row(y, x0, x1, 3))
	case bgr:
		readBGR(dst, p.planes[0].row(y, x0, x1, 3))
	default:
		cb := r.upsample(0, p, y, x0, x1)
		cr := r.upsample(1, p, y, x0, x1)
		luma := &p.planes[0]
		m := p.model.matrix()
		if luma.step == 1 {
			m.convert(dst, luma.row(y, x0, x1, 1), cb, cr)
		} else {
			m.convertPacked(dst, luma.row(y, x0, x1, 1), cb, cr)
		}
	}
}

func readGrey(dst []uint64, src []byte) {
	for i := range dst {
		dst[i] = uint64(src[i]) * (1 | 1<<greenShift | 1<<blueShift)
	}
}

func readRGB(dst []uint64, src []byte) {
	for i := range dst {
		s := src[i*3 : i*3+3 : i*3+3]
		dst[i] = uint64(s[0]) | uint64(s[1])<<greenShift | uint64(s[2])<<blueShift
	}
}

func readBGR(dst []uint64, src []byte) {
	for i := range dst {
		s := src[i*3 : i*3+3 : i*3+3]
		dst[i] = uint64(s[2]) | uint64(s[1])<<greenShift | uint64(s[0])<<blueShift
	}
}

// convert turns one row of Y, Cb and Cr, a sample of each for each pixel, into words.
func (m matrix) convert(dst []uint64, luma, cb, cr []byte) {
	luma, cb, cr = luma[:len(dst)], cb[:len(dst)], cr[:len(dst)]
	for i := range dst {
		dst[i] = m.pixel(luma[i], cb[i], cr[i])
	}
}

// convertPacked is convert for luma that is every second byte.
func (m matrix) convertPacked(dst []uint64, luma, cb, cr []byte) {
	cb, cr = cb[:len(dst)], cr[:len(dst)]
	for i := range dst {
		dst[i] = m.pixel(luma[2*i], cb[i], cr[i])
	}
}

func (m *matrix) pixel(luma, cb, cr byte) uint64 {
	y := (int32(luma)-m.black)*m.y + 1<<15
	u, v := int32(cb)-128, int32(cr)-128
	r := clamp((y + m.rv*v) >> 16)
	g := clamp((y - m.gu*u - m.gv*v) >> 16)
	b := clamp((y + m.bu*u) >> 16)
	return r | g<<greenShift | b<<blueShift
}

// clamp brings v into 0 to 255.
func clamp(v int32) uint64 { return uint64(uint32(min(max(v, 0), 255))) }

// upsample returns chroma plane c (0: Cb, 1: Cr) for columns x0 to x1 of row y, one sample for each pixel. Between
// samples it is linear: 3/4 of the nearer and 1/4 of the farther one along each halved axis, rounded as libjpeg's
// "fancy" upsampling rounds. Samples lie in the middle of their pixels: so JFIF says, and so V4L2 draws its formats.
func (r *rows) upsample(c int, p *picture, y, x0, x1 int) []byte {
	pl := &p.planes[1+c]
	near, far := y, y
	if p.subY == 2 {
		near = y / 2
		far = min(max(near-1+y%2*2, 0), (p.height+1)/2-1)
	}
	if p.subX == 1 {
		if near == far && pl.step == 1 {
			return pl.row(near, x0, x1, 1)
		}
		r.blend(pl, near, far, x0, x1)
		out := grow(r.chroma[c], x1-x0)
		r.chroma[c] = out
		narrow(out, r.mix, uint16(1+y%2))
		return out
	}
	// One sample more on either side than the pixels need, so that the ends see their neighbours.
	c0, c1 := max(x0/2-1, 0), min((x1+1)/2+1, (p.width+1)/2)
	r.blend(pl, near, far, c0, c1)
	out := grow(r.chroma[c], 2*(c1-c0))
	r.chroma[c] = out
	left, right := uint16(4), uint16(8)
	if p.subY == 2 {
		left, right = 8, 7
	}
	widen(out, r.mix, left, right)
	return out[x0-2*c0 : x1-2*c0]
}

// blend fills r.mix with columns c0 to c1: three parts of row near and one of row far.
func (r *rows) blend(p *plane, near, far, c0, c1 int) {
	a, b := p.row(near, c0, c1, 1), p.row(far, c0, c1, 1)
	r.mix = grow(r.mix, c1-c0)
	step := p.step
	for i := range r.mix {
		r.mix[i] = uint16(a[i*step])*3 + uint16(b[i*step])
	}
}

// narrow divides by 4.
func narrow(dst []byte, src []uint16, round uint16) {
	src = src[:len(dst)]
	for i := range dst {
		dst[i] = byte((src[i] + round) >> 2)
	}
}

// widen makes two samples of each in src (which is times 4): dst has twice its length.
func widen(dst []byte, src []uint16, left, right uint16) {
	before := src[0]
	for i, v := range src {
		after := v
		if i+1 < len(src) {
			after = src[i+1]
		}
		d := dst[2*i : 2*i+2 : 2*i+2]
		d[0] = byte((3*v + before + left) >> 4)
		d[1] = byte((3*v + after + right) >> 4)
		before = v
	}
}
