package picture

import (
	"fmt"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture/jpeg"
)

// What follows is called with p.decoding locked.

// storedJPEG is readStored for a JPEG.
func (p *Picture) storedJPEG() (Stored, error) {
	head, err := p.header.locked(p.readHeader)
	if err != nil {
		return Stored{}, badJPEG(err)
	}
	return Stored{head.Width, head.Height, p.upright(head)}, nil
}

// readJPEG decodes a JPEG at the reduction 1<<level, for Planes, or at a larger one if it is too large for the memory
// that pictures may take.
func (p *Picture) readJPEG(level int) (Planes, error) {
	if err := p.frame.Check(); err != nil {
		return Planes{}, err
	}
	head, err := p.header.locked(p.readHeader)
	if err != nil {
		return Planes{}, badJPEG(err)
	}
	least, err := affordable(head, p.pool.memory())
	if err != nil {
		return Planes{}, badJPEG(err)
	}
	if level < least {
		planes, err := p.planes[least].locked(func() (Planes, error) { return p.readJPEG(least) })
		if err != nil {
			return Planes{}, err
		}
		return *planes, nil
	}
	img := &p.decoder.images[level]
	if err := p.decoder.Decode(img, p.frame.Pix, 1<<level); err != nil {
		return Planes{}, badJPEG(err)
	}
	planes := planar(img, head, 1<<level, p.upright(head))
	p.pool.mask.paintJPEG(&planes, head, 1<<level)
	return planes, nil
}

// readHeader reads the header, with a decoder that the picture keeps until the frame is forgotten.
func (p *Picture) readHeader() (jpeg.Header, error) {
	if p.decoder == nil {
		p.decoder = p.pool.take()
	}
	return p.decoder.Header(p.frame.Pix)
}

// upright is the orientation of a JPEG with the header h, and of its camera.
func (p *Picture) upright(h *jpeg.Header) Orientation {
	return exif(h.Orientation).then(p.pool.orientation)
}

func badJPEG(err error) error {
	return fmt.Errorf("picture: decode: %w: %w", capture.ErrBadFrame, err)
}

// planar describes a decoded JPEG.
func planar(img *jpeg.Image, h *jpeg.Header, reduction int, o Orientation) Planes {
	p := Planes{
		Colour: YCC, Width: img.Width, Height: img.Height,
		ExactWidth: float64(h.Width) / float64(reduction), ExactHeight: float64(h.Height) / float64(reduction),
		SubX: img.SubX, SubY: img.SubY, Orientation: o,
	}
	switch {
	case img.RGB:
		p.Colour = RGB
		p.Plane[0] = Plane{img.Planes[0].Pix, img.Planes[0].Stride, 3}
		return p
	case img.Components == 1:
		p.Colour = Grey
	}
	for i := range img.Components {
		p.Plane[i] = Plane{img.Planes[i].Pix, img.Planes[i].Stride, 1}
	}
	return p
}
