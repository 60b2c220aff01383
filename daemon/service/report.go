package service

import (
	"context"
	"time"

	"github.com/inceptiond/inceptiond/daemon/status"
	"github.com/inceptiond/inceptiond/publish"
)

// reportTick is how often it is asked whether a report is due.
const reportTick = time.Second

// report publishes reports until ctx ends: how the machine is, and what each camera did since the report before.
func (s *Service) report(ctx context.Context) {
	tick := time.NewTicker(reportTick)
	defer tick.Stop()
	var r reporter
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			v, o := s.inForce.Load(), s.Overview()
			if v == nil || !r.due(o, v.report, now) {
				continue
			}
			s.out.Publish(ctx, systemOf(v.device, o.Broker.Address, s.machine.known.Load(), now))
			for _, stats := range r.stats(v.device, o, now) {
				s.out.Publish(ctx, stats)
			}
		}
	}
}

// systemOf is how the machine is, and which broker it has, as a message.
func systemOf(device, broker string, c *condition, now time.Time) publish.System {
	return publish.System{
		Device: device, Temperature: c.Temperature, LowVoltage: c.LowVoltage, Throttled: c.Throttled, Duty: c.Duty(), Broker: broker, Time: now,
	}
}

// reporter knows when the last report was, and what cameras had done by then. The zero value has made none.
type reporter struct {
	told       time.Time // of the last report, or of the begin
	generation uint64    // of the config in force then
	since      time.Time // when counted was taken
	counted    map[string]status.Camera
}

// due tells whether there is to be a report, of which the last was so long ago. The first comes after as long: nothing can be
// told sooner of what cameras do in a time. When other parts run, their cameras count anew.
func (r *reporter) due(o status.Overview, every time.Duration, now time.Time) bool {
	if r.told.IsZero() {
		r.told = now
	}
	if o.Generation != r.generation {
		r.generation = o.Generation
		r.count(o, now)
	}
	if every == 0 || now.Sub(r.told) < every-reportTick/2 {
		return false
	}
	r.told = now
	return true
}

func (r *reporter) count(o status.Overview, now time.Time) {
	r.since, r.counted = now, make(map[string]status.Camera, len(o.Cameras))
	for _, c := range o.Cameras {
		r.counted[c.Name] = c
	}
}

// stats is what the cameras did since they were counted last.
func (r *reporter) stats(device string, o status.Overview, now time.Time) (list []publish.Stats) {
	seconds := now.Sub(r.since).Seconds()
	for _, c := range o.Cameras {
		before, known := r.counted[c.Name]
		if !known || seconds <= 0 || c.Frames < before.Frames || c.Results < before.Results {
			continue // it has just begun
		}
		stats := publish.Stats{
			Device: device, Camera: c.Name, Time: now,
			FramesPerSecond: float64(c.Frames-before.Frames) / seconds, ResultsPerSecond: float64(c.Results-before.Results) / seconds,
		}
		if c.HasThen {
			stats.CropsPerSecond = new(float64(c.Crops-before.Crops) / seconds)
		}
		list = append(list, stats)
	}
	r.count(o, now)
	return list
}
