package metrics

import (
	"maps"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/inceptiond/inceptiond/daemon/status"
	"github.com/inceptiond/inceptiond/publish"
)

// overview tells what a source knows at the moment.
type overview struct{ source status.Source }

// Describe implements prometheus.Collector.
func (v overview) Describe(to chan<- *prometheus.Desc) {
	for _, m := range []Metric{
		framesMetric(), skippedMetric(), changesMetric(), upMetric(), gateMetric(), differentMetric(), restartsMetric(), fallbackMetric(), connectedMetric(),
		droppedMetric(), spoolEventsMetric(), spoolSizeMetric(), spoolLostMetric(), commandsMetric(), writtenMetric(),
		temperatureMetric(), voltageMetric(), dutyMetric(),
	} {
		to <- m.desc()
	}
}

// Collect implements prometheus.Collector.
func (v overview) Collect(to chan<- prometheus.Metric) {
	o := v.source.Overview()
	if o.Generation == 0 {
		return // no config is in force yet
	}
	tell := teller(to)
	for _, c := range o.Cameras {
		tell.camera(c)
	}
	for _, m := range o.Models {
		tell.value(restartsMetric(), float64(m.Restarts), m.Name)
		tell.value(fallbackMetric(), truth(m.Engine != publish.EngineRunning), m.Name)
	}
	if !o.Broker.Off {
		tell.broker(o.Broker)
	}
	for _, what := range slices.Sorted(maps.Keys(o.Written)) {
		tell.value(writtenMetric(), float64(o.Written[what]), what)
	}
	tell.machine(o.Machine)
}

// teller hands metrics over.
type teller chan<- prometheus.Metric

func (t teller) value(m Metric, value float64, labels ...string) {
	kind := prometheus.GaugeValue
	if m.Type == "counter" {
		kind = prometheus.CounterValue
	}
	one, err := prometheus.NewConstMetric(m.desc(), kind, value, labels...)
	if err != nil { // an error of this scrape, and no panic
		one = prometheus.NewInvalidMetric(m.desc(), err)
	}
	t <- one
}

func (t teller) camera(c status.Camera) {
	t.value(framesMetric(), float64(c.Frames), c.Name)
	t.value(changesMetric(), float64(c.Changes), c.Name)
	t.value(upMetric(), truth(c.State == publish.CameraOnline), c.Name)
	t.value(gateMetric(), truth(c.Gate == publish.GateOpen), c.Name)
	if c.Look > publish.LookUndecided {
		t.value(differentMetric(), truth(c.Look == publish.LookDifferent), c.Name)
	}
	t.value(skippedMetric(), float64(c.Dropped), c.Name, "replaced")
	t.value(skippedMetric(), float64(c.Gated), c.Name, "gate")
	t.value(skippedMetric(), float64(c.Bad), c.Name, "bad")
	t.value(skippedMetric(), float64(c.Failed), c.Name, "failed")
}

func (t teller) broker(b status.Broker) {
	t.value(connectedMetric(), truth(b.Connected))
	t.value(droppedMetric(), float64(b.Dropped))
	t.value(spoolEventsMetric(), float64(b.Events))
	t.value(spoolSizeMetric(), float64(b.SpoolBytes))
	for _, reason := range slices.Sorted(maps.Keys(b.Lost)) {
		t.value(spoolLostMetric(), float64(b.Lost[reason]), reason)
	}
	for _, outcome := range slices.Sorted(maps.Keys(b.Commands)) {
		t.value(commandsMetric(), float64(b.Commands[outcome]), outcome)
	}
}

func (t teller) machine(m status.Machine) {
	if m.Temperature != nil {
		t.value(temperatureMetric(), *m.Temperature)
	}
	if m.LowVoltage != nil {
		t.value(voltageMetric(), truth(*m.LowVoltage))
	}
	t.value(dutyMetric(), m.Duty)
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
