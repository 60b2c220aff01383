package picture

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	stdjpeg "image/jpeg"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture/internal/raster"
	"github.com/inceptiond/inceptiond/capture/picture/jpeg"
)

// What follows is called with p.decoding locked.

// storedJPEG is readStored for a JPEG.
func (p *Picture) storedJPEG() (Stored, error) {
	head, err := p.header.locked(p.readHeader)
	if errors.Is(err, jpeg.ErrUnsupported) {
		planes, err := p.standard.locked(p.readStandard)
		if err != nil {
			return Stored{}, err
		}
		return Stored{planes.Width, planes.Height, planes.Orientation}, nil
	}
	if err != nil {
		return Stored{}, badJPEG(err)
	}
	return Stored{head.Width, head.Height, p.upright(head)}, nil
}

// readJPEG decodes a JPEG at the reduction 1<<level, for Planes.
func (p *Picture) readJPEG(level int) (Planes, error) {
	if err := p.frame.Check(); err != nil {
		return Planes{}, err
	}
	head, err := p.header.locked(p.readHeader)
	if err == nil {
		img := &p.decoder.images[level]
		if err = p.decoder.Decode(img, p.frame.Pix, 1<<level); err == nil {
			return planar(img, head, 1<<level, p.upright(head)), nil
		}
	}
	if !errors.Is(err, jpeg.ErrUnsupported) {
		return Planes{}, badJPEG(err)
	}
	planes, err := p.standard.locked(p.readStandard)
	if err != nil {
		return Planes{}, err
	}
	return *planes, nil
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

// readStandard decodes with the standard library what the decoder for cameras does not.
func (p *Picture) readStandard() (Planes, error) {
	head, err := p.header.locked(p.readHeader)
	if err != nil {
		head = new(jpeg.Header) // not even that could be read
	}
	planes, err := decodeStandard(p.frame.Pix, *head)
	planes.Orientation = p.upright(head)
	return planes, err
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
	if img.Components == 1 {
		p.Colour = Grey
	}
	for i := range img.Components {
		p.Plane[i] = Plane{img.Planes[i].Pix, img.Planes[i].Stride, 1}
	}
	return p
}

// decodeStandard decodes progressive pictures and rare samplings, which only stills have. It allocates the picture. head
// is zero if it could not be read. The orientation is left to the caller.
func decodeStandard(data []byte, head jpeg.Header) (Planes, error) {
	c, err := stdjpeg.DecodeConfig(bytes.NewReader(data))
	if err == nil {
		err = affordable(c, head, len(data))
	}
	if err != nil {
		return Planes{}, badJPEG(err)
	}
	img, err := stdjpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return Planes{}, badJPEG(err)
	}
	return standard(img), nil
}

// standard describes an image of the standard library, converting it if its samples have another order than ours.
func standard(img image.Image) Planes {
	b := img.Bounds()
	p := Planes{Width: b.Dx(), Height: b.Dy(), SubX: 1, SubY: 1}
	p.ExactWidth, p.ExactHeight = float64(p.Width), float64(p.Height)
	switch img := img.(type) {
	case *image.Gray:
		p.Colour, p.Plane[0] = Grey, Plane{img.Pix, img.Stride, 1}
		return p
	case *image.YCbCr:
		if x, y := subsampling(img.SubsampleRatio); x > 0 {
			p.Colour, p.SubX, p.SubY = YCC, x, y
			p.Plane = [3]Plane{{img.Y, img.YStride, 1}, {img.Cb, img.CStride, 1}, {img.Cr, img.CStride, 1}}
			return p
		}
	}
	p.Colour = RGB
	p.Plane = [3]Plane{{raster.AppendRGB(nil, img), 3 * p.Width, 3}}
	return p
}

// subsampling is how much coarser chroma is than luma, across and down; 0 if it is more than Planes allow.
func subsampling(r image.YCbCrSubsampleRatio) (x, y int) {
	switch r {
	case image.YCbCrSubsampleRatio444:
		return 1, 1
	case image.YCbCrSubsampleRatio422:
		return 2, 1
	case image.YCbCrSubsampleRatio420:
		return 2, 2
	case image.YCbCrSubsampleRatio440:
		return 1, 2
	}
	return 0, 0
}
