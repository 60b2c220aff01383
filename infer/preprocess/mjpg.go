package preprocess

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/draw"
	stdjpeg "image/jpeg"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/infer/preprocess/jpeg"
)

// jpegDecoder turns the bytes of a JPEG into a picture that is good until the next call.
type jpegDecoder struct {
	decoder jpeg.Decoder
}

// decode decodes data at the reduction that a picture of its size asks for.
func (d *jpegDecoder) decode(data []byte, reduction func(w, h int, t turn) int) (picture, error) {
	head, err := d.decoder.Header(data)
	if err != nil && !errors.Is(err, jpeg.ErrUnsupported) {
		return picture{}, badJPEG(err)
	}
	upright := exifTurn(head.Orientation)
	if err == nil {
		scale := reduction(head.Width, head.Height, upright)
		img, err := d.decoder.Decode(data, scale)
		if err == nil {
			return planar(img, upright, float64(head.Width)/float64(scale), float64(head.Height)/float64(scale)), nil
		}
		if !errors.Is(err, jpeg.ErrUnsupported) {
			return picture{}, badJPEG(err)
		}
	}
	return decodeStandard(data, head, upright)
}

func badJPEG(err error) error {
	return fmt.Errorf("preprocess: decode: %w: %w", capture.ErrBadFrame, err)
}

// planar describes a decoded JPEG whose pixels would be w by h if its reduction left fractions of pixels.
func planar(img *jpeg.Image, t turn, w, h float64) picture {
	p := picture{
		model: ycc, width: img.Width, height: img.Height, spanX: w, spanY: h,
		subX: img.SubX, subY: img.SubY, turn: t,
	}
	if img.Components == 1 {
		p.model = grey
	}
	for i := range img.Components {
		p.planes[i] = plane{img.Planes[i].Pix, img.Planes[i].Stride, 1}
	}
	return p
}

// decodeStandard decodes with the standard library what the decoder for cameras does not: progressive pictures and
// rare samplings, which only stills have. It allocates the picture. head is zero if it could not be read.
func decodeStandard(data []byte, head jpeg.Header, upright turn) (picture, error) {
	c, err := stdjpeg.DecodeConfig(bytes.NewReader(data))
	if err == nil {
		err = affordable(c, head, len(data))
	}
	if err != nil {
		return picture{}, badJPEG(err)
	}
	img, err := stdjpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return picture{}, badJPEG(err)
	}
	p := standard(img)
	p.spanX, p.spanY, p.turn = float64(p.width), float64(p.height), upright
	return p, nil
}

// standard describes an image of the standard library, converting it if its samples have another order than ours.
func standard(img image.Image) picture {
	b := img.Bounds()
	p := picture{width: b.Dx(), height: b.Dy(), subX: 1, subY: 1}
	switch img := img.(type) {
	case *image.Gray:
		p.model, p.planes[0] = grey, plane{img.Pix, img.Stride, 1}
		return p
	case *image.YCbCr:
		p.model = ycc
		p.planes = [3]plane{{img.Y, img.YStride, 1}, {img.Cb, img.CStride, 1}, {img.Cr, img.CStride, 1}}
		switch img.SubsampleRatio {
		case image.YCbCrSubsampleRatio444:
			return p
		case image.YCbCrSubsampleRatio422:
			p.subX = 2
			return p
		case image.YCbCrSubsampleRatio420:
			p.subX, p.subY = 2, 2
			return p
		case image.YCbCrSubsampleRatio440:
			p.subY = 2
			return p
		}
	}
	p.model = rgb
	p.planes = [3]plane{{pack(img), 3 * p.width, 3}}
	return p
}

// pack returns the pixels of m, R G B each. It converts row by row so that no second copy of the picture is needed.
func pack(m image.Image) []byte {
	b := m.Bounds()
	out := make([]byte, 0, b.Dx()*b.Dy()*3)
	row := image.NewRGBA(image.Rect(0, 0, b.Dx(), 1))
	for y := b.Min.Y; y < b.Max.Y; y++ {
		draw.Draw(row, row.Rect, m, image.Pt(b.Min.X, y), draw.Src)
		for i := 0; i < len(row.Pix); i += 4 {
			out = append(out, row.Pix[i:i+3]...)
		}
	}
	return out
}
