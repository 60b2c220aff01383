package pipeline

import (
	"bytes"
	"context"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/backoff"
	"github.com/inceptiond/inceptiond/publish"
)

// Trial answers pictures beside the cameras, for people: as a camera with its options would, and with the pixels that the model
// sees. It is not for concurrent use.
type Trial struct {
	look *Look
	pixels
}

// NewTrial makes room for what a picture needs on its way. The error is that of [NewLook].
func NewTrial(o LookOptions) (*Trial, error) {
	look, err := NewLook(o)
	if err != nil {
		return nil, err
	}
	pixels, err := newPixels(&o)
	if err != nil {
		return nil, err
	}
	return &Trial{look, *pixels}, nil
}

// Answer answers p when the model has rested, and others have had their turn. It is valid until the next call. The error is
// ctx's, or that of [Look.Answer].
func (t *Trial) Answer(ctx context.Context, p *picture.Picture) (Answer, error) {
	for until := t.look.restsUntil(); until.After(time.Now()); until = t.look.restsUntil() {
		if err := backoff.Sleep(ctx, time.Until(until)); err != nil {
			return Answer{}, err
		}
	}
	return t.look.Answer(ctx, p)
}

// Found is what a, the latest answer, says of p, as a result has it, and where it is: the caller's own. Of when and where p was taken,
// and who answered, it says nothing.
func (t *Trial) Found(a *Answer, p *picture.Picture) publish.Result {
	r := publish.Result{Task: string(t.look.task.Kind()), Image: sizeOf(p), Predictions: a.Predictions}
	a.Found.tell(&r)
	r.Own(new(publish.Result))
	if m := t.look.mask(); m != nil {
		own := *m
		own.Classes = bytes.Clone(m.Classes)
		r.Mask = &own
	}
	return r
}

// Shows is the part of the upright picture that the tensor of the latest answer shows: x, y, width and height in fractions of it. It
// goes beyond its edges where the tensor has bars.
func (t *Trial) Shows() [4]float64 {
	return corners(frame{t.look.pre}.Upright(task.Box{Width: 1, Height: 1}))
}

// Inner is that of [Look.Inner], of the latest answer.
func (t *Trial) Inner() []byte { return t.look.Inner() }

// Input is the tensor of the latest answer. It is good until the next one.
func (t *Trial) Input() []byte { return t.look.Input() }

// GreyPicture is grey all over, about as the mean of ImageNet's colours: what hides a part of another picture.
func GreyPicture() *picture.Picture {
	const side, level = 16, 117
	return picture.Of(&capture.Frame{
		Pix: bytes.Repeat([]byte{level}, 3*side*side), Format: capture.Format{Pixel: capture.RGB24, Width: side, Height: side, Stride: 3 * side},
	})
}

// Grey is the tensor of GreyPicture. It is the caller's.
func (t *Trial) Grey() ([]byte, error) {
	in := make([]byte, len(t.look.in))
	return in, t.look.pre.Run(GreyPicture(), in, nil)
}

// Again has the model answer a tensor, of which Inner is then known, and nothing else. Others have their turn before it.
func (t *Trial) Again(ctx context.Context, in []byte) error {
	m := t.look.options.Model
	if err := m.awaitTurn(ctx); err != nil {
		return err
	}
	defer m.endTurn()
	_, _, err := m.run(ctx, in, t.look.outs)
	return err
}
