package teach

import (
	"context"

	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer/learn/store"
	"github.com/inceptiond/inceptiond/infer/preprocess"
)

// Finder finds what is to be learned in pictures that show more than that.
type Finder interface {
	// Find is the part of p to learn from. The error says for people why there is none.
	Find(ctx context.Context, p *picture.Picture) (preprocess.Region, error)
}

// CutObject makes a picture of the store of what is in a box of p, as a camera's second model gets it.
func (t *Teacher) CutObject(n *store.Name, p *picture.Picture, box preprocess.Region) ([]byte, error) {
	c, err := t.cutting(n, nil)
	if err != nil {
		return nil, err
	}
	inputHeight, inputWidth, _, err := c.input.Image()
	if err != nil {
		return nil, err
	}
	width, height, err := p.Size()
	if err != nil {
		return nil, err
	}
	margin := preprocess.ObjectMargin
	if c.kind == store.People {
		margin = preprocess.FaceMargin
	}
	cutter, err := c.cutter(preprocess.Around(box, margin, float64(inputWidth)/float64(inputHeight), width, height))
	if err != nil {
		return nil, err
	}
	return cutter.Encode(p)
}
