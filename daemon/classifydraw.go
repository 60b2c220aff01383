package main

import (
	"bufio"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"

	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/daemon/pipeline"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/overlay"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	"github.com/inceptiond/inceptiond/publish"
)

// drawFound writes a PNG of a picture with what was found in it.
func drawFound(path string, p *picture.Picture, a *pipeline.Answer, labels infer.Labels) (err error) {
	img, err := uprightImage(p)
	if err != nil {
		return err
	}
	more := func(object int) string { return second(&a.Found.Detections[object]) }
	overlay.Draw(img, a.Findings, func(class int) string { return named(class, labelOf(labels, class)) }, more)
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

// second is what a second model says first of an object, for people: "whippet 87 %"; empty: nothing.
func second(d *publish.Detection) string {
	switch {
	case d.Identity != nil && d.Identity.Label != "":
		return fmt.Sprintf("%s %.0f %%", d.Identity.Label, 100*d.Identity.Score)
	case len(d.Predictions) > 0:
		p := d.Predictions[0]
		return fmt.Sprintf("%s %.0f %%", named(p.Index, p.Label), 100*p.Score)
	}
	return ""
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
