package pipeline

import (
	"errors"

	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	"github.com/inceptiond/inceptiond/publish"
)

// alikeShare is the share of the area of the largest box from which on another may be what is meant, too.
const alikeShare = 0.5

// Largest is the box of the largest thing of a list, and how many are about as large, itself included: with more than one nobody knows
// which is meant. 0: the list is empty.
func Largest(list []publish.Detection) (box [4]float64, alike int) {
	area := func(b [4]float64) float64 { return b[2] * b[3] }
	for i := range list {
		if b := list[i].Box; area(b) > area(box) {
			box = b
		}
	}
	for i := range list {
		if area(list[i].Box) >= alikeShare*area(box) {
			alike++
		}
	}
	return box, alike
}

// CropCutter makes of p, of which r is the result, the picture that the second model is taught with: what it gets to see of the largest
// thing that the first one has found. nil: there is none, or several of about one size. It is for those who [Camera.Watch].
func (c *Camera) CropCutter(p *picture.Picture, r *publish.Result) (*picture.Encoder, error) {
	t := c.look.then
	if t == nil {
		return nil, errors.New("the camera has no second model")
	}
	var wanted []publish.Detection
	for _, d := range r.Detections {
		if t.wants(d.Index) {
			wanted = append(wanted, d)
		}
	}
	box, alike := Largest(wanted)
	if alike != 1 {
		return nil, nil
	}
	part, err := t.around(p, box)
	if err != nil {
		return nil, err
	}
	return preprocess.NewCutter(t.look.options.Model.Engine.Input(), preprocess.Options{Region: part, Fit: t.look.options.Preprocess.Fit})
}
