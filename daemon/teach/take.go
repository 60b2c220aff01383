package teach

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/learn/store"
	"github.com/inceptiond/inceptiond/infer/preprocess"
)

// CameraCutter makes pictures of the store of those of a camera: what the model of a name gets to see of them.
func (t *Teacher) CameraCutter(n *store.Name, o preprocess.Options) (*picture.Encoder, error) {
	b, err := n.Base()
	if err != nil {
		return nil, err
	}
	input, err := inputOf(n, b)
	if err != nil {
		return nil, err
	}
	return preprocess.NewCutter(input, o)
}

// inputOf is the input of the base of a name.
func inputOf(n *store.Name, b store.Base) (infer.TensorSpec, error) {
	d, err := engines.Describe(BaseOptions(b))
	if err != nil {
		err = noBase(n, err)
	}
	return d.Input, err
}

// Take opens a camera, which nobody else may have open, and takes count pictures of it: one now, and one each time that every
// has passed. One that ends before is no error.
func (t *Teacher) Take(ctx context.Context, n *store.Name, to Place, name string, c plan.Camera, count int, every time.Duration) (a Added, err error) {
	if c.Then != nil && to.Shelf != store.Normal {
		return a, fmt.Errorf("what the second model of camera %s sees is cut out by the daemon: start it with its page, or name picture files with --detector", name)
	}
	if c.Opener == nil {
		return a, fmt.Errorf("camera %s is a view of %s: name that one, or start the daemon with its page", name, c.View)
	}
	cutter, err := t.CameraCutter(n, c.Preprocess)
	if err != nil {
		return a, err
	}
	p, err := picture.New(c.Picture)
	if err != nil {
		return a, err
	}
	src, err := c.Opener.Open(ctx)
	if err != nil {
		return a, err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	for next := time.Now(); a.Fresh+a.Known < count; {
		switch err := p.Read(ctx, src); {
		case errors.Is(err, io.EOF):
			return a, nil
		case errors.Is(err, capture.ErrBadFrame):
			continue
		case err != nil:
			return a, err
		}
		if time.Now().Before(next) {
			continue
		}
		jpeg, err := cutter.Encode(p)
		if errors.Is(err, capture.ErrBadFrame) {
			continue
		} else if err != nil {
			return a, err
		}
		if err := a.add(n, to, jpeg, store.Note{Camera: name, Time: p.Frame().Time}); err != nil {
			return a, err
		}
		next = next.Add(every)
	}
	return a, nil
}

// add adds a picture, and counts it.
func (a *Added) add(n *store.Name, to Place, jpeg []byte, note store.Note) error {
	_, fresh, err := n.Add(to.Shelf, to.Class, jpeg, note)
	switch {
	case err != nil:
		return err
	case fresh:
		a.Fresh++
	default:
		a.Known++
	}
	return nil
}
