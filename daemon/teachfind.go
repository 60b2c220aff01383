package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/daemon/pipeline"
	"github.com/inceptiond/inceptiond/daemon/teach"
	"github.com/inceptiond/inceptiond/daemon/wiring"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/learn/store"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	"github.com/inceptiond/inceptiond/infer/task"
)

// finder finds the one thing that a picture shows by a detector, and cuts it out as a camera with that detector and `then` does. It is a
// [teach.Finder].
type finder struct {
	model       *engines.Model
	look        *pipeline.Look
	proportions float64 // of what looks at the cut: width by height
}

// finder is one by a model of the config file, for a base. It is to be closed.
func (t *teaching) finder(ctx context.Context, name string, base store.Base) (*finder, error) {
	p, err := wiring.Plan(t.config)
	o, there := p.Models[name]
	if !there {
		o, there = p.Idle[name]
	}
	if !there {
		names := slices.Sorted(maps.Keys(t.config.Models))
		return nil, errors.Join(usageError{fmt.Errorf("teach add: --detector %q: there is no such model in the config file (there is %s)", name, strings.Join(names, ", "))}, err)
	}
	d, err := engines.Describe(teach.BaseOptions(base))
	if err != nil {
		return nil, err
	}
	height, width, _, err := d.Input.Image()
	if err != nil {
		return nil, err
	}
	m, err := engines.Load(ctx, name, o, zap.NewNop())
	if err != nil {
		return nil, err
	}
	f := &finder{model: m, proportions: float64(width) / float64(height)}
	if m.Reading.Kind != task.Detect {
		return nil, errors.Join(usageError{fmt.Errorf("teach add: --detector %s: the model is for %s, and finds no boxes", name, m.Reading.Kind)}, m.Close())
	}
	look := pipeline.LookOptions{Model: sharedModel(m), TopK: 1, Objects: &pipeline.ObjectOptions{Threshold: findThreshold, MaxResults: 20}}
	for _, c := range p.Cameras { // as one that has it
		if c.Model == name {
			look.Preprocess.Fit = c.Preprocess.Fit
		}
	}
	f.look, err = pipeline.NewLook(look)
	if err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return f, nil
}

// findThreshold is the least score of a box.
const findThreshold = 0.5

// Find is [teach.Finder]'s.
func (f *finder) Find(ctx context.Context, p *picture.Picture) (r preprocess.Region, err error) {
	a, err := f.look.Answer(ctx, p)
	if err != nil {
		return r, err
	}
	largest, alike := pipeline.Largest(a.Found.Detections)
	switch {
	case alike == 0:
		return r, fmt.Errorf("%s finds nothing in it (cut it to the face, and add it without --detector)", f.model.Name)
	case alike > 1:
		return r, fmt.Errorf("%s finds %d of about one size in it: cut it to the one that is meant", f.model.Name, alike)
	}
	width, height, err := p.Size()
	box := preprocess.Region{X: largest[0], Y: largest[1], Width: largest[2], Height: largest[3]}
	return preprocess.Around(box, preprocess.FaceMargin, f.proportions, width, height), err
}

// Close closes the detector.
func (f *finder) Close() error {
	if f == nil {
		return nil
	}
	return f.model.Close()
}
