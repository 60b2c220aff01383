package main

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/internal/backoff"
	"github.com/inceptiond/inceptiond/publish"
)

// camera moves one camera's frames through a model to the publishers. Two goroutines do it, with a one-slot mailbox
// between them, so that the camera never waits for the model: superviseSource fills the mailbox, classifyFrames
// empties it.
type camera struct {
	name    string
	device  string
	origin  origin
	keepAll bool            // pictures that wait for us: none may be skipped
	pause   time.Duration   // least time from one result to the next; 0: none
	retry   backoff.Backoff // between attempts to open the source
	eye     *classifier
	sink    publish.Publisher
	clock   clock
	log     *zap.Logger // changes of state
	often   *zap.Logger // what may happen with every frame
	counts  counts
	pulse   pulse

	standing standing
	sequence uint64                               // of the last frame; superviseSource's
	result   publish.Result                       // of the frame at work; classifyFrames'
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
	box := capture.NewLatest()
	unwatch := c.eye.model.health.watch(c.reportEngine)
	var sides sync.WaitGroup
	sides.Go(func() { c.superviseSource(ctx, box) })
	sides.Go(func() { c.classifyFrames(ctx, box) })
	sides.Wait()
	unwatch()
	end := publish.CameraEnded
	if ctx.Err() != nil {
		end = publish.CameraStopped
	}
	c.report(end, nil)
	c.log.Info("camera "+string(end),
		zap.Uint64("frames", c.counts.frames.Load()), zap.Uint64("results", c.counts.results.Load()),
		zap.Uint64("dropped", box.Dropped()), zap.Uint64("bad", c.counts.bad.Load()),
		zap.Uint64("failed", c.counts.failed.Load()))
}

// classifyFrames takes the newest frame, again and again, and sends away what it shows. It returns when ctx ends or the
// mailbox is closed and empty.
func (c *camera) classifyFrames(ctx context.Context, box *capture.Latest) {
	var frame *capture.Frame
	for {
		var err error
		c.pulse.work.enter(atTake)
		if frame, err = box.Take(ctx, frame); err != nil {
			c.pulse.work.leave()
			return
		}
		c.pulse.offered.leave()
		begin := time.Now()
		c.classifyOne(ctx, frame, begin)
		c.pulse.work.leave()
		if backoff.Sleep(ctx, c.pause-time.Since(begin)) != nil {
			return
		}
	}
}

// classifyOne answers one frame. A frame that cannot be read and an engine that fails cost that frame only.
func (c *camera) classifyOne(ctx context.Context, frame *capture.Frame, begin time.Time) {
	answer, err := c.eye.classify(ctx, frame, &c.pulse.work)
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
	c.result = publish.Result{
		Device: c.device, Camera: c.name,
		Sequence: frame.Sequence, Time: frame.Time, Monotonic: c.clock.sinceBoot(frame.Time), Picture: frame.Name,
		Stages: publish.Stages{
			Wait: begin.Sub(frame.Time) + answer.queued, Preprocess: answer.preprocess, Inference: answer.inference, Total: now.Sub(frame.Time),
		},
		Model: c.eye.model.identity(), Engine: answer.engine,
		Predictions: answer.predictions,
	}
	c.tell(ctx, &c.result)
	c.counts.results.Add(1)
	c.log.Debug("result", zap.Uint64("sequence", frame.Sequence), zap.Duration("total", now.Sub(frame.Time)))
}

// tell publishes r; before it the camera's new state and after it the event, if r has another top class than the result
// before.
func (c *camera) tell(ctx context.Context, r *publish.Result) {
	before, changed := c.noteChange(r)
	c.publish(ctx, r)
	if !changed {
		return
	}
	e := publish.LabelEvent(*c.shown, before)
	e.ClockSynced = clockSynced()
	c.publish(context.Background(), e)
}

// noteChange publishes the state that r brings about, if it is another than the one before, which it returns.
func (c *camera) noteChange(r *publish.Result) (before *publish.State, changed bool) {
	state, before := r.State(), c.shown
	if before != nil && before.SameLabel(state) {
		return before, false
	}
	shown := state // a copy, so that a frame that changes nothing allocates nothing
	c.shown = &shown
	c.publish(context.Background(), shown)
	return before, true
}

// publish hands m to the publishers.
func (c *camera) publish(ctx context.Context, m publish.Message) {
	if err := c.sink.Publish(ctx, m); err != nil {
		c.often.Warn("not published", zap.String("kind", m.Key().Kind.Name), zap.Error(err))
	}
}

// skipBad counts a frame that arrived damaged.
func (c *camera) skipBad(err error) {
	c.standing.damaged(err)
	c.often.Warn("bad frame skipped", zap.Uint64("bad", c.counts.bad.Add(1)), zap.Error(err))
}
