package learn

import (
	"context"
	"errors"
)

// Train teaches b with the pictures of set. It blocks until it is done or ctx ends, whose error it returns at once then. An
// error is a [Refusal], which says what is wrong with the set, or run's own. A picture that cannot be read is no error: the
// report names it. tell, if it is not nil, hears of the progress, in the caller's goroutine.
func Train(ctx context.Context, b *Base, run Runner, set []Picture, o Options, tell func(Progress)) (*Version, error) {
	return nil, errors.New("learn: not ready")
}

// Embedding is what a network says of a picture.
type Embedding struct {
	ID    string // SHA-256 of the picture
	Codes []byte // its features in 8 bits each, as task.Distance and task.Taught compare them
	Err   error  // it could not be read; then Codes is nil
}

// Embed looks at pictures as they are, without variants; the answer has an element for each. Of o it takes Preprocess. The
// error is ctx's or run's.
func Embed(ctx context.Context, b *Base, run Runner, pictures []Picture, o Options) ([]Embedding, error) {
	return nil, errors.New("learn: not ready")
}

// Comparison is two versions against each other.
type Comparison struct {
	Pictures int // that both were taught with, in the same class
	OldRight int // of these, in the cross validation
	NewRight int
	Old, New Interval // of the shares that are right
	Worse    bool     // the new one is, by more than chance
}

// Compare tells whether a new version is worse than the old one, by what the cross validation of each said of the pictures
// that both have: it is if even the high end of its interval is below what the old one had right.
func Compare(old, new *Report) Comparison { return Comparison{} }
