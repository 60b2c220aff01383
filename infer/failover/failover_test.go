package failover

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/infertest"
	"github.com/inceptiond/inceptiond/infer/model"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// quick is the pace of these tests.
var quick = pace{
	open: 5 * time.Second, first: 5 * time.Second, deadlineMin: 20 * time.Millisecond,
	retryMin: time.Millisecond, retryMax: 8 * time.Millisecond, stable: time.Hour,
}

// waker is an engine that counts how often it is woken.
type waker struct {
	*infertest.Fake
	woken atomic.Int64
}

func (w *waker) Wake() { w.woken.Add(1) }

// scripted is a primary whose runs go as a test says.
type scripted struct {
	waker
	mu       sync.Mutex
	deadline time.Duration
	kept     [2]byte
}

// These are of infer.Keeper.
func (s *scripted) KeptBytes() int               { return len(s.kept) }
func (s *scripted) AppendKept(dst []byte) []byte { return append(dst, s.kept[:]...) }
func (s *scripted) Keep(kept []byte) error {
	copy(s.kept[:], kept)
	return infer.CheckKept(s, kept)
}

func (s *scripted) SetDeadline(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deadline = d
}

func (s *scripted) lastDeadline() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.deadline
}

// sum is what all good engines of these tests answer.
func sum(_ context.Context, in []byte, outs [][]byte) error {
	for k, out := range outs {
		clear(out)
		for i, b := range in {
			out[i%len(out)] += b << k
		}
	}
	return nil
}

func newFake(answer func(context.Context, []byte, [][]byte) error) *infertest.Fake {
	f := infertest.NewFake(4, 5, 10, 3)
	f.Answer = answer
	return f
}

// rig is an Engine between fakes.
type rig struct {
	*Engine
	standby *infertest.Fake
	in      []byte
	outs    [][]byte
	by      infer.By // of the latest run

	mu       sync.Mutex
	opened   []*scripted
	statuses []Status
}

// errWire is why a primary is lost.
var errWire = errors.New("the wire is cut")

// newRig has an Engine open primaries: next says how the n-th answers, or why it cannot be opened.
func newRig(t *testing.T, standby *infertest.Fake, o Options, p pace, next func(n int) (func(context.Context, []byte, [][]byte) error, error)) (*rig, error) {
	t.Helper()
	r := &rig{standby: standby, in: slices.Repeat([]byte{1, 2, 3}, 20), outs: [][]byte{make([]byte, 10), make([]byte, 3)}}
	if standby != nil {
		standby.By.Kernels = "standby"
		o.Standby = standby
	}
	attempts := 0
	o.Open = func(context.Context) (Primary, error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		answer, err := next(attempts)
		attempts++
		if err != nil {
			return nil, err
		}
		s := &scripted{waker: waker{Fake: newFake(answer)}}
		r.opened = append(r.opened, s)
		return s, nil
	}
	o.Notify = func(s Status) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.statuses = append(r.statuses, s)
	}
	var err error
	if r.Engine, err = open(t.Context(), o, p); err == nil {
		t.Cleanup(func() { r.Close() })
	}
	return r, err
}

func mustRig(t *testing.T, standby *infertest.Fake, o Options, next func(n int) (func(context.Context, []byte, [][]byte) error, error)) *rig {
	t.Helper()
	r, err := newRig(t, standby, o, quick, next)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// told are the statuses so far.
func (r *rig) told() []Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.statuses)
}

func (r *rig) states() (states []State) {
	for _, s := range r.told() {
		states = append(states, s.State)
	}
	return states
}

// last is the newest state.
func (r *rig) last() State {
	states := r.states()
	return states[len(states)-1]
}

func (r *rig) primary(n int) *scripted {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.opened[n]
}

// run runs a frame that must be answered.
func (r *rig) run(t *testing.T) {
	t.Helper()
	for _, out := range r.outs {
		clear(out)
	}
	var err error
	if r.by, err = r.Run(t.Context(), r.in, r.outs); err != nil {
		t.Fatal(err)
	}
	want := infer.Buffers(r.Outputs())
	_ = sum(t.Context(), r.in, want)
	if !reflect.DeepEqual(r.outs, want) {
		t.Fatalf("answer %v (want %v)", r.outs, want)
	}
}

// byStandby tells whether the standby answered the latest run.
func (r *rig) byStandby() bool { return r.by.Kernels == "standby" }

// until runs frames until done.
func (r *rig) until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within a minute: %s; %v", what, r.told())
		}
		r.run(t)
	}
}

// always opens primaries that answer alike.
func always(answer func(context.Context, []byte, [][]byte) error) func(int) (func(context.Context, []byte, [][]byte) error, error) {
	return func(int) (func(context.Context, []byte, [][]byte) error, error) { return answer, nil }
}

// failAt answers rightly until run n, from 0, which fails.
func failAt(n int, err error) func(context.Context, []byte, [][]byte) error {
	runs := 0
	return func(ctx context.Context, in []byte, outs [][]byte) error {
		runs++
		if runs > n {
			return err
		}
		return sum(ctx, in, outs)
	}
}

func TestConforms(t *testing.T) {
	for name, standby := range map[string]bool{"with standby": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			infertest.Engine(t, func(t *testing.T) infer.Engine {
				var s *infertest.Fake
				if standby {
					s = newFake(sum)
				}
				return mustRig(t, s, Options{}, always(sum)).Engine
			})
		})
	}
	t.Run("on standby", func(t *testing.T) {
		infertest.Engine(t, func(t *testing.T) infer.Engine {
			r, err := newRig(t, newFake(sum), Options{}, defaultPace, func(int) (func(context.Context, []byte, [][]byte) error, error) { return nil, errWire })
			if err != nil {
				t.Fatal(err)
			}
			return r.Engine
		})
	})
}

// TestFailOver loses the primary in the middle of a run: the standby answers that same frame, and the primary is back
// by itself.
func TestFailOver(t *testing.T) {
	r := mustRig(t, newFake(sum), Options{}, func(n int) (func(context.Context, []byte, [][]byte) error, error) {
		if n == 0 {
			return failAt(3, errWire), nil // the known input and two frames are answered
		}
		return sum, nil
	})
	for i, byStandby := range []bool{false, false, true} {
		r.run(t)
		if r.byStandby() != byStandby {
			t.Errorf("run %d: by the standby %v (want %v)", i, r.byStandby(), byStandby)
		}
	}
	r.until(t, "the primary is back", func() bool { return len(r.told()) >= 3 })
	r.run(t)
	if r.byStandby() {
		t.Error("the standby answers though the primary is back")
	}
	told := r.told()
	if got, want := r.states(), []State{Running, Standby, Running}; !slices.Equal(got, want) {
		t.Fatalf("states %v (want %v)", got, want)
	}
	if lost, back := told[1], told[2]; lost.Reason != errWire || lost.RetryIn <= 0 || lost.Losses != 1 || lost.Restarts != 0 ||
		back.Reason != nil || back.RetryIn != 0 || back.Restarts != 1 {
		t.Errorf("told %+v, then %+v", lost, back)
	}
	if !r.primary(0).Closed() {
		t.Error("the lost primary was not closed")
	}
}

// What is kept from run to run is that of the engine that has the next one.
func TestKept(t *testing.T) {
	for name, standby := range map[string]*infertest.Fake{"standby": newFake(sum), "none": nil} {
		r := mustRig(t, standby, Options{}, func(n int) (func(context.Context, []byte, [][]byte) error, error) {
			if n == 0 {
				return failAt(patterns+1, errWire), nil
			}
			return nil, errWire
		})
		if err := r.Keep([]byte{7, 8}); err != nil || r.KeptBytes() != 2 || !bytes.Equal(r.AppendKept([]byte{6}), []byte{6, 7, 8}) {
			t.Errorf("%s: the primary keeps %v, %v", name, r.AppendKept(nil), err)
		}
		for r.last() == Running {
			_, _ = r.Run(t.Context(), r.in, r.outs)
		}
		if r.KeptBytes() != 0 || r.AppendKept(nil) != nil || r.Keep([]byte{7}) == nil || r.Keep(nil) != nil {
			t.Errorf("%s: without a primary %v is kept", name, r.AppendKept(nil))
		}
	}
}

// Without a standby frames fail, and say why, until the primary is back.
func TestNoStandby(t *testing.T) {
	r := mustRig(t, nil, Options{}, func(n int) (func(context.Context, []byte, [][]byte) error, error) {
		switch {
		case n == 0:
			return failAt(patterns+1, errWire), nil
		case n < 3:
			return nil, errors.New("no such device")
		}
		return sum, nil
	})
	r.run(t)
	_, err := r.Run(t.Context(), r.in, r.outs)
	if !errors.Is(err, errWire) || !strings.Contains(err.Error(), "being restarted") {
		t.Errorf("the run that lost it: %v", err)
	}
	for end := time.Now().Add(time.Minute); err != nil; time.Sleep(time.Millisecond) {
		_, err = r.Run(t.Context(), r.in, r.outs)
		if time.Now().After(end) {
			t.Fatalf("not back: %v", r.told())
		}
	}
	if got, want := r.states(), []State{Running, Down, Down, Down, Running}; !slices.Equal(got, want) {
		t.Errorf("states %v (want %v)", got, want)
	}
}

// TestOpenFails starts without a primary, which comes later.
func TestOpenFails(t *testing.T) {
	r := mustRig(t, newFake(sum), Options{}, func(n int) (func(context.Context, []byte, [][]byte) error, error) {
		if n < 5 {
			return nil, errors.New("no such device")
		}
		return sum, nil
	})
	r.until(t, "the primary is there", func() bool { return r.last() == Running })
	told := r.told()
	for i, s := range told[:5] {
		if s.State != Standby || s.Attempts != i || s.Losses != 1 || s.RetryIn > quick.retryMax {
			t.Errorf("status %d: %+v", i, s)
		}
	}
	if len(told) != 6 {
		t.Errorf("told %v", told)
	}
}

// TestOpenRefuses has New fail where no time can help.
func TestOpenRefuses(t *testing.T) {
	fail := func(err error) func(int) (func(context.Context, []byte, [][]byte) error, error) {
		return func(int) (func(context.Context, []byte, [][]byte) error, error) { return nil, err }
	}
	if _, err := newRig(t, nil, Options{}, quick, fail(errWire)); !errors.Is(err, errWire) {
		t.Errorf("without a standby: %v", err)
	}
	standby := newFake(sum)
	if _, err := newRig(t, standby, Options{}, quick, fail(model.ErrUnsupported)); !errors.Is(err, model.ErrUnsupported) || standby.Closed() {
		t.Errorf("a bad model: %v, standby closed %v", err, standby.Closed())
	}
	if _, err := newRig(t, newFake(infertest.Fail(errWire)), Options{}, quick, always(sum)); !errors.Is(err, errWire) {
		t.Errorf("a standby that fails: %v", err)
	}
}

// TestSelfTest has primaries come back that answer the known input wrongly: none gets a frame.
func TestSelfTest(t *testing.T) {
	for name, wrong := range map[string]func(ctx context.Context, in []byte, outs [][]byte) error{
		"one level": func(ctx context.Context, in []byte, outs [][]byte) error {
			_ = sum(ctx, in, outs)
			outs[1][2]++
			return nil
		},
		"zeros": func(_ context.Context, _ []byte, outs [][]byte) error {
			clear(outs[0])
			clear(outs[1])
			return nil
		},
		"error": infertest.Fail(errors.New("cannot run the network")),
	} {
		t.Run(name, func(t *testing.T) {
			r := mustRig(t, newFake(sum), Options{}, func(n int) (func(context.Context, []byte, [][]byte) error, error) {
				if n < 3 {
					return wrong, nil
				}
				return sum, nil
			})
			r.until(t, "a good one", func() bool { return r.last() == Running })
			for n := range 3 {
				if p := r.primary(n); p.Runs() != 1 || !p.Closed() {
					t.Errorf("primary %d had %d runs (want the self-test only), closed %v", n, p.Runs(), p.Closed())
				}
			}
			if why := r.told()[0].Reason; why == nil || !strings.Contains(why.Error(), "self-test") {
				t.Errorf("reason %v", why)
			}
		})
	}
}

// A primary with other tensors is none.
func TestOtherSpecs(t *testing.T) {
	other := infertest.NewFake(4, 5, 11, 3)
	o := Options{Standby: newFake(sum), Open: func(context.Context) (Primary, error) { return &scripted{waker: waker{Fake: other}}, nil }}
	var first Status
	o.Notify = func(s Status) {
		if first.State == "" {
			first = s
		}
	}
	e, err := open(t.Context(), o, defaultPace)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if first.State != Standby || !strings.Contains(first.Reason.Error(), "uint8 [1 11]") {
		t.Errorf("%+v", first)
	}
}

// TestDeadline looks at the deadlines that a primary is given.
func TestDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const took = 5 * time.Millisecond
		slow := func(ctx context.Context, in []byte, outs [][]byte) error {
			time.Sleep(took)
			return sum(ctx, in, outs)
		}
		r := mustRig(t, newFake(sum), Options{}, always(slow))
		if d := r.primary(0).lastDeadline(); d != quick.first {
			t.Errorf("deadline of the self-test %v (want %v)", d, quick.first)
		}
		r.run(t)
		if d := r.primary(0).lastDeadline(); d < 10*took {
			t.Errorf("automatic deadline %v (want 10 times %v or more)", d, took)
		}
		fast := mustRig(t, newFake(sum), Options{}, always(func(ctx context.Context, in []byte, outs [][]byte) error {
			time.Sleep(time.Microsecond)
			return sum(ctx, in, outs)
		}))
		fast.run(t)
		if d := fast.primary(0).lastDeadline(); d != quick.deadlineMin {
			t.Errorf("automatic deadline %v (want at least %v)", d, quick.deadlineMin)
		}
		fixed := mustRig(t, newFake(sum), Options{Deadline: 3 * time.Second}, always(slow))
		fixed.run(t)
		if d := fixed.primary(0).lastDeadline(); d != 3*time.Second {
			t.Errorf("deadline %v (want 3s)", d)
		}
	})
}

// A context that ends in the middle of a run costs nobody the primary.
func TestContextIsNoLoss(t *testing.T) {
	hang := false
	r := mustRig(t, newFake(sum), Options{}, always(func(ctx context.Context, in []byte, outs [][]byte) error {
		if hang {
			return infertest.Block(ctx, in, outs)
		}
		return sum(ctx, in, outs)
	}))
	hang = true
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
	defer cancel()
	if _, err := r.Run(ctx, r.in, r.outs); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	hang = false
	r.run(t)
	if r.byStandby() || len(r.told()) != 1 {
		t.Errorf("by the standby %v; told %v", r.byStandby(), r.told())
	}
}

// TestPauses has primaries that pass their test and are lost at once: the pauses grow, until one lasts.
func TestPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := quick
		p.retryMax, p.stable = time.Hour, 50*time.Millisecond
		r, err := newRig(t, newFake(sum), Options{}, p, func(n int) (func(context.Context, []byte, [][]byte) error, error) {
			if n == 4 {
				good := time.Now().Add(2 * p.stable)
				return func(ctx context.Context, in []byte, outs [][]byte) error {
					if time.Now().After(good) {
						return errWire
					}
					return sum(ctx, in, outs)
				}, nil
			}
			return failAt(1, errWire), nil
		})
		if err != nil {
			t.Fatal(err)
		}
		var lost []Status
		r.until(t, "six losses", func() bool {
			lost = slices.DeleteFunc(r.told(), func(s Status) bool { return s.State != Standby })
			return len(lost) >= 6
		})
		for i, want := range []struct {
			losses int
			max    time.Duration
		}{{1, 1}, {2, 2}, {3, 4}, {4, 8}, {1, 1}, {2, 2}} {
			want.max *= time.Millisecond
			if s := lost[i]; s.Losses != want.losses || s.RetryIn > want.max || s.RetryIn < want.max*4/5-1 {
				t.Errorf("loss %d: %d, retry in %v (want %d, %v less at most a fifth)", i, s.Losses, s.RetryIn, want.losses, want.max)
			}
		}
	})
}

// Close does not wait for a primary that is being opened.
func TestCloseWhileOpening(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opening := make(chan struct{})
		first := true
		o := Options{Standby: newFake(sum), Open: func(ctx context.Context) (Primary, error) {
			if first {
				first = false
				return nil, errWire
			}
			close(opening)
			<-ctx.Done()
			return nil, ctx.Err()
		}}
		e, err := open(t.Context(), o, quick)
		if err != nil {
			t.Fatal(err)
		}
		<-opening
		begin := time.Now()
		if err := e.Close(); err != nil || time.Since(begin) > 0 {
			t.Errorf("%v after %v", err, time.Since(begin))
		}
	})
}
