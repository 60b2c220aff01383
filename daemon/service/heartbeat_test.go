package service

import (
	"context"
	"errors"
	"fmt"
	"regexp"
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
	out     publish.Publisher
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
	s := &Service{log: log, out: &fanOut{log: log}, parts: a.parts(t, log)}
	s.out.add(a.out)
	for _, c := range s.parts.cameras {
		var err error
		if c.Camera, err = pipeline.New(a.cameraOptions(t, s)); err != nil {
			t.Fatal(err)
		}
	}
	s.oversee(false)
	s.heart = &heartbeat{notify: a.manager.notify, watchdog: 30 * time.Second, source: s, log: log, often: log}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { s.parts.cameras["front"].Run(ctx) })
	running.Go(func() { s.heart.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		a.letGo()
		running.Wait()
	})
	return a
}

// parts are one camera, which is not made yet, and its model.
func (a *alive) parts(t *testing.T, log *zap.Logger) *parts {
	e := infertest.NewMean(a.engine)
	m := &engines.Model{Name: "mean", MACs: a.macs, Engine: e, Health: engines.NewHealth("mean", e.By.Engine, "", log)}
	shared := pipeline.NewModel(pipeline.ModelOptions{Name: m.Name, MACs: m.MACs, Engine: e})
	return &parts{
		plan: new(plan.Plan), models: map[string]*model{"mean": {m, shared}}, cameras: map[string]*camera{"front": {name: "front"}},
	}
}

func (a *alive) cameraOptions(t *testing.T, s *Service) pipeline.Options {
	t.Helper()
	look, err := pipeline.NewLook(pipeline.LookOptions{Model: s.parts.models["mean"].shared, TopK: 1})
	if err != nil {
		t.Fatal(err)
	}
	return pipeline.Options{
		Name: "front", Opener: a.opener, KeepAll: a.keepAll, MaxRate: a.maxRate, Look: look, Out: s.out, Log: s.log, Often: s.log,
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

func TestHeartbeatIsReadyWithTheFirstResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := live(t, func(a *alive) {
			a.opener.open = func() (capture.Source, error) {
				return &pacedSource{every: 5 * time.Second}, nil
			}
		})
		k := a.sleepUntil(4900 * time.Millisecond)
		if k.ready != 0 {
			t.Errorf("ready after %v, before the first result", k.ready)
		}
		k = a.sleepUntil(100 * time.Second)
		if r := k.ready; r < 5*time.Second || r > 5500*time.Millisecond {
			t.Errorf("ready after %v, want 5s", r)
		}
		if want := `^1 camera online, 0\.[123] results/s, mean on fake, broker off$`; !regexp.MustCompile(want).MatchString(k.status) {
			t.Errorf("status %q, want %s", k.status, want)
		}
	})
}

func TestHeartbeatIsReadyWithoutCamera(t *testing.T) {
	for name, open := range map[string]func() (capture.Source, error){
		"missing": func() (capture.Source, error) { return nil, errors.New("no such camera") },
		"damaged": func() (capture.Source, error) {
			return damagedSource{&pacedSource{every: time.Second}}, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := live(t, func(a *alive) {
					a.opener.open = open
				})
				k := a.sleepUntil(3 * time.Hour)
				if r := k.ready; r == 0 || r > 2*time.Second {
					t.Errorf("ready after %v", r)
				}
				if last := k.last(); last < a.elapsed()-time.Second {
					t.Errorf("the last sign of life after %v", last)
				}
				if !strings.HasPrefix(k.status, "0 of 1 camera online (front ") {
					t.Errorf("status %q", k.status)
				}
			})
		})
	}
}

// damagedSource has nothing but damaged frames.
type damagedSource struct{ capture.Source }

func (s damagedSource) Read(ctx context.Context, f *capture.Frame) error {
	if err := s.Source.Read(ctx, f); err != nil {
		return err
	}
	return capture.ErrBadFrame
}

// A start that gets ahead, however slowly, is given time; one whose frames all fail is not, and never ready.
func TestHeartbeatOfASlowStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := live(t, func(a *alive) {
			a.engine = func(ctx context.Context) error { return backoff.Sleep(ctx, 25*time.Second) }
		})
		k := a.sleepUntil(time.Minute)
		if k.ready < 25*time.Second || k.extra != 3 {
			t.Errorf("ready after %v, asked %d times for more; want 25s and 3", k.ready, k.extra)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		a := live(t, func(a *alive) {
			a.engine = func(context.Context) error { return errors.New("engine trouble") }
		})
		k := a.sleepUntil(time.Hour)
		if k.ready != 0 || k.extra > 1 {
			t.Errorf("ready after %v, asked %d times for more time; want neither", k.ready, k.extra)
		}
	})
}

// Whatever stands still, the signs of life end after some patience, and begin again when it moves.
func TestHeartbeatEndsWithAStall(t *testing.T) {
	const begin = 10 * time.Second    // the pipeline works until then
	const patience = 30 * time.Second // pipeline's
	for name, test := range map[string]struct {
		change func(a *alive, stuck func() bool)
		limit  time.Duration
		who    string
		what   string
	}{
		"the engine": {func(a *alive, stuck func() bool) {
			a.engine = func(context.Context) error {
				if stuck() {
					<-a.release
				}
				return nil
			}
		}, patience, "model mean", "inference"},
		"the engine with a large model": {func(a *alive, stuck func() bool) {
			a.macs = 1e9
			a.engine = func(context.Context) error {
				if stuck() {
					<-a.release
				}
				return nil
			}
		}, patience + 20*time.Second, "model mean", "inference"},
		"the source": {func(a *alive, _ func() bool) {
			s := &pacedSource{every: 100 * time.Millisecond, stuck: 100, release: a.release}
			a.opener.open = func() (capture.Source, error) { return s, nil }
		}, patience + time.Second, "camera front", "reading a frame"},
		"the source as it opens": {func(a *alive, stuck func() bool) {
			a.opener.open = func() (capture.Source, error) {
				if stuck() {
					<-a.release
					return &pacedSource{every: time.Second}, nil
				}
				return nil, errors.New("no such camera")
			}
		}, patience + time.Second, "camera front", "opening the source"},
		"a publisher": {func(a *alive, stuck func() bool) {
			a.out = &stuckPublisher{hold: stuck, release: a.release}
		}, patience, "camera front", "publishing"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				a := live(t, func(a *alive) {
					test.change(a, func() bool { return time.Since(start) >= begin })
				})
				k := a.sleepUntil(3 * time.Minute)
				if last := k.last(); last < begin+test.limit-2*time.Second || last > begin+test.limit+2*time.Second {
					t.Errorf("the last sign of life after %v, want %v after %v", last, test.limit, begin)
				}
				logged := fmt.Sprint(a.logs.FilterMessageSnippet("stands still").All())
				for where, text := range map[string]string{"log": logged, "status": k.status} {
					if !strings.Contains(text, test.who+" has stood still for ") || !strings.Contains(text, "s: "+test.what) {
						t.Errorf("the %s says %q, want it to be about %s: %s", where, text, test.who, test.what)
					}
				}
				a.letGo()
				k = a.sleepUntil(5 * time.Minute)
				if last := k.last(); last < a.elapsed()-2*time.Second {
					t.Errorf("the last sign of life after %v; it works again since 3m0s", last)
				}
				if strings.Contains(k.status, "stood still") {
					t.Errorf("status %q, and all is well", k.status)
				}
			})
		})
	}
}

// What takes long and may is no stall: a frame an hour, a pause as long, a queue for the model.
func TestHeartbeatIsPatient(t *testing.T) {
	for name, change := range map[string]func(a *alive){
		"rare frames": func(a *alive) {
			a.opener.silence = time.Hour
			a.opener.open = func() (capture.Source, error) { return &pacedSource{every: time.Hour}, nil }
		},
		"rare frames, none skipped": func(a *alive) {
			a.keepAll = true
			a.opener.silence = time.Hour
			a.opener.open = func() (capture.Source, error) { return &pacedSource{every: time.Hour}, nil }
		},
		"a low rate": func(a *alive) { a.maxRate = 1. / 3600 },
		"a low rate, none skipped": func(a *alive) {
			a.keepAll = true
			a.maxRate = 1. / 3600
		},
		"a slow engine": func(a *alive) {
			a.engine = func(ctx context.Context) error { return backoff.Sleep(ctx, 29*time.Second) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := live(t, change)
				k := a.sleepUntil(3 * time.Hour)
				for i := 1; i < len(k.signs); i++ {
					if gap := k.signs[i] - k.signs[i-1]; gap > 15*time.Second {
						t.Fatalf("no sign of life for %v after %v", gap, k.signs[i-1])
					}
				}
				if last := k.last(); last < a.elapsed()-2*time.Second {
					t.Errorf("the last sign of life after %v", last)
				}
			})
		})
	}
}

func TestHeartbeatPace(t *testing.T) {
	for watchdog, want := range map[time.Duration]time.Duration{
		0: time.Second, 30 * time.Second: time.Second, 600 * time.Millisecond: 200 * time.Millisecond,
	} {
		if got := (&heartbeat{watchdog: watchdog}).pace(); got != want {
			t.Errorf("with a watchdog of %v: %v, want %v", watchdog, got, want)
		}
	}
}
