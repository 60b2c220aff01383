package service

import (
	"context"
	"fmt"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/capture/picture/still"
	"github.com/inceptiond/inceptiond/daemon/control"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/web"
)

// Teacher teaches models for who asks for it on the page, or commands it. Its methods may be called from several goroutines at
// once.
type Teacher interface {
	web.Teacher

	// Written is how many bytes it has written to the disk. It waits for nobody.
	Written() int64

	// Close gives up what is under way. What is there already stays whole.
	Close() error
}

// School is what a [Teacher] has of the service. Its methods may be called from several goroutines at once.
type School interface {
	// Plan is what runs; it is empty before the first plan does. It must not be changed.
	Plan() *plan.Plan

	// Cut is what the model of a camera gets to see of its newest frame whose number is above after: it waits for one. It does
	// so also while the gate is closed. If the camera's second model was taught as name, or knows its people, it is what that one gets to see:
	// it waits for a frame in which the first has found one thing. The error is web.ErrNone for a camera that there is none
	// of, a *web.Refused for one that has no frames now, or ctx's.
	Cut(ctx context.Context, camera, name string, after uint64) (Cutting, error)

	// CutStill is the same of a frame of the camera, upright and masked, that was kept as a JPEG; a *web.Refused if a second model is to
	// see it, of whose frames nobody knows any more what the first has found.
	CutStill(camera, name string, jpeg []byte) ([]byte, error)

	// TakeOver has what is in use by now run, as a reload does; the error is a *web.Refused if it cannot.
	TakeOver(ctx context.Context) error

	// Changed tells that the lesson of a name is another than before: subscribers hear of it.
	Changed(name string)
}

// Cutting is a picture of a camera to teach with.
type Cutting struct {
	JPEG     []byte
	Sequence uint64    // of the frame
	Time     time.Time // when it arrived
}

var _ School = (*Service)(nil)

// Teacher is who teaches; see [web.Daemon].
func (s *Service) Teacher() web.Teacher {
	if s.teacher == nil {
		return nil
	}
	return s.teacher
}

// Plan is what runs; see [School].
func (s *Service) Plan() *plan.Plan {
	if v := s.inForce.Load(); v != nil {
		return v.plan
	}
	return new(plan.Plan)
}

// cutEvery is how often somebody who waits for a frame looks for one.
const cutEvery = 20 * time.Millisecond

// Cut is a picture of a camera to teach with; see [School].
func (s *Service) Cut(ctx context.Context, camera, name string, after uint64) (Cutting, error) {
	c, err := s.watches.camera(camera)
	if err != nil {
		return Cutting{}, err
	}
	if s.Plan().Crops(camera, name) {
		return cutCrop(ctx, c, camera, after)
	}
	encoder, err := c.Cutter(false)
	if err != nil {
		return Cutting{}, err
	}
	var p picture.Picture
	defer p.Forget()
	for !c.Newest(&p, after) {
		if err := c.Away(); err != nil {
			return Cutting{}, &web.Refused{Reasons: []string{err.Error()}}
		}
		select {
		case <-ctx.Done():
			return Cutting{}, fmt.Errorf("no picture of camera %s: %w", camera, ctx.Err())
		case <-time.After(cutEvery):
		}
	}
	f := p.Frame()
	jpeg, err := encoder.Encode(&p)
	if err != nil {
		return Cutting{}, err
	}
	return Cutting{JPEG: jpeg, Sequence: f.Sequence, Time: f.Time}, nil
}

// cutCrop is what the second model of a camera gets to see of the one thing that the first one finds, in a frame after one.
func cutCrop(ctx context.Context, c *camera, name string, after uint64) (Cutting, error) {
	type crop struct {
		*picture.Picture // a copy
		encoder          *picture.Encoder
		err              error
	}
	crops := make(chan crop, 1)
	stop := c.Watch(func(p *picture.Picture, r *publish.Result) {
		if r.Sequence <= after || len(crops) > 0 {
			return
		}
		if encoder, err := c.CropCutter(p, r); encoder != nil || err != nil {
			crops <- crop{p.Copy(), encoder, err}
		}
	})
	defer stop()
	for {
		select {
		case one := <-crops:
			defer one.Forget()
			if one.err != nil {
				return Cutting{}, one.err
			}
			f := one.Frame()
			jpeg, err := one.encoder.Encode(one.Picture)
			return Cutting{JPEG: jpeg, Sequence: f.Sequence, Time: f.Time}, err
		case <-ctx.Done():
			return Cutting{}, fmt.Errorf("no picture of camera %s: its model finds nothing to cut out, or several things of about one size: %w", name, ctx.Err())
		case <-time.After(cutEvery):
			if err := c.Away(); err != nil {
				return Cutting{}, &web.Refused{Reasons: []string{err.Error()}}
			}
		}
	}
}

// CutStill is what a camera's model sees of a picture; see [School].
func (s *Service) CutStill(camera, name string, jpeg []byte) ([]byte, error) {
	c, err := s.watches.camera(camera)
	if err != nil {
		return nil, err
	}
	if s.Plan().Crops(camera, name) {
		return nil, &web.Refused{Reasons: []string{"the picture shows more than what " + name + " is taught with: take one of the camera as it is now, or cut it out"}}
	}
	var f capture.Frame
	if err := still.DecodeBytes(jpeg, &f); err != nil {
		return nil, &web.Refused{Reasons: []string{err.Error()}}
	}
	taken := s.Plan().Cameras[camera].Snapshot
	encoder, err := c.Cutter(taken != nil && taken.Picture.Region != picture.Region{})
	if err != nil {
		return nil, err
	}
	return encoder.Encode(picture.Of(&f))
}

// TakeOver has what is in use by now run; see [School].
func (s *Service) TakeOver(ctx context.Context) error {
	outcome, err := s.Do(ctx, control.Command{Kind: control.Reload})
	if err == nil && len(outcome.Refused) > 0 {
		err = &web.Refused{Reasons: append([]string{"the config is refused, so what runs stays as it was"}, outcome.Refused...)}
	}
	return err
}
