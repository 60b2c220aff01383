package service

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/daemon/status"
	"github.com/inceptiond/inceptiond/internal/backoff"
)

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
		"the engine of a view": {func(a *alive, stuck func() bool) {
			a.views = []lookOf{{name: "door", engine: func(context.Context) error {
				if stuck() {
					<-a.release
				}
				return nil
			}}}
		}, patience, "model door", "inference"},
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
		"a view of a low rate": func(a *alive) { a.views = []lookOf{{name: "door", maxRate: 1. / 3600}} },
		"a view of a low rate, none skipped": func(a *alive) {
			a.keepAll = true
			a.views = []lookOf{{name: "door", maxRate: 1. / 3600}}
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

// Heartbeats of pins go on while nothing stands still, whether the service manager asks for signs of life or not.
func TestHeartbeatTellsPins(t *testing.T) {
	now := time.Now()
	stall := status.Stall{Who: "camera front", Stage: "inference", Since: now}
	for _, watchdog := range []time.Duration{0, 30 * time.Second} {
		var told []bool
		h := &heartbeat{
			watchdog: watchdog, log: zap.NewNop(), often: zap.NewNop(),
			notify: func(...string) error { return nil }, tell: func(well bool) { told = append(told, well) },
		}
		for _, stalls := range [][]status.Stall{nil, {stall}, {stall}, nil} {
			h.beat(status.Overview{Generation: 1, Stalls: stalls}, now)
		}
		if want := []bool{true, false, false, true}; !slices.Equal(told, want) {
			t.Errorf("with a watchdog of %v: %v, want %v", watchdog, told, want)
		}
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
