package main

import (
	"fmt"

	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/daemon/pipeline"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/overlay"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	"github.com/inceptiond/inceptiond/publish"
)

// drawFound writes a PNG of a picture with what was found in it.
func drawFound(path string, p *picture.Picture, a *pipeline.Answer, labels infer.Labels) error {
	img, err := preprocess.Upright(p)
	if err != nil {
		return err
	}
	more := func(object int) string { return second(&a.Found.Detections[object]) }
	overlay.Draw(img, a.Findings, func(class int) string { return named(class, labelOf(labels, class)) }, more)
	return overlay.WritePNG(path, img)
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
