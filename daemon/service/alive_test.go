package service

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/capturetest"
	"github.com/inceptiond/inceptiond/daemon/governor"
	"github.com/inceptiond/inceptiond/daemon/pipeline"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/infertest"
	"github.com/inceptiond/inceptiond/internal/backoff"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/publishtest"
	"github.com/inceptiond/inceptiond/systemd"
)

// manager is a service manager that notes what it is told.
type manager struct {
	begin time.Time

	mu   sync.Mutex
	told told
}

// told is what a manager knows.
type told struct {
	signs  []time.Duration // of life, since begin
	ready  time.Duration   // since begin; 0: not yet
	status string          // the last
	extra  int             // times that more time to start was asked for
}

func (m *manager) notify(states ...string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range states {
		text, isStatus := strings.CutPrefix(s, "STATUS=")
		switch {
		case isStatus:
			m.told.status = text
		case s == systemd.Watchdog:
			m.told.signs = append(m.told.signs, time.Since(m.begin))
		case s == systemd.Ready:
			m.told.ready = time.Since(m.begin)
		case strings.HasPrefix(s, "EXTEND_TIMEOUT_USEC="):
			m.told.extra++
		}
	}
	return nil
}

func (m *manager) knows() told {
	m.mu.Lock()
	defer m.mu.Unlock()
	return told{slices.Clone(m.told.signs), m.told.ready, m.told.status, m.told.extra}
}

// last is the last sign of life.
func (k told) last() time.Duration {
	if len(k.signs) == 0 {
		return 0
	}
	return k.signs[len(k.signs)-1]
}

// pacedSource has a frame every so often. From frame number stuck on, Read does not return, whatever its context says,
// until release is closed.
type pacedSource struct {
	every   time.Duration
	stuck   uint64
	release <-chan struct{}
	frames  uint64
}

func (s *pacedSource) Read(ctx context.Context, f *capture.Frame) error {
	if s.frames++; s.stuck > 0 && s.frames >= s.stuck {
		<-s.release
	}
	if err := backoff.Sleep(ctx, s.every); err != nil {
		return err
	}
	*f = capturetest.Grey(7)
	f.Sequence, f.Time = s.frames, time.Now()
	return nil
}

func (s *pacedSource) Format() capture.Format { return capturetest.Grey(0).Format }
func (s *pacedSource) Close() error           { return nil }

// stuckPublisher takes results until it is told to hold, and then none until release is closed.
type stuckPublisher struct {
	publishtest.Recorder
	hold    func() bool
	release <-chan struct{}
}

func (p *stuckPublisher) Publish(ctx context.Context, m publish.Message) error {
	if p.hold() {
		<-p.release
	}
	return p.Recorder.Publish(ctx, m)
}

// opening opens a camera by a function.
type opening struct {
	silence time.Duration
	open    func() (capture.Source, error)
}

func (o *opening) Open(context.Context) (capture.Source, error) { return o.open() }
func (o *opening) Silence() time.Duration                       { return o.silence }
func (o *opening) String() string                               { return "a fake" }

// alive is a camera under a heartbeat, in a bubble of fake time.
type alive struct {
	manager *manager
	logs    *observer.ObservedLogs
	release chan struct{} // closed by the test to let go what is stuck
	since   time.Time

	// What a test may change before it begins.
	opener  *opening
	engine  func(context.Context) error // called for each frame
	macs    int64
	maxRate float64
	keepAll bool
	views   []lookOf
	out     publish.Publisher
}

// lookOf is a view of the camera, with a model of its own.
type lookOf struct {
	name    string
	engine  func(context.Context) error
	maxRate float64
}

// live runs a camera and a heartbeat with a watchdog of 30 seconds; both end with the test.
func live(t *testing.T, change func(*alive)) *alive {
	core, logs := observer.New(zapcore.DebugLevel)
	a := &alive{manager: &manager{begin: time.Now()}, logs: logs, release: make(chan struct{}), since: time.Now()}
	source := &pacedSource{every: time.Second, release: a.release}
	a.opener = &opening{silence: time.Second, open: func() (capture.Source, error) { return source, nil }}
	a.out = new(publishtest.Recorder)
	change(a)
	log := zap.New(core)
	s := &Service{log: log, out: &fanOut{log: log}, parts: a.parts(log)}
	s.commands, s.machine = newCommander(log, s.out), newMachine(governor.Sensors{Root: t.TempDir()}, log)
	s.inboxes = newInboxes(log, s.Plan, s.Changed)
	s.out.add(a.out)
	front := newCamera(t, a.cameraOptions(t, s))
	s.parts.cameras = map[string]*camera{"front": {Camera: front, name: "front"}}
	for _, v := range a.views {
		s.parts.cameras[v.name] = &camera{Camera: newCamera(t, a.viewOptions(t, s, front, v)), name: v.name, view: "front"}
	}
	for _, c := range s.parts.cameras {
		c.Attach()
	}
	s.oversee(false)
	s.heart = &heartbeat{notify: a.manager.notify, watchdog: 30 * time.Second, source: s, tell: s.beat, log: log, often: log}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for _, c := range s.parts.cameras {
		running.Go(func() { c.Run(ctx) })
	}
	running.Go(func() { s.heart.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		a.letGo()
		running.Wait()
	})
	return a
}

// parts are the models of the camera and its views, which are not made yet.
func (a *alive) parts(log *zap.Logger) *parts {
	p := &parts{plan: new(plan.Plan), models: map[string]*model{"mean": newModel("mean", a.macs, a.engine, log)}}
	for _, v := range a.views {
		p.models[v.name] = newModel(v.name, 0, v.engine, log)
	}
	return p
}

func newModel(name string, macs int64, engine func(context.Context) error, log *zap.Logger) *model {
	e := infertest.NewMean(engine)
	m := &engines.Model{Name: name, MACs: macs, Engine: e, Health: engines.NewHealth(name, e.By.Engine, "", log)}
	return &model{m, pipeline.NewModel(pipeline.ModelOptions{Name: name, MACs: macs, Engine: e})}
}

func newCamera(t *testing.T, o pipeline.Options) *pipeline.Camera {
	t.Helper()
	c, err := pipeline.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func newLook(t *testing.T, m *model) *pipeline.Look {
	t.Helper()
	look, err := pipeline.NewLook(pipeline.LookOptions{Model: m.shared, TopK: 1})
	if err != nil {
		t.Fatal(err)
	}
	return look
}

func (a *alive) cameraOptions(t *testing.T, s *Service) pipeline.Options {
	t.Helper()
	return pipeline.Options{
		Name: "front", Opener: a.opener, KeepAll: a.keepAll, MaxRate: a.maxRate, Look: newLook(t, s.parts.models["mean"]),
		Out: s.out, Log: s.log, Often: s.log,
	}
}

func (a *alive) viewOptions(t *testing.T, s *Service, of *pipeline.Camera, v lookOf) pipeline.Options {
	t.Helper()
	return pipeline.Options{
		Name: v.name, Of: of, MaxRate: v.maxRate, Look: newLook(t, s.parts.models[v.name]), Out: s.out, Log: s.log, Often: s.log,
	}
}

func (a *alive) letGo() {
	select {
	case <-a.release:
	default:
		close(a.release)
	}
}

// sleepUntil sleeps until so long after the test's begin, and returns what the manager knows by then.
func (a *alive) sleepUntil(d time.Duration) told {
	time.Sleep(d - time.Since(a.since))
	synctest.Wait()
	return a.manager.knows()
}

func (a *alive) elapsed() time.Duration { return time.Since(a.since) }
