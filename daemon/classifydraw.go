package main

import (
	"bufio"
	"errors"
	"image"
	"image/png"
	"os"

	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/overlay"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	"github.com/inceptiond/inceptiond/infer/task"
)

// drawFound writes a PNG of a picture with what was found in it.
func drawFound(path string, p *picture.Picture, f *task.Findings, labels infer.Labels) (err error) {
	img, err := uprightImage(p)
	if err != nil {
		return err
	}
	overlay.Draw(img, f, func(class int) string { return named(class, labelOf(labels, class)) })
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	w := bufio.NewWriter(file)
	if err := png.Encode(w, img); err != nil {
		return err
	}
	return w.Flush()
}

// uprightImage is a whole picture, upright, pixel by pixel.
func uprightImage(p *picture.Picture) (*image.RGBA, error) {
	width, height, err := p.Size()
	if err != nil {
		return nil, err
	}
	spec := infer.TensorSpec{Name: "picture", Type: infer.Uint8, Shape: []int{1, height, width, 3}}
	pre, err := preprocess.New(spec, preprocess.Options{})
	if err != nil {
		return nil, err
	}
	rgb := make([]byte, spec.Bytes())
	if err := pre.Run(p, rgb, nil); err != nil {
		return nil, err
	}
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for i := range width * height {
		copy(img.Pix[4*i:], []byte{rgb[3*i], rgb[3*i+1], rgb[3*i+2], 255})
	}
	return img, nil
}
