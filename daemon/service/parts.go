package service

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"
	"syscall"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/daemon/control"
	"github.com/inceptiond/inceptiond/daemon/pipeline"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/internal/clock"
	"github.com/inceptiond/inceptiond/internal/text"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/broker"
	"github.com/inceptiond/inceptiond/publish/gpio"
	"github.com/inceptiond/inceptiond/publish/metrics"
	"github.com/inceptiond/inceptiond/publish/mqtt"
	"github.com/inceptiond/inceptiond/publish/mqtt/spool"
)

// parts is everything that one plan asks for. What an older plan asked for in the same way is not built again: the two
// hold the same model, camera, broker or options, so that comparing them tells what has to stop and to start.
type parts struct {
	plan    *plan.Plan
	models  map[string]*model
	cameras map[string]*camera
	broker  *broker.Broker  // nil unless embedded
	mqtt    *mqtt.Options   // nil without MQTT; the client itself belongs to the service
	scrapes *metrics.Server // nil if nobody may scrape
	gpio    *gpio.Options   // nil without pins; they themselves belong to the service
}

// model is a part: a loaded model, and what cameras share of it.
type model struct {
	*engines.Model
	shared *pipeline.Model
}

// noParts is what runs before the first plan.
func noParts() *parts { return &parts{plan: new(plan.Plan)} }

// builder makes parts. It starts and opens nothing that could disturb what runs, so that a plan can still be refused.
type builder struct {
	log     *zap.Logger
	clock   clock.Clock
	of      pipeline.Clock                         // of the cameras; nil: clock
	out     publish.Publisher                      // gets the cameras' messages
	rest    func(run time.Duration) time.Duration  // of models, after a run
	keep    func(camera string, s pipeline.Sample) // takes what cameras collect
	obey    control.Controller                     // of subscribers' commands
	figures *metrics.Metrics                       // for those who scrape
	version string                                 // of the program
	old     *parts                                 // what runs: what is wanted of it in the same way is not made again
}

// build makes the parts of a plan.
func (b *builder) build(ctx context.Context, p *plan.Plan) (*parts, error) {
	next := &parts{plan: p, models: map[string]*model{}, cameras: map[string]*camera{}}
	err := b.buildModels(ctx, next)
	if err == nil {
		err = b.buildCameras(ctx, next)
	}
	if err == nil {
		err = b.buildGPIO(next)
	}
	if err == nil {
		err = b.buildMQTT(next)
	}
	if err == nil {
		err = b.buildMetrics(next)
	}
	if err != nil {
		return nil, errors.Join(err, next.close(b.old))
	}
	return next, nil
}

// buildModels loads each model that is new or has changed, and names all that cannot be used.
func (b *builder) buildModels(ctx context.Context, next *parts) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(next.plan.Models)) {
		o := next.plan.Models[name]
		if m := b.old.models[name]; m != nil && m.Current(o) {
			next.models[name] = m
			continue
		}
		m, err := engines.Load(ctx, name, o, b.log)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		next.models[name] = asPart(m, b.rest)
	}
	return errors.Join(errs...)
}

// asPart is a loaded model as a part. rest is pipeline.ModelOptions.Rest.
func asPart(m *engines.Model, rest func(run time.Duration) time.Duration) *model {
	return &model{m, pipeline.NewModel(pipeline.ModelOptions{
		Name: m.Name, SHA256: m.SHA256, MACs: m.MACs, Labels: m.Labels, Engine: m.Engine, Deadline: m.Limit, Watch: watch(m), Rest: rest,
		Mean: m.Mean, Std: m.Std, Task: m.Task(), Probabilities: m.Reading.Probabilities,
	})}
}

// watch tells how the engine of m is as messages do.
func watch(m *engines.Model) func(tell func(publish.EngineStatus)) (stop func()) {
	return func(tell func(publish.EngineStatus)) (stop func()) {
		return m.Health.Watch(func(s engines.Status) { tell(engineStatus(m, s)) })
	}
}

// engineStatus is s as a message; device and camera are left open.
func engineStatus(m *engines.Model, s engines.Status) publish.EngineStatus {
	return publish.EngineStatus{
		Model: publish.Model{Name: m.Name, SHA256: m.SHA256}, State: publish.EngineState(s.State),
		Wanted: s.Wanted, Engine: s.Engine, Reason: s.Reason, Restarts: s.Restarts, Time: s.Time,
	}
}

// buildCameras makes a pipeline for each camera that is new or has changed, and names all that are wrong.
func (b *builder) buildCameras(ctx context.Context, next *parts) error {
	var errs []error
	for _, name := range next.plan.CamerasFirst() {
		if next.sameCamera(name, b.old) {
			next.cameras[name] = b.old.cameras[name]
			continue
		}
		if !next.hasModels(name) {
			continue // which has been told
		}
		c, err := b.buildCamera(ctx, next, name)
		if err != nil {
			errs = append(errs, text.Prefix(fmt.Sprintf("camera %q: ", name), err))
			continue
		}
		next.cameras[name] = c
	}
	return errors.Join(errs...)
}

func (b *builder) buildCamera(ctx context.Context, next *parts, name string) (*camera, error) {
	c, m := next.plan.Cameras[name], next.models[next.plan.Cameras[name].Model]
	log := b.log.Named("camera").With(zap.String("camera", name))
	normal, err := b.learnNormal(ctx, next.plan, name, m, log)
	if err != nil {
		return nil, err
	}
	shots, inner, err := snapshotOptions(&c, m, log)
	if err != nil {
		return nil, err
	}
	look, err := pipeline.NewLook(pipeline.LookOptions{
		Model: m.shared, Preprocess: c.Preprocess, TopK: c.TopK, Threshold: c.Threshold, Scene: normal.scene, SceneMap: normal.output, Inner: inner,
		Objects: (*pipeline.ObjectOptions)(&c.Objects), Embedding: c.Embedding, Then: next.thenOptions(c.Then),
	})
	if err != nil {
		return nil, err
	}
	o := pipeline.Options{
		Name: name, Device: next.plan.Device, Opener: c.Opener, Picture: c.Picture, KeepAll: c.KeepAll, MaxRate: c.MaxRate,
		Decide: c.Decide, Normal: c.Normal != nil, Hold: c.Hold, NoLabelEvents: c.NoLabelEvents, Snapshot: shots, Collect: b.collectOptions(name, c.Collect),
		Look: look, Clock: cmp.Or[pipeline.Clock](b.of, b.clock), Out: b.out, Log: log, Often: limitRepeats(log),
	}
	o.Hours = pipeline.Hours{Schedule: c.Hours, WithoutClock: c.OpenWithoutClock}
	if g := c.Gate; g != nil {
		o.Gate = &pipeline.GateOptions{Linger: g.Linger, Refresh: g.Refresh, Triggers: g.Triggers, Motion: g.Motion}
	}
	if c.View != "" {
		of := next.cameras[c.View]
		if of == nil {
			return nil, fmt.Errorf("it is a view of camera %q, which cannot be used", c.View)
		}
		o.Of = of.Camera
	}
	p, err := pipeline.New(o)
	if err != nil {
		return nil, err
	}
	return &camera{p, name, c.View, normal.lacks}, nil
}

// hasModels tells whether all models of a camera are there.
func (p *parts) hasModels(camera string) bool {
	c := p.plan.Cameras[camera]
	return !slices.ContainsFunc(c.Models(), func(model string) bool { return p.models[model] == nil })
}

// thenOptions are those of a second look; nil: there is none.
func (p *parts) thenOptions(t *plan.Then) *pipeline.ThenOptions {
	if t == nil {
		return nil
	}
	return &pipeline.ThenOptions{Model: p.models[t.Model].shared, Labels: t.Labels, MaxCrops: t.MaxCrops}
}

// collectOptions are those of a camera; nil: it collects nothing.
func (b *builder) collectOptions(camera string, c *plan.Collect) *pipeline.CollectOptions {
	if c == nil {
		return nil
	}
	return &pipeline.CollectOptions{Changes: c.Changes, Interval: c.Interval, Keep: func(s pipeline.Sample) { b.keep(camera, s) }}
}

// buildMQTT starts the embedded broker if it is wanted and not running, and checks what the client will need.
func (b *builder) buildMQTT(next *parts) (err error) {
	m := next.plan.MQTT
	if m == nil {
		return nil
	}
	at := m.Options.Brokers
	if m.Listen != "" {
		if next.broker = b.old.broker; next.broker == nil || m.Listen != b.old.plan.MQTT.Listen {
			if next.broker, err = startBroker(m.Listen, b.log.Named("broker")); err != nil {
				return err
			}
		}
		at = []mqtt.Address{{URL: "mqtt://" + next.broker.Addr()}}
	}
	if next.sameMQTT(b.old) {
		next.mqtt = b.old.mqtt
		return nil
	}
	o := m.Client(at...)
	o.Now, o.Sweep, o.Control = nowBy(b.clock), true, b.obey
	if o.HomeAssistant != nil {
		h := *o.HomeAssistant
		h.Version = b.version
		o.HomeAssistant = &h
	}
	o.Ask = m.Listen == "" // our own broker lets us do everything
	next.mqtt = &o
	return mqtt.Check(o)
}

func startBroker(listen string, log *zap.Logger) (*broker.Broker, error) {
	b, err := broker.Start(broker.Options{Listen: listen}, log)
	if errors.Is(err, syscall.EADDRINUSE) {
		err = fmt.Errorf("%w (or on the command line: --listen 127.0.0.1:1884, --broker mqtt://%s; after `make run`: ARGS=\"…\")", err, listen)
	}
	return b, err
}

// nowBy returns what tells the time on all of the machine's clocks.
func nowBy(c clock.Clock) func() spool.Moment {
	return func() spool.Moment {
		synchronized, _ := clock.Synchronized() // false where nobody knows
		t := time.Now()
		return spool.Moment{Boot: c.BootID(), Monotonic: c.SinceBoot(t), Time: t, ClockSynced: synchronized}
	}
}

// sameCamera tells whether old's camera of this name does all that p wants of it.
func (p *parts) sameCamera(name string, old *parts) bool {
	c := p.plan.Cameras[name]
	return old.cameras[name] != nil && p.plan.Device == old.plan.Device &&
		reflect.DeepEqual(c, old.plan.Cameras[name]) &&
		!slices.ContainsFunc(c.Models(), func(model string) bool { return p.models[model] != old.models[model] }) &&
		(c.View == "" || p.cameras[c.View] == old.cameras[c.View])
}

// sameMQTT tells whether old's client does all that p wants of it.
func (p *parts) sameMQTT(old *parts) bool {
	return old.mqtt != nil && p.broker == old.broker && reflect.DeepEqual(p.plan.MQTT, old.plan.MQTT)
}

// inventory is what there is to be told about p.
func (p *parts) inventory() (i publish.Inventory) {
	for _, c := range sorted(p.cameras) {
		planned := p.plan.Cameras[c.name]
		listed := publish.Listed{Name: c.name, Classes: c.Classes(), Taught: planned.Taught != "", Normal: planned.Normal != nil, Task: c.Task(), SegmentMap: planned.Objects.SegmentMap}
		listed.Counts, listed.CountsMore = c.Counted()
		var more bool
		if listed.Shares, more = c.Shared(); more {
			listed.Shares = c.Areas()
		}
		if s := planned.Snapshot; s != nil {
			listed.Snapshots, listed.Retained, listed.Why = s.MQTT, s.Retain, s.Why
		}
		i.Cameras = append(i.Cameras, listed)
	}
	return i
}

// close takes down the models, the broker and the server that keep does not have, the models at once: an engine whose worker
// hangs may take a moment. The cameras of those models must have ended.
func (p *parts) close(keep *parts) error {
	models := sorted(p.models)
	errs := make([]error, len(models))
	var closing sync.WaitGroup
	for i, m := range models {
		if keep.models[m.Name] != m {
			closing.Go(func() { errs[i] = m.Close() })
		}
	}
	closing.Wait()
	if p.broker != nil && p.broker != keep.broker {
		errs = append(errs, p.broker.Close())
	}
	if p.scrapes != nil && p.scrapes != keep.scrapes {
		errs = append(errs, p.scrapes.Close())
	}
	return errors.Join(errs...)
}
