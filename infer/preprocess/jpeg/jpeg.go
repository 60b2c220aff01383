// Package jpeg decodes baseline JPEG pictures into planes: the frames of MJPEG cameras, many a second, and stills.
//
// It exists beside image/jpeg because decoding dominates the frame's path on a small machine. It keeps its memory from
// frame to frame, can decode straight to a half, a quarter or an eighth of the size, knows the tables that UVC cameras
// leave out, and treats a frame that was cut short as an error instead of showing it half grey:
//
//	var d jpeg.Decoder
//	for frame := range frames {
//		img, err := d.Decode(frame, 2)
//		if errors.Is(err, jpeg.ErrUnsupported) {
//			// a still of a rarer kind: image/jpeg may know it
//		}
//		use(img) // until the next Decode
//	}
//
// Supported is what ISO/IEC 10918-1 calls baseline and extended sequential Huffman coding with 8-bit samples: grey, and
// Y Cb Cr with chroma at full or half resolution in each direction. All references to "the standard" mean that document.
package jpeg

import (
	"errors"
	"fmt"
)

var (
	// ErrMalformed marks data that is not a whole JPEG picture: cut short, or damaged.
	ErrMalformed = errors.New("malformed jpeg")

	// ErrUnsupported marks a picture of a kind this decoder leaves to others: progressive, arithmetic, lossless, 12-bit,
	// RGB, CMYK, rare subsampling, or more than 64 megapixels.
	ErrUnsupported = errors.New("unsupported jpeg")
)

func malformed(format string, args ...any) error {
	return fmt.Errorf("jpeg: %w: %s", ErrMalformed, fmt.Sprintf(format, args...))
}

func unsupported(format string, args ...any) error {
	return fmt.Errorf("jpeg: %w: %s", ErrUnsupported, fmt.Sprintf(format, args...))
}

// Header is what a picture says about itself before its pixels.
type Header struct {
	Width, Height int  // pixels at scale 1
	Components    int  // 1 grey, 3 colour, 4 CMYK
	SubX, SubY    int  // how much coarser chroma is than luma, across and down; 0 where it is no whole number
	Progressive   bool // Decode returns ErrUnsupported
	Orientation   int  // EXIF 1 to 8; 1 if there is none
}

// Image is a decoded picture. It belongs to its Decoder, which overwrites it in the next Decode.
type Image struct {
	Width, Height int      // pixels: those of the picture divided by the scale, rounded up
	Components    int      // 1 (grey) or 3
	Planes        [3]Plane // Y, Cb, Cr with the full range 0 to 255 (JFIF); only the first if Components is 1
	SubX, SubY    int      // how much coarser chroma is than luma: 1 or 2
	Orientation   int      // EXIF 1 to 8: how to turn the picture upright; 1 if there is none
}

// Plane is one component of an image: sample x, y is Pix[y*Stride+x].
type Plane struct {
	Pix           []byte
	Stride        int // bytes from one row to the next
	Width, Height int // samples; a chroma plane's are rounded up
}

// Decoder decodes one picture after another in the same memory, so that a steady stream of frames allocates nothing.
// The zero value is ready. It is not for concurrent use.
type Decoder struct {
	frame   frame
	tables  tables
	planes  []byte // backs the planes of img
	entropy []byte // one entropy-coded interval without its stuffing
	img     Image
}

// Header reads a picture's header and decodes nothing. Its errors wrap ErrMalformed or ErrUnsupported; a progressive
// or CMYK picture is no error here.
func (d *Decoder) Header(data []byte) (Header, error) {
	d.reset()
	p := parser{data: data}
	if err := d.readUntil(&p, seesFrame); err != nil {
		return Header{}, err
	}
	return d.frame.header(), nil
}

// Decode decodes a picture at 1/scale of its size, where scale is 1, 2, 4 or 8: each 8x8 block becomes 8/scale samples
// square. The image is valid until the next call of Decode. Every error wraps ErrMalformed or ErrUnsupported.
//
// What follows the picture is ignored, and its end marker may be missing; but every sample must be there.
func (d *Decoder) Decode(data []byte, scale int) (*Image, error) {
	switch scale {
	case 1, 2, 4, 8:
	default:
		return nil, unsupported("scale %d: take 1, 2, 4 or 8", scale)
	}
	d.reset()
	p := parser{data: data}
	if err := d.readUntil(&p, seesFrame); err != nil {
		return nil, err
	}
	if err := d.frame.check(len(data)); err != nil {
		return nil, err
	}
	d.layOut(scale)
	for !d.frame.complete() {
		if err := d.readUntil(&p, seesScan); err != nil {
			return nil, err
		}
		if err := d.scan(&p, 8/scale); err != nil {
			return nil, err
		}
	}
	return &d.img, nil
}

// reset forgets the picture before, but none of the memory.
func (d *Decoder) reset() {
	d.frame = frame{orientation: 1}
	d.tables.forget()
}

// layOut gives each component its plane, padded to whole MCUs, and describes the result in d.img.
func (d *Decoder) layOut(scale int) {
	f := &d.frame
	size := 8 / scale
	d.img = Image{
		Width:       ceilDiv(f.width, scale),
		Height:      ceilDiv(f.height, scale),
		Components:  f.n,
		Orientation: f.orientation,
	}
	d.img.SubX, d.img.SubY = f.subsampling()
	total := 0
	for i := range f.n {
		c := &f.comps[i]
		total += f.mcusX * c.h * f.mcusY * c.v * size * size
	}
	if cap(d.planes) < total {
		d.planes = make([]byte, total)
	}
	rest := d.planes[:total]
	for i := range f.n {
		c := &f.comps[i]
		c.stride = f.mcusX * c.h * size
		n := c.stride * f.mcusY * c.v * size
		c.pix, rest = rest[:n:n], rest[n:]
		d.img.Planes[i] = Plane{
			Pix:    c.pix,
			Stride: c.stride,
			Width:  ceilDiv(f.width*c.h, f.hMax*scale),
			Height: ceilDiv(f.height*c.v, f.vMax*scale),
		}
	}
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
