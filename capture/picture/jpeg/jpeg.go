// Package jpeg decodes JPEG pictures into planes: the frames of MJPEG cameras, many a second, and stills.
//
// It exists beside image/jpeg because decoding dominates the frame's path on a small machine. It keeps its memory from
// frame to frame, can decode straight to a half, a quarter or an eighth of the size and needs less memory for it, knows
// the tables that UVC cameras leave out, and treats a frame that was cut short as an error instead of showing it half
// grey; and it decodes what image/jpeg does not:
//
//	var d jpeg.Decoder
//	var img jpeg.Image
//	for frame := range frames {
//		err := d.Decode(&img, frame, 2)
//		if err != nil {
//			continue // damaged, or of a kind that the error names
//		}
//		use(&img)
//	}
//
// [Size], [Whole] and [Reader] follow a picture's markers, to learn its size, to find out whether it is all there, and to
// cut a stream of pictures into single ones.
//
// Supported is what ISO/IEC 10918-1 (ITU-T T.81) calls sequential and progressive coding with 8-bit samples, by Huffman
// codes or arithmetic: grey, Y Cb Cr, RGB, and CMYK as Adobe has it, with any sampling factors. All references to "the
// standard" mean that document.
//
// Bytes that belong to nothing are skipped as others do, in one place for all: before the start marker, between two
// segments, and after the picture. The end marker may be missing; but every sample must be there.
package jpeg

import (
	"errors"
	"fmt"
)

var (
	// ErrMalformed marks data that is not a whole JPEG picture: cut short, or damaged.
	ErrMalformed = errors.New("malformed jpeg")

	// ErrUnsupported marks a picture of a kind that is not decoded, which the error names: lossless, hierarchical, more
	// than 8 bits a sample, a height that comes later (DNL), two components or more than four.
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
	Progressive   bool // in several passes, for which all coefficients are kept
	Orientation   int  // EXIF 1 to 8; 1 if there is none

	// Memory is the bytes that Decode takes at scale 1, 2, 4 and 8, besides the copy of the coded data.
	Memory [4]int64
}

// Image is a decoded picture in the memory of its owner, which grows as needed. The zero value is ready.
type Image struct {
	Width, Height int      // pixels: those of the picture divided by the scale, rounded up
	Components    int      // 1 (grey) or 3
	RGB           bool     // Planes[0] has the bytes R, G, B of each pixel; there is no other plane
	Planes        [3]Plane // Y, Cb, Cr with the full range 0 to 255 (JFIF); only the first if Components is 1
	SubX, SubY    int      // how much coarser chroma is than luma: 1 or 2
	Orientation   int      // EXIF 1 to 8: how to put the picture upright; 1 if there is none

	memory   []byte // backs the planes
	expanded []byte // backs those that were brought to full size, or made RGB
}

// Plane is one component of an image: sample x, y is Pix[y*Stride+x].
type Plane struct {
	Pix           []byte
	Stride        int // bytes from one row to the next
	Width, Height int // samples; a chroma plane's are rounded up
}

// Decoder decodes one picture after another. It keeps its tables and memory, so that a steady stream of frames into the
// same Image allocates nothing. The zero value is ready. It is not for concurrent use.
type Decoder struct {
	sequence scan          // the scan at hand, of a sequential picture; first, where its block lies in few cache lines
	scanned  [4]*component // the components of the scan at hand

	frame   frame
	tables  tables
	kernels kernels // chosen with the first picture
	entropy []byte  // one entropy-coded interval without its stuffing

	// Nil before the first picture that needs them: those of cameras do not.
	passes *passes     // of a progressive picture
	coder  *arithmetic // of one with arithmetic coding
}

// Header reads a picture's header and decodes nothing. Its errors wrap ErrMalformed or ErrUnsupported.
func (d *Decoder) Header(data []byte) (Header, error) {
	d.reset()
	p := parser{data: data}
	if err := d.readUntil(&p, seesFrame); err != nil {
		return Header{}, err
	}
	if err := d.frame.check(len(data)); err != nil {
		return Header{}, err
	}
	return d.frame.header(), nil
}

// Decode decodes a picture into img at 1/scale of its size, where scale is 1, 2, 4 or 8: each 8x8 block becomes 8/scale
// samples square. Every error wraps ErrMalformed or ErrUnsupported, and leaves img undefined; it can be used again.
//
// What follows the picture is ignored, and its end marker may be missing; but every sample must be there.
func (d *Decoder) Decode(img *Image, data []byte, scale int) error {
	switch scale {
	case 1, 2, 4, 8:
	default:
		return unsupported("scale %d: take 1, 2, 4 or 8", scale)
	}
	d.reset()
	p := parser{data: data}
	if err := d.readUntil(&p, seesFrame); err != nil {
		return err
	}
	if err := d.frame.check(len(data)); err != nil {
		return err
	}
	d.layOut(img, scale)
	var err error
	if d.frame.progressive() {
		err = d.progressive(&p, 8/scale)
	} else {
		err = d.sequential(&p, 8/scale)
	}
	if err == nil {
		d.finish(img)
	}
	return err
}

// sequential decodes the scans of a sequential picture: each component is in one of them.
func (d *Decoder) sequential(p *parser, size int) error {
	for !d.frame.complete() {
		if err := d.readUntil(p, seesScan); err != nil {
			return err
		}
		if err := d.scan(p, size); err != nil {
			return err
		}
	}
	return nil
}

// reset forgets the picture before, but none of the memory.
func (d *Decoder) reset() {
	if d.kernels.name == "" {
		d.kernels = available()[0]
	}
	d.frame = frame{orientation: 1}
	d.tables.forget()
}

// layOut describes the result in img and gives each component its plane there, padded to whole MCUs.
func (d *Decoder) layOut(img *Image, scale int) {
	f := &d.frame
	size := 8 / scale
	total := 0
	for i := range f.n {
		c := &f.comps[i]
		total += f.mcusX * c.h * f.mcusY * c.v * size * size
	}
	if cap(img.memory) < total {
		img.memory = make([]byte, total)
	}
	*img = Image{
		Width:       ceilDiv(f.width, scale),
		Height:      ceilDiv(f.height, scale),
		Components:  min(f.n, 3),
		Orientation: f.orientation,
		memory:      img.memory[:total],
		expanded:    img.expanded,
	}
	img.SubX, img.SubY = f.subsampling()
	rest := img.memory
	for i := range f.n {
		c := &f.comps[i]
		c.stride = f.mcusX * c.h * size
		n := c.stride * f.mcusY * c.v * size
		c.pix, rest = rest[:n:n], rest[n:]
		c.width, c.height = ceilDiv(f.width*c.h, f.hMax*scale), ceilDiv(f.height*c.v, f.vMax*scale)
		if i < len(img.Planes) {
			img.Planes[i] = Plane{Pix: c.pix, Stride: c.stride, Width: c.width, Height: c.height}
		}
	}
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
