package service

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/capture/picture/still"
	"github.com/inceptiond/inceptiond/daemon/control"
	"github.com/inceptiond/inceptiond/daemon/pipeline"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/publish/web"
)

// Preview answers a picture of a camera as it would be with a view in force; see [web.Workbench].
func (s *Service) Preview(ctx context.Context, camera string, p *picture.Picture, view web.View) (web.Preview, error) {
	b := s.bench
	ctx, leave, err := b.enter(ctx)
	if err != nil {
		return web.Preview{}, err
	}
	defer leave()
	planned, there := b.parts.plan.Cameras[camera]
	if !there {
		return web.Preview{}, fmt.Errorf("camera %s: %w", control.Shown(camera), web.ErrNone)
	}
	if view.Region == (web.Region{}) {
		view.Region = web.Region{Width: 1, Height: 1}
	}
	if b.last.is(camera, p, view) {
		return b.last.preview, nil
	}
	shown, look, err := s.asShown(ctx, camera, &planned, p, view)
	if err != nil {
		return web.Preview{}, err
	}
	v, err := b.answer(ctx, shown, look)
	if err == nil {
		f := p.Frame()
		b.last = tried{camera, view, f.Sequence, f.Time, v}
	}
	return v, err
}

// is tells whether that is what was tried.
func (t *tried) is(camera string, p *picture.Picture, view web.View) bool {
	f := p.Frame()
	return t.camera == camera && t.sequence == f.Sequence && t.time.Equal(f.Time) && reflect.DeepEqual(t.view, view)
}

// asShown is p as a camera with that view shows it, and what is to be looked at in it. It is called with the turn of the
// workbench. The error is a *web.ConfigError if the view cannot be.
func (s *Service) asShown(ctx context.Context, camera string, planned *plan.Camera, p *picture.Picture, view web.View) (*picture.Picture, pipeline.LookOptions, error) {
	look := pipeline.LookOptions{Preprocess: planned.Preprocess, TopK: planned.TopK, Threshold: planned.Threshold, Objects: objectsOf(planned, view.Objects)}
	if s.options.CheckView != nil {
		if wrong := s.options.CheckView(camera, view); len(wrong) > 0 {
			return nil, look, &web.ConfigError{Problems: wrong}
		}
	}
	fit, badFit := preprocess.ParseFit(view.Fit)
	flip, badFlip := picture.ParseFlip(view.Flip)
	if err := errors.Join(badFit, badFlip); err != nil {
		return nil, look, err
	}
	look.Preprocess.Region, look.Preprocess.Fit = picture.Region(view.Region), fit
	shown, err := p.As(picture.Options{Rotate: view.Rotate, Flip: flip, Mask: view.Mask})
	if err != nil {
		return nil, look, err
	}
	look.Model, err = s.bench.model(ctx, view.Model)
	if err != nil {
		return nil, look, asProblem(err, camera, "model")
	}
	look.Then, err = s.bench.thenOf(ctx, planned, &view, look.Model)
	return shown, look, asProblem(err, camera, "then.model")
}

// asProblem is err, as one of a key of a camera if there is no such model.
func asProblem(err error, camera, key string) error {
	if errors.Is(err, web.ErrNone) {
		return &web.ConfigError{Problems: []web.Problem{{Key: "cameras." + camera + "." + key, Message: err.Error()}}}
	}
	return err
}

// thenOf is what looks at the objects that first finds: as the plan has it, or as somebody tries it. nil: nothing does, or first finds
// none, which is no mistake yet. It is called with the turn of the workbench.
func (b *workbench) thenOf(ctx context.Context, planned *plan.Camera, view *web.View, first *pipeline.Model) (*pipeline.ThenOptions, error) {
	var t plan.Then
	switch {
	case view.Then != nil:
		t = plan.Then(*view.Then)
	case planned.Then != nil:
		t = *planned.Then
	}
	if t.Model == "" || first.Task.Kind != task.Detect {
		return nil, nil
	}
	if t.Model == first.Name {
		return nil, fmt.Errorf("model %s finds the objects already: take another one that looks at them", t.Model)
	}
	if b.spare != nil && b.spare.shared == first && b.parts.models[t.Model] == nil {
		return nil, fmt.Errorf("models %s and %s are used by no camera, and only one such can be tried at once: apply to see both", first.Name, control.Shown(t.Model))
	}
	second, err := b.model(ctx, t.Model)
	return &pipeline.ThenOptions{Model: second, Labels: t.Labels, MaxCrops: t.MaxCrops}, err
}

// objectsOf is what is listed of what is found: as the plan has it, or as somebody tries it. What is there for another model than
// the one that is tried is no mistake yet.
func objectsOf(planned *plan.Camera, tried *web.Objects) *pipeline.ObjectOptions {
	o := pipeline.ObjectOptions(planned.Objects)
	o.Set, o.SegmentMap = nil, false
	if tried != nil {
		o.Threshold, o.MaxResults, o.Only = tried.Threshold, tried.MaxResults, tried.Only
	}
	return &o
}

// What is listed of a still picture.
const (
	triedClasses = 5
	triedObjects = 20
	triedScore   = 0.5 // of objects and bodies, at least
)

// TryModel answers a still picture; see [web.Workbench].
func (s *Service) TryModel(ctx context.Context, model string, data []byte) (web.Preview, error) {
	b := s.bench
	ctx, leave, err := b.enter(ctx)
	if err != nil {
		return web.Preview{}, err
	}
	defer leave()
	m, err := b.model(ctx, model)
	if err != nil {
		return web.Preview{}, err
	}
	var f capture.Frame
	if err := still.DecodeBytes(data, &f); err != nil {
		return web.Preview{}, err
	}
	return b.answer(ctx, picture.Of(&f), pipeline.LookOptions{
		Model: m, TopK: triedClasses, Objects: &pipeline.ObjectOptions{Threshold: triedScore, MaxResults: triedObjects},
	})
}
