package metrics

import (
	"github.com/inceptiond/inceptiond/daemon/status"
	"github.com/inceptiond/inceptiond/publish"
)

// tellOverview tells what is known of the daemon at the moment.
func tellOverview(f *figures, o status.Overview) {
	if o.Generation == 0 {
		return // no config is in force yet
	}
	f.value(refusedMetric(), truth(o.Refused))
	for _, c := range o.Cameras {
		f.camera(c)
	}
	for _, m := range o.Models {
		f.value(modelMetric(), 1, m.Name, m.SHA256)
		f.value(restartsMetric(), float64(m.Restarts), m.Name)
		f.value(fallbackMetric(), truth(m.Engine != publish.EngineRunning), m.Name)
	}
	if !o.Broker.Off {
		f.broker(o.Broker)
	}
	for what, n := range o.Written {
		f.value(writtenMetric(), float64(n), what)
	}
	f.machine(o.Machine)
}

func (f *figures) camera(c status.Camera) {
	f.value(framesMetric(), float64(c.Frames), c.Name)
	f.value(changesMetric(), float64(c.Changes), c.Name)
	f.value(upMetric(), truth(c.State == publish.CameraOnline), c.Name)
	for _, state := range publish.CameraStates() {
		f.value(stateMetric(), truth(c.State == state), c.Name, string(state))
	}
	f.value(gateMetric(), truth(c.Gate == publish.GateOpen), c.Name)
	if c.Look > publish.LookUndecided {
		f.value(differentMetric(), truth(c.Look == publish.LookDifferent), c.Name)
	}
	f.value(skippedMetric(), float64(c.Dropped), c.Name, "replaced")
	f.value(skippedMetric(), float64(c.Gated), c.Name, "gate")
	f.value(skippedMetric(), float64(c.Bad), c.Name, "bad")
	f.value(skippedMetric(), float64(c.Failed), c.Name, "failed")
	if c.HasThen {
		f.value(cropsMetric(), float64(c.Crops), c.Name, "answered")
		f.value(cropsMetric(), float64(c.CropsFailed), c.Name, "failed")
	}
}

func (f *figures) broker(b status.Broker) {
	f.value(connectedMetric(), truth(b.Connected))
	if b.Address != "" {
		f.value(addressMetric(), 1, b.Address)
	}
	f.value(droppedMetric(), float64(b.Dropped))
	f.value(spoolEventsMetric(), float64(b.Events))
	f.value(spoolHeldMetric(), float64(b.Held))
	f.value(spoolSizeMetric(), float64(b.SpoolBytes))
	for reason, n := range b.Lost {
		f.value(spoolLostMetric(), float64(n), reason)
	}
	for outcome, n := range b.Commands {
		f.value(commandsMetric(), float64(n), outcome)
	}
}

func (f *figures) machine(m status.Machine) {
	if m.Temperature != nil {
		f.value(temperatureMetric(), *m.Temperature)
	}
	if m.LowVoltage != nil {
		f.value(voltageMetric(), truth(*m.LowVoltage))
	}
	if m.Throttled != nil {
		f.value(throttledMetric(), truth(*m.Throttled))
	}
	f.value(dutyMetric(), m.Duty)
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
