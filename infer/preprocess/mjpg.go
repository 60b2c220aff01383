package preprocess

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	stdjpeg "image/jpeg"

	"github.com/inceptiond/inceptiond/capture"
)

// jpegDecoder turns the bytes of a JPEG into a picture that is good until the next call.
type jpegDecoder struct {
}

func (d *jpegDecoder) decode(data []byte, reduction func(w, h int, t turn) int) (picture, error) {
	return decodeStandard(data)
}

// decodeStandard decodes with the standard library what the decoder for cameras does not: progressive pictures and
// rare samplings, which only stills have. It allocates the picture.
func decodeStandard(data []byte) (picture, error) {
	c, err := stdjpeg.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return picture{}, fmt.Errorf("preprocess: decode JPEG: %w: %w", capture.ErrBadFrame, err)
	}
	if c.Width < 1 || c.Height < 1 || int64(c.Width)*int64(c.Height) > maxPixels {
		return picture{}, fmt.Errorf("preprocess: decode JPEG: %dx%d is too large: %w", c.Width, c.Height, capture.ErrBadFrame)
	}
	img, err := stdjpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return picture{}, fmt.Errorf("preprocess: decode JPEG: %w: %w", capture.ErrBadFrame, err)
	}
	return standard(img), nil
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
	flat := image.NewRGBA(image.Rect(0, 0, p.width, p.height))
	draw.Draw(flat, flat.Rect, img, b.Min, draw.Src)
	p.model = rgb
	p.planes = [3]plane{{pack(flat), 3 * p.width, 3}}
	return p
}

// pack drops the alpha bytes of m, which starts at 0, 0.
func pack(m *image.RGBA) []byte {
	out := make([]byte, 0, m.Rect.Dx()*m.Rect.Dy()*3)
	for i := 0; i+3 < len(m.Pix); i += 4 {
		out = append(out, m.Pix[i:i+3]...)
	}
	return out
}
