package still

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"

	"github.com/inceptiond/inceptiond/capture/picture/internal/raster"
)

// Compressions of a BMP (wingdi.h), and those that an OS/2 2.x header means by the same numbers.
const (
	bmpRGB            = 0
	bmpRLE8           = 1
	bmpRLE4           = 2
	bmpBitFields      = 3
	bmpJPEG           = 4
	bmpPNG            = 5
	bmpAlphaBitFields = 6

	os2Header = 64 // the length of that header
	os2RLE24  = 4
)

// bmpDecoder decodes a BMP row by row: OS/2 1.x and 2.x headers, and Windows' of version 2 to 5; palettes of 1 to 8 bits,
// run lengths, 16, 24 and 32 bits. golang.org/x/image/bmp knows but a few of them, and has the whole picture in memory.
type bmpDecoder struct {
	width, height int
	downwards     bool // the first row is the top one
	depth         int  // bits of a pixel
	compression   uint32
	palette       [256][3]byte // R, G, B; what the file leaves out is black
	masks         [4]bmpMask   // red, green, blue, alpha
	pixels        []byte       // the rest of the file, from the first pixel on

	rgb    []byte // a row's colours
	canvas *raster.Canvas
}

// decodeBMP decodes a BMP into the memory of pix. What is transparent shows white.
func decodeBMP(data, pix []byte, b raster.Budget) (*raster.Canvas, error) {
	d := new(bmpDecoder)
	if err := d.header(data); err != nil {
		return nil, err
	}
	if err := checkSize(d.width, d.height); err != nil {
		return nil, err
	}
	if !d.runLengths() {
		if n := (d.height-1)*d.stride() + d.rowBytes(); len(d.pixels) < n {
			return nil, fmt.Errorf("cut short: %d of %d bytes of pixels", len(d.pixels), n)
		}
	}
	canvas, err := b.NewCanvas(pix, d.width, d.height, false)
	if err != nil {
		return nil, err
	}
	d.canvas, d.rgb = canvas, make([]byte, 3*d.width)
	switch {
	case d.runLengths():
		err = d.runs()
	case d.depth <= 8:
		d.rows(d.indexed)
	case d.depth == 24:
		d.rows(d.plain)
	default:
		d.opaque()
		d.rows(d.masked)
	}
	canvas.Finish()
	return canvas, err
}

// header reads the file header, the bitmap header of any version, the palette and the masks.
func (d *bmpDecoder) header(data []byte) error {
	le := binary.LittleEndian
	if len(data) < 14+12 {
		return io.ErrUnexpectedEOF
	}
	offset, size := uint64(le.Uint32(data[10:])), uint64(le.Uint32(data[14:]))
	if size != 12 && (size < 16 || size > 1024) {
		return fmt.Errorf("a header of %d bytes is of no version that is known: save it as a usual BMP, or as PNG", size)
	}
	if 14+size > uint64(len(data)) {
		return io.ErrUnexpectedEOF
	}
	var h [124]byte // a longer header than the file's is zero where that ends
	copy(h[:], data[14:14+size])
	rest := data[14+size:]
	entry := 4
	if size == 12 { // BITMAPCOREHEADER
		entry = 3
		d.width, d.height = int(le.Uint16(h[4:])), int(le.Uint16(h[6:]))
		d.depth = int(le.Uint16(h[10:]))
		h = [124]byte{}
	} else {
		d.width, d.height = int(int32(le.Uint32(h[4:]))), int(int32(le.Uint32(h[8:])))
		d.depth = int(le.Uint16(h[14:]))
	}
	if d.height < 0 {
		d.height, d.downwards = -d.height, true
	}
	d.compression = le.Uint32(h[16:])
	if err := d.supported(size); err != nil {
		return err
	}
	if size == 40 { // the masks of the oldest header that has some come behind it
		n := 0
		switch d.compression {
		case bmpBitFields:
			n = 12
		case bmpAlphaBitFields:
			n = 16
		}
		if len(rest) < n {
			return io.ErrUnexpectedEOF
		}
		copy(h[40:], rest[:n])
		rest = rest[n:]
	}
	if err := d.setMasks(h[40:56]); err != nil {
		return err
	}
	if offset < uint64(len(data)-len(rest)) { // some writers leave it at 0
		offset = uint64(len(data) - len(rest) + d.paletteLength(entry, le.Uint32(h[32:])))
	}
	if offset > uint64(len(data)) {
		return io.ErrUnexpectedEOF
	}
	d.setPalette(rest[:offset-uint64(len(data)-len(rest))], entry, le.Uint32(h[32:]))
	d.pixels = data[offset:]
	return nil
}

// supported tells whether the pixels are of a kind that is decoded; size is the header's.
func (d *bmpDecoder) supported(size uint64) error {
	const advice = "save it as a BMP without compression, or as PNG"
	if size == os2Header && d.compression >= bmpBitFields {
		if d.compression != os2RLE24 {
			return errors.New("it is compressed as a fax (OS/2, Huffman 1D): " + advice)
		}
		d.compression = bmpRGB
		if d.depth == 24 {
			d.compression = rle24
		}
	}
	ok := false
	switch d.compression {
	case bmpRGB:
		switch d.depth {
		case 1, 2, 4, 8, 16, 24, 32:
			ok = true
		}
	case bmpRLE8:
		ok = d.depth == 8
	case bmpRLE4:
		ok = d.depth == 4
	case rle24:
		ok = true
	case bmpBitFields, bmpAlphaBitFields:
		ok = d.depth == 16 || d.depth == 32
	case bmpJPEG:
		return errors.New("it has a JPEG inside: save it as JPEG")
	case bmpPNG:
		return errors.New("it has a PNG inside: save it as PNG")
	}
	if !ok {
		return fmt.Errorf("%d bits a pixel with compression %d: %s", d.depth, d.compression, advice)
	}
	return nil
}

// rle24 is what we call the run lengths of OS/2 with 24 bits, whose own number means JPEG elsewhere.
const rle24 = 1 << 31

func (d *bmpDecoder) runLengths() bool {
	return d.compression == bmpRLE8 || d.compression == bmpRLE4 || d.compression == rle24
}

// paletteLength is the bytes of a palette whose header says that it has used colours.
func (d *bmpDecoder) paletteLength(entry int, used uint32) int {
	n := 0
	if d.depth <= 8 {
		n = 1 << d.depth
	}
	if used > 0 {
		n = int(min(used, 1<<16))
	}
	return n * entry
}

// setPalette reads B, G, R of each entry from b, which ends where the pixels begin. With more than 8 bits a pixel it is
// only a hint for poor screens.
func (d *bmpDecoder) setPalette(b []byte, entry int, used uint32) {
	if d.depth > 8 {
		return
	}
	b = b[:min(len(b), d.paletteLength(entry, used))]
	for i := 0; i < len(d.palette) && len(b) >= entry; i++ {
		d.palette[i] = [3]byte{b[2], b[1], b[0]}
		b = b[entry:]
	}
}

// bmpMask says where the bits of a channel are.
type bmpMask struct{ mask, shift, most uint32 }

// value is the channel's level, 0 to 255, rounded down.
func (m *bmpMask) value(pixel uint32) byte {
	return byte(uint64(pixel&m.mask>>m.shift) * 255 / uint64(m.most))
}

// setMasks reads the masks of red, green, blue and alpha where the pixels have any, or sets the usual ones.
func (d *bmpDecoder) setMasks(b []byte) error {
	masks := [4]uint32{0xFF0000, 0xFF00, 0xFF}
	if d.depth == 16 {
		masks = [4]uint32{0x7C00, 0x3E0, 0x1F}
	}
	if d.compression == bmpBitFields || d.compression == bmpAlphaBitFields {
		for i := range masks {
			masks[i] = binary.LittleEndian.Uint32(b[4*i:])
		}
	}
	for i, mask := range masks {
		m := bmpMask{mask: mask, most: 1}
		if mask != 0 {
			m.shift = uint32(bits.TrailingZeros32(mask))
			m.most = mask >> m.shift
		}
		if m.most&(m.most+1) != 0 {
			return fmt.Errorf("the bits of a colour are apart (mask %#x): save it as a usual BMP, or as PNG", mask)
		}
		d.masks[i] = m
	}
	return nil
}

// opaque forgets the alpha channel if every pixel says that it cannot be seen: then its writer did not mean it.
func (d *bmpDecoder) opaque() {
	alpha := d.masks[3].mask
	for y := 0; y < d.height && alpha != 0; y++ {
		row := d.pixels[y*d.stride():]
		for x := range d.width {
			if d.pixel(row, x)&alpha != 0 {
				return
			}
		}
	}
	d.masks[3].mask = 0
}

// rowBytes is the bytes of a row's pixels; stride is a row's with its padding.
func (d *bmpDecoder) rowBytes() int { return (d.width*d.depth + 7) / 8 }
func (d *bmpDecoder) stride() int   { return (d.width*d.depth + 31) / 32 * 4 }

// rows decodes all rows.
func (d *bmpDecoder) rows(decode func(row []byte)) {
	for y := range d.height {
		decode(d.pixels[y*d.stride():])
		d.put(y)
	}
}

// put shows the row at hand, number y of the file.
func (d *bmpDecoder) put(y int) {
	if !d.downwards {
		y = d.height - 1 - y
	}
	d.canvas.Put(0, y, 1, d.rgb)
}

// set sets a pixel of the row at hand to a colour of the palette.
func (d *bmpDecoder) set(x int, index byte) { copy(d.rgb[3*x:3*x+3], d.palette[index][:]) }

func (d *bmpDecoder) indexed(row []byte) {
	most := byte(1<<d.depth - 1)
	for x := range d.width {
		at := x * d.depth
		d.set(x, row[at/8]>>(8-d.depth-at%8)&most)
	}
}

func (d *bmpDecoder) plain(row []byte) {
	for i := 0; i < len(d.rgb); i += 3 {
		d.rgb[i], d.rgb[i+1], d.rgb[i+2] = row[i+2], row[i+1], row[i]
	}
}

func (d *bmpDecoder) masked(row []byte) {
	for x := range d.width {
		pixel := d.pixel(row, x)
		for c := range 3 {
			v := d.masks[c].value(pixel)
			if alpha := &d.masks[3]; alpha.mask != 0 {
				v = over(v, alpha.value(pixel))
			}
			d.rgb[3*x+c] = v
		}
	}
}

// pixel is one of 16 or 32 bits.
func (d *bmpDecoder) pixel(row []byte, x int) uint32 {
	if d.depth == 16 {
		return uint32(binary.LittleEndian.Uint16(row[2*x:]))
	}
	return binary.LittleEndian.Uint32(row[4*x:])
}
