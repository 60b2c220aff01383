package service

import (
	"fmt"
	"image"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/explain"
	"github.com/inceptiond/inceptiond/infer/preprocess"
)

// whyPictures draws where a camera's model looked. It is for one goroutine.
type whyPictures struct {
	model         *model
	pixels        *preprocess.Preprocessor // what the model gets to see, for people
	rgb           []byte                   // its output
	width, height int
	encoder       *picture.Encoder
	activation    *explain.Activation // read with the first picture
	why           explain.Map
}

// newWhyPictures makes what draws pictures of a camera's looks, no larger than its snapshots. The error is about a model whose
// input is no picture.
func newWhyPictures(m *model, o preprocess.Options, size picture.EncoderOptions) (*whyPictures, error) {
	w := &whyPictures{model: m}
	var err error
	if w.height, w.width, _, err = m.Engine.Input().Image(); err != nil {
		return nil, err
	}
	spec := infer.TensorSpec{Name: "picture", Type: infer.Uint8, Shape: []int{1, w.height, w.width, 3}}
	if w.pixels, err = preprocess.New(spec, o); err != nil {
		return nil, err
	}
	w.rgb = make([]byte, spec.Bytes())
	size.Region = picture.Region{} // the pixels are those of the camera's region already
	w.encoder, err = picture.NewEncoder(size)
	return w, err
}

// draw is a JPEG of what the model got to see, beside the same with what spoke for a class in the light; inner is its feature
// map, or what it was taught to make of that.
func (w *whyPictures) draw(p *picture.Picture, inner []byte, class int) (jpeg []byte, err error) {
	if w.activation == nil {
		if w.activation, err = w.model.Activation(); err != nil {
			return nil, fmt.Errorf("model %q: %w", w.model.Name, err)
		}
	}
	if err := w.activation.Explain(&w.why, inner, class); err != nil {
		return nil, err
	}
	if err := w.pixels.Run(p, w.rgb, nil); err != nil {
		return nil, err
	}
	return w.encoder.Encode(picture.Of(frameOf(w.why.Picture(w.rgb, w.width, w.height, 0))))
}

// frameOf is an image as a camera would give it.
func frameOf(m *image.RGBA) *capture.Frame {
	size := m.Bounds().Size()
	f := &capture.Frame{Format: capture.Packed(capture.RGB24, size.X, size.Y), Pix: make([]byte, 0, 3*size.X*size.Y)}
	for i := 0; i < len(m.Pix); i += 4 {
		f.Pix = append(f.Pix, m.Pix[i], m.Pix[i+1], m.Pix[i+2])
	}
	return f
}
