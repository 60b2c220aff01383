package preprocess

import (
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer"
)

// How large pictures are that a model is taught with, in pixels of the longer side.
const (
	cutSide  = 320 // for inputs of 224 and less
	cutMore  = 1.28
	cutSteps = 64 // what is more comes in steps
)

// cutQuality is that of their JPEGs: the model hardly tells them from the frame.
const cutQuality = 90

// NewCutter returns what makes of a camera's pictures those that a model with such an input is taught with: what the model
// gets to see of the frame, upright and masked, at most 320 pixels in size (384 for inputs of 299), and nothing that the
// camera may have written into its JPEG. A wide region stays larger where else there would be fewer pixels than the input
// has: taught pictures must be as sharp as those of the camera, or these look unlike them. The error is about o, or an
// input that is no picture.
func NewCutter(input infer.TensorSpec, o Options) (*picture.Encoder, error) {
	height, width, _, err := input.Image()
	if err != nil {
		return nil, err
	}
	side := max(width, height)
	e := picture.EncoderOptions{Region: o.Region, Quality: cutQuality, Bare: true, MaxSide: cutSide, MinSide: side}
	if wanted := int(cutMore * float64(side)); wanted > cutSide {
		e.MaxSide = (wanted + cutSteps - 1) / cutSteps * cutSteps
	}
	if o.Fit == Letterbox {
		e.MinSide = 0
	}
	return picture.NewEncoder(e)
}
