package demo

import (
	"context"
	"fmt"
	"math/rand/v2"

	"golang.org/x/sync/errgroup"

	"github.com/inceptiond/inceptiond/capture"
	scenes "github.com/inceptiond/inceptiond/capture/demo"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/preprocess"
)

// painter draws scenes as the model is to see them.
type painter struct {
	frame   capture.Frame
	fits    [2]*preprocess.Preprocessor
	classes int
	seed    uint64
}

func newPainter(seed uint64) (*painter, error) {
	p := &painter{classes: len(scenes.Labels()), seed: seed}
	input := infer.TensorSpec{Shape: []int{1, side, side, 3}, Type: infer.Uint8, Scale: inputScale, ZeroPoint: middle}
	for i, fit := range []preprocess.Fit{preprocess.Stretch, preprocess.Crop} {
		var err error
		if p.fits[i], err = preprocess.New(input, preprocess.Options{Fit: fit}); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// picture draws scene i into a picture of side x side, and returns its class. Classes take turns, and so do the ways to
// fit a frame and two sizes of it, so that the model copes with each.
func (p *painter) picture(i int, in []byte) (class int, err error) {
	class = i % p.classes
	rng := rand.New(rand.NewPCG(p.seed, uint64(i)))
	round := i / p.classes
	size := 1 + round/len(p.fits)%2
	scenes.Draw(rng, class, 320*size, 240*size, &p.frame)
	return class, p.fits[round%len(p.fits)].Run(picture.Of(&p.frame), in, nil)
}

// pictures draws count pictures.
func pictures(seed uint64, count int) ([][]byte, error) {
	p, err := newPainter(seed)
	if err != nil {
		return nil, err
	}
	all := make([][]byte, count)
	for i := range all {
		all[i] = make([]byte, side*side*3)
		if _, err := p.picture(i, all[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// examples draws count scenes, and runs m on them.
func examples(m *model.Model, seed uint64, count int) ([]example, error) {
	all := make([]example, count)
	var group errgroup.Group
	for w := range workers() {
		group.Go(func() error {
			e, err := cpu.New(m, cpu.Options{Threads: 1})
			if err != nil {
				return fmt.Errorf("demo: %w", err)
			}
			defer e.Close()
			p, err := newPainter(seed)
			if err != nil {
				return err
			}
			in := make([]byte, e.Input().Bytes())
			for i := w; i < count; i += workers() {
				if all[i].class, err = p.picture(i, in); err != nil {
					return err
				}
				all[i].x = make([]byte, e.Outputs()[0].Bytes())
				if _, err := e.Run(context.Background(), in, [][]byte{all[i].x}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return all, group.Wait()
}
