package preprocess

import (
	"encoding/binary"
	"math"
)

// A pixel on its way through the filter is one word of three lanes, 21 bits each: red from bit 0, green from bit 21,
// blue from bit 42. Addition, and multiplication by a weight, act on all three at once as long as no lane overflows.
const (
	greenShift = 21
	blueShift  = 42
	each       = 1 | 1<<greenShift | 1<<blueShift // times n: n in every lane
)

// yccTable turns Y'CbCr into RGB by adding three words: y[Y] + 16 * (cb[Cb] + cr[Cr]). The sum holds, in each lane,
// the level plus 512 in 11.10 fixed point, so that it is never negative and clamp can tell what is out of range. The
// factor 16 is spent on the weights of upsampling: as conversion is linear, mixing converted chroma gives what mixing
// chroma gives, without rounding in between.
type yccTable struct {
	y, cb, cr [256]uint64
	line      [2]uint32 // a lane of y[Y] is (Y*line[0] + line[1]) >> lineBits, where arithmetic is faster than a table
}

// lineBits makes the line exact for all levels, full range and video, and just fits into 32 bits.
const lineBits = 13

// The offsets keep the lanes of each table positive by themselves; with the one below for Y they add up to 512.
const (
	cbOffset = 262 // 1.772 * 255/224 * 128 = 258 is the most that Cb takes away (from blue)
	crOffset = 206 // 1.402 * 255/224 * 128 = 205 is the most that Cr takes away (from red)
	yOffset  = 512 - cbOffset - crOffset
)

// newYCC computes the table of ITU-R BT.601 for levels from black to white (Y) and a chroma range (Cb, Cr) centred at
// 128: 0, 255 and 255 for JPEG, as JFIF 1.02 has it; 16, 235 and 224 for video.
func newYCC(black, white, chroma float64) *yccTable {
	const (
		kr, kb = 0.299, 0.114
		kg     = 1 - kr - kb
		r, b   = 2 * (1 - kr), 2 * (1 - kb) // of Cr in red, of Cb in blue
	)
	lanes := func(r, g, b, offset, unit float64) uint64 {
		fix := func(v float64) uint64 {
			return uint64(math.Round((float64(v) + offset) * unit)) // float64: no fused operation, which differs by machine
		}
		return fix(r) | fix(g)<<greenShift | fix(b)<<blueShift
	}
	t := new(yccTable)
	slope, unit := 255/(white-black), float64(int(1)<<(10+lineBits))
	t.line[0] = uint32(math.Round(slope * unit))
	t.line[1] = uint32(math.Round((yOffset+0.5-float64(black*slope))*unit)) + 1<<(lineBits-1)
	for i := range 256 {
		y := (float64(i) - black) * 255 / (white - black)
		c := (float64(i) - 128) * 255 / chroma
		t.y[i] = lanes(y, y, y, yOffset+0.5, 1<<10) // 0.5: clamp rounds down
		t.cb[i] = lanes(0, -b*kb/kg*c, b*c, cbOffset, 1<<6)
		t.cr[i] = lanes(r*c, -r*kr/kg*c, 0, crOffset, 1<<6)
	}
	return t
}

// clamp turns a sum of yccTable words into levels of 0 to 255.
func clamp(v uint64) uint64 {
	if v>>18&(7*each) == 2*each { // every lane is within 512 to 767
		return v >> 10 & (0xff * each)
	}
	return clampLanes(v)
}

// clampLanes is clamp for words with a level out of range: rare in pictures.
func clampLanes(v uint64) uint64 {
	out := uint64(0)
	for shift := 0; shift <= blueShift; shift += greenShift {
		level := int(v>>(shift+10)&0x7ff) - 512
		out |= uint64(min(max(level, 0), 255)) << shift
	}
	return out
}

// readGrey makes words of grey levels.
func readGrey(dst []uint64, src []byte) {
	for i := range dst {
		dst[i] = uint64(src[i]) * each
	}
}

// readRGBPlain is readRGB in plain Go.
func readRGBPlain(dst []uint64, src []byte) {
	last := len(dst) - 1
	for i := range last {
		v := uint64(binary.LittleEndian.Uint32(src[i*3 : i*3+4]))
		dst[i] = v&0xff | v>>8&0xff<<greenShift | v>>16&0xff<<blueShift
	}
	s := src[last*3 : last*3+3]
	dst[last] = uint64(s[0]) | uint64(s[1])<<greenShift | uint64(s[2])<<blueShift
}

// readBGR makes words of blue, green and red bytes.
func readBGR(dst []uint64, src []byte) {
	last := len(dst) - 1
	for i := range last {
		v := uint64(binary.LittleEndian.Uint32(src[i*3 : i*3+4]))
		dst[i] = v>>16&0xff | v>>8&0xff<<greenShift | v&0xff<<blueShift
	}
	s := src[last*3 : last*3+3]
	dst[last] = uint64(s[2]) | uint64(s[1])<<greenShift | uint64(s[0])<<blueShift
}

// readHalfPlain makes words of a row whose chroma has half the columns. luma has a sample every step bytes. near and far
// are converted chroma rows that begin one sample before the first pixel pair and go on one beyond the last. Each
// pixel takes 3/4 of the nearer sample and 1/4 of the farther one, across and down.
func (t *yccTable) readHalfPlain(dst []uint64, luma []byte, step int, near, far []uint64) {
	before, here := 3*near[0]+far[0], 3*near[1]+far[1]
	pairs := len(dst) / 2
	near, far = near[2:], far[2:len(near)]
	at := 0
	for i := range pairs {
		after := 3*near[i] + far[i]
		d := dst[2*i : 2*i+2 : 2*i+2]
		d[0] = clamp(t.y[luma[at]] + 3*here + before)
		d[1] = clamp(t.y[luma[at+step]] + 3*here + after)
		before, here = here, after
		at += 2 * step
	}
	if len(dst)%2 == 1 {
		dst[len(dst)-1] = clamp(t.y[luma[at]] + 3*here + before)
	}
}

// readFull makes words of a row with a chroma sample for each pixel.
func (t *yccTable) readFull(dst []uint64, luma []byte, step int, near, far []uint64) {
	near, far = near[:len(dst)], far[:len(dst)]
	for i := range dst {
		dst[i] = clamp(t.y[luma[i*step]] + 4*(3*near[i]+far[i]))
	}
}

// convertPlain makes words of Cb and Cr samples that lie step bytes apart.
func (t *yccTable) convertPlain(dst []uint64, cb, cr []byte, step int) {
	for i := range dst {
		dst[i] = t.cb[cb[i*step]] + t.cr[cr[i*step]]
	}
}
