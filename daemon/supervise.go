package main

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/internal/backoff"
	"github.com/inceptiond/inceptiond/publish"
)

// maxRetry is the longest pause between attempts to open a camera. With the time that opening takes, a camera that is
// mended is back within 10 seconds, also on a slow machine.
const maxRetry = 3 * time.Second

// superviseSource keeps the camera's source open and moves its frames to the hub. A source that is lost, or cannot be
// opened, is tried again with growing pauses for as long as the daemon runs: whatever is wrong (no such device, no
// permission, no such host) may be mended meanwhile. It returns when ctx ends or the source has no more pictures.
func (c *camera) superviseSource(ctx context.Context) {
	defer c.hub.Close(io.EOF)
	c.report(publish.CameraConnecting, nil)
	for {
		err := c.readSource(ctx)
		if ctx.Err() != nil || errors.Is(err, io.EOF) {
			return
		}
		pause := c.retry.Pause()
		c.standing.lost(err, pause)
		if backoff.Sleep(ctx, pause) != nil {
			return
		}
	}
}

// readSource opens the source once and moves frames to the hub until it ends; it always returns an error.
func (c *camera) readSource(ctx context.Context) error {
	c.pulse.source.enter(atOpen)
	defer c.pulse.source.leave()
	src, err := c.origin.open(ctx)
	if err != nil {
		return err
	}
	defer func() {
		c.pulse.source.enter(atClose)
		src.Close()
	}()
	before := c.sequence // a source counts its own frames; the camera's count goes on
	c.standing.opened(before + 1)
	for {
		p := c.hub.Blank()
		if err := c.readFrame(ctx, src, p); err != nil {
			return err
		}
		c.retry.Reset()
		c.counts.frames.Add(1)
		frame := p.Frame()
		frame.Sequence += before
		c.sequence = frame.Sequence
		if err := c.handOn(ctx); err != nil {
			return err
		}
	}
}

// readFrame reads the next frame that is whole as far as the source can tell. Files may be broken one after the other; a
// camera that sends nothing else is lost.
func (c *camera) readFrame(ctx context.Context, src capture.Source, p *picture.Picture) error {
	for {
		if err := c.standing.blind(); err != nil && !c.keepAll {
			return err
		}
		c.pulse.source.enter(atRead)
		err := p.Read(ctx, src)
		c.pulse.source.enter(atHandOn)
		if !errors.Is(err, capture.ErrBadFrame) || ctx.Err() != nil {
			return err
		}
		c.skipBad(err)
	}
}

// handOn gives the picture that was filled to those who look.
func (c *camera) handOn(ctx context.Context) error {
	c.pulse.offered.enterFirst(atTake)
	if !c.keepAll {
		c.hub.Put()
		return nil
	}
	c.pulse.source.leave() // waits for the frame before, which may take its time
	return c.hub.PutWait(ctx)
}

// state is the last that was reported.
func (c *camera) state() publish.CameraState {
	if s := c.status.Load(); s != nil {
		return s.State
	}
	return publish.CameraConnecting
}

// report publishes the camera's state; err, if any, is the reason.
func (c *camera) report(state publish.CameraState, err error) {
	s := publish.CameraStatus{Device: c.device, Camera: c.name, State: state, Time: time.Now()}
	if err != nil {
		s.Reason = err.Error()
	}
	before := c.status.Swap(&s) // first: see daemon.introduce

	ctx, cancel := reporting()
	defer cancel()
	c.sink.status(ctx, s)
	if before == nil || before.State != state {
		c.sink.event(ctx, c.stateEvent(s, before))
	}
}

// stateEvent is the event of s taking the place of before, which is nil at first.
func (c *camera) stateEvent(s publish.CameraStatus, before *publish.CameraStatus) publish.Event {
	e := publish.Event{
		Device: s.Device, Camera: s.Camera, Kind: publish.EventCamera,
		Time: s.Time, Monotonic: c.clock.sinceBoot(s.Time), ClockSynced: clockSynced(),
		Value: string(s.State), Reason: s.Reason,
	}
	if before != nil {
		e.Previous = string(before.State)
	}
	return e
}

// reportEngine publishes how the engine of the camera's model is.
func (c *camera) reportEngine(s publish.EngineStatus) {
	s.Device, s.Camera = c.device, c.name
	before := c.engine.Swap(&s) // first: see daemon.introduce

	ctx, cancel := reporting()
	defer cancel()
	c.sink.engine(ctx, s)
	if before != nil && before.Engine != s.Engine {
		c.sink.event(ctx, publish.Event{
			Device: s.Device, Camera: s.Camera, Kind: publish.EventEngine, Model: s.Model,
			Time: s.Time, Monotonic: c.clock.sinceBoot(s.Time), ClockSynced: clockSynced(),
			Value: s.Engine, Previous: before.Engine, Reason: s.Reason,
		})
	}
}

// reporting is the time for a report, also after the daemon's own context has ended.
func reporting() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), 300*time.Millisecond)
}
