package still

import (
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/inceptiond/inceptiond/capture/picture/internal/raster"
)

// pngSignature starts every PNG (PNG specification, second edition, 5.2).
const pngSignature = "\x89PNG\r\n\x1a\n"

// Colour types of a PNG (table 11.1 of the specification).
const (
	pngGrey      = 0
	pngRGB       = 2
	pngPalette   = 3
	pngGreyAlpha = 4
	pngRGBA      = 6
)

// pngDecoder decodes a PNG row by row. image/png has the whole picture in memory, twice if it is interlaced.
type pngDecoder struct {
	data          []byte // behind the chunk at hand
	width, height int
	depth, colour byte // bits of a sample; colour type
	interlaced    bool
	palette       [256][4]byte // R, G, B, alpha
	transparent   []byte       // tRNS of grey and RGB: the colour that is, 2 bytes a sample; nil: none

	idat   []byte    // of the IDAT chunk at hand, what is not inflated yet
	pixels io.Reader // inflates those chunks

	now, before []byte // a row with its filter byte, and the one before it
	rgb         []byte // the row's colours
}

// decodePNG decodes a PNG into the memory of pix. What is transparent shows white.
func decodePNG(data, pix []byte, b raster.Budget) (*raster.Canvas, error) {
	d := &pngDecoder{data: data[len(pngSignature):]}
	if err := d.header(); err != nil {
		return nil, explainPNG(err)
	}
	if err := checkSize(d.width, d.height); err != nil {
		return nil, err
	}
	canvas, err := b.NewCanvas(pix, d.width, d.height, d.interlaced)
	if err != nil {
		return nil, err
	}
	inflater, err := zlib.NewReader(idatReader{d})
	if err != nil {
		return nil, explainPNG(err)
	}
	d.pixels = inflater
	n := 1 + d.rowBytes(d.width)
	d.now, d.before, d.rgb = make([]byte, n), make([]byte, n), make([]byte, 3*d.width)
	if err := d.passes(canvas); err != nil {
		return nil, explainPNG(err)
	}
	if _, err := inflater.Read(make([]byte, 1)); errors.Is(err, zlib.ErrChecksum) {
		return nil, err
	}
	canvas.Finish()
	return canvas, nil
}

// explainPNG says of an end that comes too early what it means.
func explainPNG(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("cut short: not all pixels are there")
	}
	return err
}

// header reads the chunks up to the first with pixels.
func (d *pngDecoder) header() error {
	for {
		kind, body, err := d.chunk()
		if err != nil {
			return err
		}
		switch kind {
		case "IHDR":
			err = d.size(body)
		case "PLTE":
			err = d.setPalette(body)
		case "tRNS":
			d.setTransparent(body)
		case "IDAT":
			d.idat = body
			return d.ready()
		case "CgBI":
			err = errors.New("it is Apple's own kind of PNG (CgBI): save it as a usual PNG")
		case "IEND":
			err = errors.New("it has no pixels")
		}
		if err != nil {
			return err
		}
	}
}

// chunk takes the next chunk (5.3 of the specification). The checksums of ancillary ones are not looked at. Of pixels,
// what is left of a chunk that was cut short may be enough.
func (d *pngDecoder) chunk() (kind string, body []byte, err error) {
	if len(d.data) < 8 {
		return "", nil, io.ErrUnexpectedEOF
	}
	n, rest := uint64(binary.BigEndian.Uint32(d.data)), d.data[8:]
	kind = string(d.data[4:8])
	if n+4 > uint64(len(rest)) {
		if kind != "IDAT" {
			return "", nil, io.ErrUnexpectedEOF
		}
		d.data = nil
		return kind, rest[:min(n, uint64(len(rest)))], nil
	}
	body = rest[:n]
	critical := kind[0]&0x20 == 0
	if critical && binary.BigEndian.Uint32(rest[n:]) != crc32.ChecksumIEEE(d.data[4:8+n]) {
		return "", nil, fmt.Errorf("chunk %q has a wrong checksum", kind)
	}
	d.data = rest[n+4:]
	return kind, body, nil
}

// size reads the header (11.2.2 of the specification).
func (d *pngDecoder) size(b []byte) error {
	switch {
	case len(b) != 13 || d.width != 0:
		return fmt.Errorf("header of %d bytes", len(b))
	case b[10] != 0 || b[11] != 0 || b[12] > 1:
		return fmt.Errorf("compression %d, filter %d, interlace %d", b[10], b[11], b[12])
	}
	w, h := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	if w == 0 || h == 0 || w > 1<<31-1 || h > 1<<31-1 {
		return fmt.Errorf("%dx%d pixels", w, h)
	}
	d.width, d.height = int(w), int(h)
	d.depth, d.colour, d.interlaced = b[8], b[9], b[12] == 1
	for i := range d.palette { // what the palette leaves out is black
		d.palette[i] = [4]byte{3: 255}
	}
	switch d.colour {
	case pngGrey:
		if d.depth == 1 || d.depth == 2 || d.depth == 4 {
			return nil
		}
	case pngPalette:
		if d.depth == 1 || d.depth == 2 || d.depth == 4 || d.depth == 8 {
			return nil
		}
		return fmt.Errorf("palette of %d bits", d.depth)
	case pngRGB, pngGreyAlpha, pngRGBA:
	default:
		return fmt.Errorf("colour type %d", d.colour)
	}
	if d.depth != 8 && d.depth != 16 {
		return fmt.Errorf("colour type %d of %d bits", d.colour, d.depth)
	}
	return nil
}

// ready tells whether the pixels can be read.
func (d *pngDecoder) ready() error {
	if d.width == 0 {
		return errors.New("pixels before the header")
	}
	return nil
}

func (d *pngDecoder) setPalette(b []byte) error {
	if len(b)%3 != 0 || len(b) > 3*len(d.palette) {
		return fmt.Errorf("palette of %d bytes", len(b))
	}
	for i := range len(b) / 3 {
		copy(d.palette[i][:3], b[3*i:])
	}
	return nil
}

// setTransparent reads which colours are transparent (11.3.2.1 of the specification).
func (d *pngDecoder) setTransparent(b []byte) {
	switch {
	case d.colour == pngPalette:
		for i, alpha := range b[:min(len(b), len(d.palette))] {
			d.palette[i][3] = alpha
		}
	case d.colour == pngGrey && len(b) == 2, d.colour == pngRGB && len(b) == 6:
		d.transparent = b
	}
}

// channels is the number of samples of a pixel.
func (d *pngDecoder) channels() int {
	switch d.colour {
	case pngRGB:
		return 3
	case pngGreyAlpha:
		return 2
	case pngRGBA:
		return 4
	}
	return 1
}

// rowBytes is the bytes of n pixels of a row.
func (d *pngDecoder) rowBytes(n int) int { return (n*d.channels()*int(d.depth) + 7) / 8 }

// idatReader reads the bytes of consecutive IDAT chunks.
type idatReader struct{ *pngDecoder }

func (r idatReader) Read(p []byte) (int, error) {
	for len(r.idat) == 0 {
		kind, body, err := r.chunk()
		if err != nil {
			return 0, err
		}
		if kind != "IDAT" {
			return 0, io.EOF
		}
		r.idat = body
	}
	n := copy(p, r.idat)
	r.idat = r.idat[n:]
	return n, nil
}

// pngPass says which pixels one pass of an interlaced picture brings: those from x0, y0 on, at steps of dx, dy.
type pngPass struct{ x0, y0, dx, dy int }

// adam7 is the passes of an interlaced picture (8.2 of the specification).
var adam7 = [...]pngPass{{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}}

// passes reads all pixels.
func (d *pngDecoder) passes(canvas *raster.Canvas) error {
	if !d.interlaced {
		return d.pass(canvas, pngPass{0, 0, 1, 1})
	}
	for _, p := range adam7 {
		if err := d.pass(canvas, p); err != nil {
			return err
		}
	}
	return nil
}

func (d *pngDecoder) pass(canvas *raster.Canvas, p pngPass) error {
	n := (d.width - p.x0 + p.dx - 1) / p.dx
	if n <= 0 {
		return nil
	}
	now, before := d.now[:1+d.rowBytes(n)], d.before[:1+d.rowBytes(n)]
	clear(before)
	bytesApart := max(1, d.channels()*int(d.depth)/8)
	for y := p.y0; y < d.height; y += p.dy {
		if _, err := io.ReadFull(d.pixels, now); err != nil {
			return err
		}
		if err := unfilter(now[0], now[1:], before[1:], bytesApart); err != nil {
			return err
		}
		rgb := d.rgb[:3*n]
		d.convert(rgb, now[1:])
		canvas.Put(p.x0, y, p.dx, rgb)
		now, before = before, now
	}
	return nil
}
