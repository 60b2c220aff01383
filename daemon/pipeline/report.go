package pipeline

import (
	"context"
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

// reportEngine publishes how the engine of the camera's model is. It is called once at a time.
func (c *Camera) reportEngine(s publish.EngineStatus) {
	s.Device, s.Camera = c.device, c.name
	before := c.engine
	c.engine = &s

	ctx, cancel := reporting()
	defer cancel()
	c.publish(ctx, s)
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
