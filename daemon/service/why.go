package service

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/inceptiond/inceptiond/daemon/pipeline"
	"github.com/inceptiond/inceptiond/infer/explain"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/web"
)

// hidingTime is what hiding parts of a picture may take: a model without a feature map, and too slow for that, does not say
// why.
const hidingTime = time.Second / 2

// inner is the output of a model's engine that says why: the feature map, else the logits; 0: neither is there.
func (m *model) inner() int { return max(m.Why.Map, m.Why.Logits, 0) }

// whyNot says why there is no picture of why a model of a task answers as it does; empty: there may be one.
func whyNot(task string) string {
	switch task {
	case publish.TaskDetect:
		return "this model finds things, and their boxes are where it looks; it has no further picture of why"
	case publish.TaskSegment:
		return "this model says what each pixel shows, and the areas are what it sees; it has no further picture of why"
	case publish.TaskPose:
		return "this model finds the points of bodies where they are drawn; it has no further picture of why"
	case publish.TaskEmbed:
		return "this model compares the whole of what it sees with the people that it knows; it has no picture of which part decides"
	}
	return ""
}

// why says why a class is the best in what the trial has just answered: with a picture if it can, and in words. It is called
// with the turn.
func (b *workbench) why(ctx context.Context, v *web.Preview, shared *pipeline.Model, class int) (rgb []byte, reason string) {
	m := b.loaded(shared)
	if m == nil {
		return nil, ""
	}
	var why explain.Map
	var err error
	if m.Why.Map > 0 {
		err = b.readMap(&why, m, class)
	} else {
		err = b.hideParts(ctx, &why, m, v, class)
	}
	if err != nil {
		return nil, err.Error()
	}
	return why.Overlay(v.Input, v.Width, v.Height), why.Where()
}

// readMap reads why a class is the best off the model's feature map.
func (b *workbench) readMap(why *explain.Map, m *model, class int) (err error) {
	if b.activation == nil || b.activationOf != m {
		if b.activation, err = m.Activation(); err != nil {
			return err
		}
		b.activationOf = m
	}
	return b.activation.Explain(why, b.trial.Inner(), class)
}

// hideParts finds out why a class is the best by asking the model again, with parts of the picture hidden.
func (b *workbench) hideParts(ctx context.Context, why *explain.Map, m *model, v *web.Preview, class int) error {
	at := m.inner()
	if at == 0 || v.Inference*explain.OcclusionRuns > hidingTime {
		_, err := m.Activation()
		return fmt.Errorf("this model has no map that says where it looks (%w); `inceptiond classify --explain` hides parts of a picture instead, which takes a while", err)
	}
	real, err := explain.Reals(m.Engine.Outputs()[at])
	if err != nil {
		return err
	}
	grey, err := b.trial.Grey()
	if err != nil {
		return err
	}
	in := explain.Input{Data: bytes.Clone(b.trial.Input()), Width: v.Width, Height: v.Height, Pixel: len(grey) / (v.Width * v.Height)}
	return explain.Occlude(ctx, why, in, grey, func(ctx context.Context, in []byte) (float64, error) {
		if err := b.trial.Again(ctx, in); err != nil {
			return 0, err
		}
		return real(b.trial.Inner(), class), nil
	})
}

// loaded is the model that is shared by looks; nil: it has gone.
func (b *workbench) loaded(shared *pipeline.Model) *model {
	if m := b.parts.models[shared.Name]; m != nil && m.shared == shared {
		return m
	}
	if b.spare != nil && b.spare.shared == shared {
		return b.spare
	}
	return nil
}

// late is err, or why ctx ended before there was an answer.
func late(ctx context.Context, err error) error {
	switch cause := context.Cause(ctx); {
	case cause == nil:
		return err
	case errors.Is(cause, errExchanged):
		return cause
	default:
		return fmt.Errorf("no answer in time: %w", cause)
	}
}
