package main

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

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/infer/failover"
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
	*f = grey(7)
	f.Sequence, f.Time = s.frames, time.Now()
	return nil
}

func (s *pacedSource) Format() capture.Format { return grey(0).Format }
func (s *pacedSource) Close() error           { return nil }

// stuckPublisher takes results until it is told to hold, and then none until release is closed.
type stuckPublisher struct {
	publishtest.Recorder
	hold    func() bool
	release <-chan struct{}
}

func (p *stuckPublisher) Publish(ctx context.Context, m publish.Message) error {
	if _, ok := m.(*publish.Result); ok && p.hold() {
		<-p.release
	}
	return p.Recorder.Publish(ctx, m)
}

// alive is a camera under a heartbeat, in a bubble of fake time.
type alive struct {
	*rig
	manager *manager
	heart   *heartbeat
	release chan struct{} // closed by the test to let go what is stuck
	since   time.Time
}

// live runs the camera and a heartbeat with a watchdog of 30 seconds; both end with the test.
func live(t *testing.T, e *meanEngine, change func(*alive)) *alive {
	a := &alive{rig: newRig(t, e), manager: &manager{begin: time.Now()}, release: make(chan struct{}), since: time.Now()}
	source := &pacedSource{every: time.Second, release: a.release}
	a.camera.origin = origin{silence: time.Second, open: func(context.Context) (capture.Source, error) { return source, nil }}
	a.camera.keepAll = false
	change(a)
	log := zap.New(a.camera.log.Core())
	a.heart = &heartbeat{
		notify: a.manager.notify, watchdog: 30 * time.Second, results: a.out.results.Load, log: log, often: log,
	}
	a.heart.vitals.Store(&vitals{cameras: []*camera{a.camera}, models: []*sharedModel{a.camera.eye.model}})
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { a.camera.Run(ctx) })
	running.Go(func() { a.heart.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		a.letGo()
		running.Wait()
	})
	return a
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
		a := live(t, new(meanEngine), func(a *alive) {
			a.camera.origin.open = func(context.Context) (capture.Source, error) {
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
	for name, open := range map[string]func(context.Context) (capture.Source, error){
		"missing": func(context.Context) (capture.Source, error) { return nil, errors.New("no such camera") },
		"damaged": func(context.Context) (capture.Source, error) {
			return damagedSource{&pacedSource{every: time.Second}}, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := live(t, new(meanEngine), func(a *alive) {
					a.camera.origin.open = open
					a.camera.retry = backoff.Backoff{Min: time.Second, Max: 30 * time.Second}
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
		e := &meanEngine{run: func(ctx context.Context) error { return backoff.Sleep(ctx, 25*time.Second) }}
		a := live(t, e, func(*alive) {})
		k := a.sleepUntil(time.Minute)
		if k.ready < 25*time.Second || k.extra != 3 {
			t.Errorf("ready after %v, asked %d times for more; want 25s and 3", k.ready, k.extra)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		e := &meanEngine{run: func(context.Context) error { return errors.New("engine trouble") }}
		a := live(t, e, func(*alive) {})
		k := a.sleepUntil(time.Hour)
		if k.ready != 0 || k.extra > 1 {
			t.Errorf("ready after %v, asked %d times for more time; want neither", k.ready, k.extra)
		}
	})
}

// Whatever stands still, the signs of life end after some patience, and begin again when it moves.
func TestHeartbeatEndsWithAStall(t *testing.T) {
	const begin = 10 * time.Second // the pipeline works until then
	for name, test := range map[string]struct {
		change func(a *alive, e *meanEngine, stuck func() bool)
		limit  time.Duration
		who    string
		what   stage
	}{
		"the engine": {func(a *alive, e *meanEngine, stuck func() bool) {
			e.run = func(context.Context) error {
				if stuck() {
					<-a.release
				}
				return nil
			}
		}, patience, "model mean", atInference},
		"the engine with a large model": {func(a *alive, e *meanEngine, stuck func() bool) {
			a.camera.eye.model.macs = 1e9
			e.run = func(context.Context) error {
				if stuck() {
					<-a.release
				}
				return nil
			}
		}, patience + 20*time.Second, "model mean", atInference},
		"the source": {func(a *alive, _ *meanEngine, _ func() bool) {
			s := &pacedSource{every: 100 * time.Millisecond, stuck: 100, release: a.release}
			a.camera.origin.open = func(context.Context) (capture.Source, error) { return s, nil }
		}, patience + time.Second, "camera front", atRead},
		"the source as it opens": {func(a *alive, _ *meanEngine, stuck func() bool) {
			a.camera.origin.open = func(context.Context) (capture.Source, error) {
				if stuck() {
					<-a.release
					return &pacedSource{every: time.Second}, nil
				}
				return nil, errors.New("no such camera")
			}
		}, patience + time.Second, "camera front", atOpen},
		"a publisher": {func(a *alive, _ *meanEngine, stuck func() bool) {
			a.out.publishers = []publish.Publisher{&stuckPublisher{hold: stuck, release: a.release}}
		}, patience, "camera front", atPublish},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := new(meanEngine)
				start := time.Now()
				a := live(t, e, func(a *alive) {
					test.change(a, e, func() bool { return time.Since(start) >= begin })
				})
				k := a.sleepUntil(3 * time.Minute)
				if last := k.last(); last < begin+test.limit-2*time.Second || last > begin+test.limit+2*time.Second {
					t.Errorf("the last sign of life after %v, want %v after %v", last, test.limit, begin)
				}
				logged := fmt.Sprint(a.logs.FilterMessageSnippet("stands still").All())
				for where, text := range map[string]string{"log": logged, "status": k.status} {
					if !strings.Contains(text, test.who+" has stood still for ") || !strings.Contains(text, "s: "+string(test.what)) {
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
	for name, change := range map[string]func(a *alive, e *meanEngine){
		"rare frames": func(a *alive, _ *meanEngine) {
			a.camera.origin.silence = time.Hour
			a.camera.origin.open = func(context.Context) (capture.Source, error) { return &pacedSource{every: time.Hour}, nil }
		},
		"rare frames, none skipped": func(a *alive, _ *meanEngine) {
			a.camera.keepAll = true
			a.camera.origin.silence = time.Hour
			a.camera.origin.open = func(context.Context) (capture.Source, error) { return &pacedSource{every: time.Hour}, nil }
		},
		"a low rate": func(a *alive, _ *meanEngine) { a.camera.pause = time.Hour },
		"a low rate, none skipped": func(a *alive, _ *meanEngine) {
			a.camera.keepAll = true
			a.camera.pause = time.Hour
		},
		"a slow engine": func(_ *alive, e *meanEngine) {
			e.run = func(ctx context.Context) error { return backoff.Sleep(ctx, 29*time.Second) }
		},
		"others' turns": func(a *alive, _ *meanEngine) {
			busy := a.camera.eye.model.turn
			busy <- struct{}{}
			time.AfterFunc(time.Hour, func() { <-busy })
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := new(meanEngine)
				a := live(t, e, func(a *alive) { change(a, e) })
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

// A frame that waits and is never taken is a stall, though each goroutine of its own waits for the other in good order.
func TestFrameThatIsNotTakenIsAStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &camera{name: "front"}
		c.pulse.work.enter(atTake)
		time.Sleep(time.Hour) // no frame for long
		c.pulse.source.enter(atRead)
		c.pulse.offered.enterFirst(atTake)
		if s := c.stalls(nil, time.Now()); len(s) != 0 {
			t.Errorf("at once: %v", s)
		}
		time.Sleep(20 * time.Second)
		c.pulse.source.enter(atRead)
		c.pulse.offered.enterFirst(atTake) // a second frame changes nothing
		time.Sleep(11 * time.Second)
		s := c.stalls(nil, time.Now())
		if len(s) != 1 || s[0].about(time.Now()) != "camera front has stood still for 31s: taking a frame that waits" {
			t.Errorf("stalls %v", s)
		}
		c.pulse.offered.leave()
		if s := c.stalls(nil, time.Now()); len(s) != 0 {
			t.Errorf("after it was taken: %v", s)
		}
	})
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

func TestEngineLine(t *testing.T) {
	m := &sharedModel{name: "birds"}
	m.health = newHealth(m.identity(), engineEdgeTPU, "", zap.NewNop())
	for _, test := range []struct {
		status failover.Status
		want   string
	}{
		{failover.Status{State: failover.Running}, "birds on edgetpu"},
		{failover.Status{State: failover.Standby, Reason: errors.New("unplugged")}, "birds on cpu (edgetpu lost)"},
		{failover.Status{State: failover.Down, Reason: errors.New("unplugged")}, "birds on nothing (edgetpu lost)"},
	} {
		m.health.change(test.status)
		if got := m.engineLine(); got != test.want {
			t.Errorf("%v: %s, want %s", test.status.State, got, test.want)
		}
	}
}
