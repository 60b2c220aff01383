package preprocess

import (
	"image"

	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer"
)

// Upright is a whole picture as an image, upright, pixel by pixel; of more than 8192 pixels a side, it is smaller. The error wraps capture.ErrBadFrame if its frame is damaged.
func Upright(p *picture.Picture) (*image.RGBA, error) {
	width, height, err := p.Size()
	if err != nil {
		return nil, err
	}
	if longest := max(width, height); longest > maxSide {
		width, height = max(width*maxSide/longest, 1), max(height*maxSide/longest, 1)
	}
	spec := infer.TensorSpec{Name: "picture", Type: infer.Uint8, Shape: []int{1, height, width, 3}}
	pre, err := New(spec, Options{})
	if err != nil {
		return nil, err
	}
	rgb := make([]byte, spec.Bytes())
	if err := pre.Run(p, rgb, nil); err != nil {
		return nil, err
	}
	return Image(rgb, width, height), nil
}

// Image is an image of pixels, of R, G and B each, row by row.
func Image(rgb []byte, width, height int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for i := range width * height {
		copy(img.Pix[4*i:], []byte{rgb[3*i], rgb[3*i+1], rgb[3*i+2], 255})
	}
	return img
}
