package service

import (
	"time"

	"github.com/inceptiond/inceptiond/daemon/governor"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/daemon/status"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/mqtt"
	"github.com/inceptiond/inceptiond/publish/snapshots"
)

// overviewed is what an overview looks at. There are new ones whenever other parts run; they do not change.
type overviewed struct {
	generation uint64
	refused    bool
	plan       *plan.Plan
	cameras    []*camera
	models     []*model
	client     *mqtt.Client      // nil without MQTT
	keeper     *snapshots.Keeper // nil if no pictures are kept
	governor   governor.Options

	device string
	report time.Duration // from one report to the next; 0: there are none
}

// oversee lets overviews show the parts that run now, and whether the config file as it is now was refused.
func (s *Service) oversee(refused bool) {
	generation := uint64(1)
	if before := s.inForce.Load(); before != nil {
		generation = before.generation + 1
	}
	v := &overviewed{
		generation: generation, refused: refused, plan: s.parts.plan, governor: s.parts.plan.Governor, device: s.parts.plan.Device,
		cameras: sorted(s.parts.cameras), models: sorted(s.parts.models), client: s.client, keeper: s.keeper,
	}
	if m := s.parts.plan.MQTT; m != nil {
		v.report = m.Report
	}
	s.inForce.Store(v)
}

// governor is what the plan in force says of when models work less.
func (s *Service) governor() governor.Options {
	if v := s.inForce.Load(); v != nil {
		return v.governor
	}
	return governor.Options{}
}

// setDuty tells all cameras how much models work.
func (s *Service) setDuty(state governor.State) {
	if v := s.inForce.Load(); v != nil {
		for _, c := range v.cameras {
			c.SetDuty(state.Duty(), state.Reason)
		}
	}
}

// Overview is how everything is now; see [status.Source].
func (s *Service) Overview() status.Overview {
	v := s.inForce.Load()
	if v == nil {
		return status.Overview{}
	}
	now := time.Now()
	o := status.Overview{
		Generation: v.generation, Refused: v.refused, Results: s.out.results.Load(), Broker: status.Broker{Off: true},
		Machine: machineOf(s.machine.known.Load()), Written: map[string]int64{"settings": s.commands.written(), "teach": s.inboxes.written.Load()},
	}
	if v.client != nil {
		stats := v.client.Stats()
		o.Broker, o.Written["spool"] = brokerOf(stats), stats.Spool.Written
	}
	if s.teacher != nil {
		o.Written["teach"] += s.teacher.Written()
	}
	if v.keeper != nil {
		o.Written["snapshots"] = v.keeper.Written()
	}
	for _, c := range v.cameras {
		o.Cameras = append(o.Cameras, c.overview())
		for _, stall := range c.Stalls(now) {
			o.Stalls = append(o.Stalls, status.Stall{Who: "camera " + c.name, Stage: stall.Stage, Since: stall.Since})
		}
	}
	for _, m := range v.models {
		is := m.Health.Status()
		o.Models = append(o.Models, status.Model{Name: m.Name, SHA256: m.SHA256, Engine: publish.EngineState(is.State), Wanted: is.Wanted, Runs: is.Engine, Restarts: is.Restarts})
		for _, stall := range m.shared.Stalls(now) {
			o.Stalls = append(o.Stalls, status.Stall{Who: "model " + m.Name, Stage: stall.Stage, Since: stall.Since})
		}
	}
	return o
}

func (c *camera) overview() status.Camera {
	is := c.Status()
	return status.Camera{
		Name: c.name, View: c.view, State: is.State, Reason: is.Reason, Frames: is.Frames, Bad: is.Bad, Failed: is.Failed, Results: is.Results,
		Gated: is.Gated, Dropped: is.Dropped, Changes: is.Changes, Gate: is.Gate, Look: is.Look, Lacks: c.lacks,
		HasThen: is.HasThen, Crops: is.Crops, CropsFailed: is.CropsFailed,
	}
}

func brokerOf(s mqtt.Stats) status.Broker {
	lost := s.Spool.Losses
	return status.Broker{
		Connected: s.Connected, Address: s.Broker, Waiting: s.Waiting, Dropped: s.Dropped + s.Refused, Events: s.Spool.Waiting, Held: s.Spool.Held, SpoolBytes: s.Spool.Bytes,
		Lost:     map[string]uint64{"bytes": lost.Bytes, "age": lost.Age, "memory": lost.Memory, "damaged": lost.Damaged},
		Commands: map[string]int64{"applied": s.Commands.Applied, "unchanged": s.Commands.Unchanged, "refused": s.Commands.Refused},
	}
}

func machineOf(c *condition) status.Machine {
	return status.Machine{Temperature: c.Temperature, LowVoltage: c.LowVoltage, Throttled: c.Throttled, Duty: c.Duty()}
}
