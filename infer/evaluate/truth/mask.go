package truth

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
)

// Void is the number of the pixels of a mask that count for nothing.
const Void = 255

// Mask has the class of each pixel of a picture, row by row from the upper left.
type Mask struct {
	Width, Height int
	Classes       []uint8 // Void: it counts for nothing
}

// maxMask is the most pixels of a mask.
const maxMask = 1 << 26

// ReadMask reads a mask: a PNG with a palette, as those of Pascal VOC, or grey ones of 8 bits or fewer. The number of a pixel is its
// class. A grey picture that was saved with colours will do.
func ReadMask(data []byte) (*Mask, error) {
	config, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("mask: %w (want a PNG)", err)
	}
	if int64(config.Width)*int64(config.Height) > maxMask {
		return nil, fmt.Errorf("mask: %d x %d pixels are too many", config.Width, config.Height)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("mask: %w", err)
	}
	m := &Mask{Width: config.Width, Height: config.Height}
	switch p := img.(type) {
	case *image.Paletted:
		m.Classes = rows(p.Pix, p.Stride, m.Width, m.Height)
	case *image.Gray:
		m.Classes = rows(p.Pix, p.Stride, m.Width, m.Height)
		if n := greyLevels(data); n > 1 {
			for i := range m.Classes { // image/png spreads 1, 2 and 4 bits over 0 to 255
				m.Classes[i] /= uint8(n)
			}
		}
	case *image.RGBA:
		m.Classes, err = grey(p.Pix, p.Stride, m.Width, m.Height)
	case *image.NRGBA:
		m.Classes, err = grey(p.Pix, p.Stride, m.Width, m.Height)
	default:
		err = errors.New("mask: it has 16 bits (want 8: the number of a pixel is its class)")
	}
	if err != nil {
		return nil, err
	}
	return m, nil
}

// greyLevels is what image/png multiplies the numbers of a grey picture with.
func greyLevels(data []byte) int {
	const depthAt = 24 // of the signature, IHDR's head, width and height
	switch data[depthAt] {
	case 1:
		return 255
	case 2:
		return 85
	case 4:
		return 17
	}
	return 1
}

// rows are pixels without what is between rows.
func rows(pix []uint8, stride, width, height int) []uint8 {
	out := make([]uint8, 0, width*height)
	for y := range height {
		out = append(out, pix[y*stride:y*stride+width]...)
	}
	return out
}

// grey are the numbers of pixels of four bytes whose colours are all the same.
func grey(pix []uint8, stride, width, height int) ([]uint8, error) {
	out := make([]uint8, 0, width*height)
	for y := range height {
		for row := pix[y*stride : y*stride+4*width]; len(row) > 0; row = row[4:] {
			if row[0] != row[1] || row[0] != row[2] {
				return nil, errors.New("mask: its pixels are colours (want a palette, or grey: the number of a pixel is its class)")
			}
			out = append(out, row[0])
		}
	}
	return out, nil
}
