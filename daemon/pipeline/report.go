package pipeline

import (
	"context"
	"sync"
	"time"

	"github.com/inceptiond/inceptiond/publish"
)

// report publishes the camera's state since a moment; err, if any, is the reason.
func (c *Camera) report(state publish.CameraState, at time.Time, err error) {
	s := publish.CameraStatus{Device: c.device, Camera: c.name, State: state, Time: at}
	if err != nil {
		s.Reason = err.Error()
	}
	before := c.status.Swap(&s)

	ctx, cancel := reporting()
	defer cancel()
	c.publish(ctx, s)
	if before == nil || before.State != state {
		c.publish(ctx, c.stateEvent(s, before))
	}
}

// stateEvent is the event of s taking the place of before, which is nil at first.
func (c *Camera) stateEvent(s publish.CameraStatus, before *publish.CameraStatus) publish.Event {
	e := publish.Event{
		Device: s.Device, Camera: s.Camera, Kind: publish.EventCamera,
		Time: s.Time, Monotonic: c.clock.SinceBoot(s.Time), ClockSynced: synchronized(),
		Value: string(s.State), Reason: s.Reason,
	}
	if before != nil {
		e.Previous = string(before.State)
	}
	return e
}

// runners is how the engines of a camera's models are, as last reported.
type runners struct {
	mu    sync.Mutex            // models tell at any time
	first *publish.EngineStatus // nil: it has not told yet
	then  *publish.EngineStatus // of a second model; nil: there is none
}

// watchEngines reports how the engines of the camera's models are, until stop is called.
func (c *Camera) watchEngines() (stop func()) {
	if c.look.then == nil {
		return c.look.options.Model.watch(func(s publish.EngineStatus) { c.reportEngine(&c.runners.first, s) })
	}
	stopThen := c.look.then.look.options.Model.watch(func(s publish.EngineStatus) { c.reportEngine(&c.runners.then, s) })
	stopFirst := c.look.options.Model.watch(func(s publish.EngineStatus) { c.reportEngine(&c.runners.first, s) })
	return func() {
		stopFirst()
		stopThen()
	}
}

// reportEngine publishes how the engine of one of the camera's models is, which of has told before.
func (c *Camera) reportEngine(of **publish.EngineStatus, s publish.EngineStatus) {
	c.runners.mu.Lock()
	defer c.runners.mu.Unlock()
	s.Device, s.Camera = c.device, c.name
	before := *of
	*of = &s
	if c.runners.first == nil {
		return // soon it tells, and so do we
	}
	all := *c.runners.first
	all.Then = c.runners.then

	ctx, cancel := reporting()
	defer cancel()
	c.publish(ctx, all)
	if before != nil && before.Engine != s.Engine {
		c.publish(ctx, publish.Event{
			Device: s.Device, Camera: s.Camera, Kind: publish.EventEngine, Model: s.Model,
			Time: s.Time, Monotonic: c.clock.SinceBoot(s.Time), ClockSynced: synchronized(),
			Value: s.Engine, Previous: before.Engine, Reason: s.Reason,
		})
	}
}

// reporting is the time for a report, also after the daemon's own context has ended.
func reporting() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), 300*time.Millisecond)
}
