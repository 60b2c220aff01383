package main

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/capture/view"
	"github.com/inceptiond/inceptiond/internal/backoff"
	"github.com/inceptiond/inceptiond/publish"
)

// camera moves one camera's pictures through a model to the publishers. Two goroutines do it, with a hub between them, so
// that the camera never waits for the model: superviseSource fills it, classifyFrames is a look at it.
type camera struct {
	name    string
	device  string
	origin  origin
	hub     *view.Hub       // its pictures, for all who look at them
	keepAll bool            // pictures that wait for us: none may be skipped
	pause   time.Duration   // least time from one result to the next; 0: none
	retry   backoff.Backoff // between attempts to open the source
	eye     *classifier
	sink    *sink
	clock   clock
	log     *zap.Logger // changes of state
	often   *zap.Logger // what may happen with every frame
	counts  counts
	pulse   pulse

	standing standing
	sequence uint64                               // of the last frame; superviseSource's
	shown    *publish.State                       // the last answer; classifyFrames'; nil before the first
	status   atomic.Pointer[publish.CameraStatus] // the last reported; nil before the first
	engine   atomic.Pointer[publish.EngineStatus] // the same
}

// counts says what became of a camera's frames.
type counts struct {
	frames, bad, failed, results atomic.Uint64
}

// Run works until ctx ends or the source has no more pictures.
func (c *camera) Run(ctx context.Context) {
	c.standing.log, c.standing.report = c.log, c.report
	look := c.hub.Attach()
	defer look.Detach()
	unwatch := c.eye.model.health.watch(c.reportEngine)
	var sides sync.WaitGroup
	sides.Go(func() { c.superviseSource(ctx) })
	sides.Go(func() { c.classifyFrames(ctx, look) })
	sides.Wait()
	unwatch()
	end := publish.CameraEnded
	if ctx.Err() != nil {
		end = publish.CameraStopped
	}
	c.report(end, nil)
	c.log.Info("camera "+string(end),
		zap.Uint64("frames", c.counts.frames.Load()), zap.Uint64("results", c.counts.results.Load()),
		zap.Uint64("dropped", look.Dropped()), zap.Uint64("bad", c.counts.bad.Load()),
		zap.Uint64("failed", c.counts.failed.Load()))
}

// classifyFrames takes the newest picture, again and again, and sends away what it shows. It returns when ctx ends or the
// hub is closed and the last picture taken.
func (c *camera) classifyFrames(ctx context.Context, look *view.Look) {
	var p *picture.Picture
	for {
		var err error
		c.pulse.work.enter(atTake)
		if p, err = look.Take(ctx, p); err != nil {
			c.pulse.work.leave()
			return
		}
		c.pulse.offered.leave()
		begin := time.Now()
		c.classifyOne(ctx, p, begin)
		c.pulse.work.leave()
		if backoff.Sleep(ctx, c.pause-time.Since(begin)) != nil {
			return
		}
	}
}

// classifyOne answers one picture. A frame that cannot be read and an engine that fails cost that frame only.
func (c *camera) classifyOne(ctx context.Context, p *picture.Picture, begin time.Time) {
	frame := p.Frame()
	answer, err := c.eye.classify(ctx, p, &c.pulse.work)
	switch {
	case ctx.Err() != nil:
		return
	case errors.Is(err, capture.ErrBadFrame):
		c.skipBad(err)
		return
	}
	c.standing.good(frame)
	if err != nil {
		c.counts.failed.Add(1)
		c.often.Error("frame not classified", zap.Error(err))
		return
	}
	now := time.Now()
	c.pulse.work.enter(atPublish)
	r := publish.Result{
		Device: c.device, Camera: c.name,
		Sequence: frame.Sequence, Time: frame.Time, Monotonic: c.clock.sinceBoot(frame.Time), Picture: frame.Name,
		Stages: publish.Stages{
			Wait: begin.Sub(frame.Time) + answer.queued, Preprocess: answer.preprocess, Inference: answer.inference, Total: now.Sub(frame.Time),
		},
		Model: c.eye.model.identity(), Engine: answer.engine,
		Predictions: answer.predictions,
	}
	c.sink.result(ctx, r)
	c.noteChange(r)
	c.counts.results.Add(1)
	c.log.Debug("result", zap.Uint64("sequence", frame.Sequence), zap.Duration("total", now.Sub(frame.Time)))
}

// noteChange publishes an event if r has another top class than the result before.
func (c *camera) noteChange(r publish.Result) {
	state := r.State()
	if c.shown != nil && c.shown.SameLabel(state) {
		return
	}
	e := publish.LabelEvent(r, c.shown)
	e.ClockSynced = clockSynced()
	c.shown = &state
	c.sink.event(context.Background(), e)
}

// skipBad counts a frame that arrived damaged.
func (c *camera) skipBad(err error) {
	c.standing.damaged(err)
	c.often.Warn("bad frame skipped", zap.Uint64("bad", c.counts.bad.Add(1)), zap.Error(err))
}
