package teach

import (
	"context"

	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer/preprocess"
)

// Finder finds what is to be learned in pictures that show more than that.
type Finder interface {
	// Find is the part of p to learn from. The error says for people why there is none.
	Find(ctx context.Context, p *picture.Picture) (preprocess.Region, error)
}
