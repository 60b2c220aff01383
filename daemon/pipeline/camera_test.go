package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/capturetest"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/infertest"
	"github.com/inceptiond/inceptiond/internal/backoff"
	"github.com/inceptiond/inceptiond/internal/clock"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/publishtest"
)

// rig is a camera between fakes.
type rig struct {
	camera *Camera
	record *publishtest.Recorder
	logs   *observer.ObservedLogs
}

// opener opens sources one after the other; when none is left, opening fails.
type opener struct {
	silence time.Duration
	open    func() (capture.Source, error)
}

func openers(sources ...capture.Source) *opener {
	return &opener{open: func() (capture.Source, error) {
		if len(sources) == 0 {
			return nil, errors.New("no such camera")
		}
		src := sources[0]
		sources = sources[1:]
		return src, nil
	}}
}

func (o *opener) Open(context.Context) (capture.Source, error) { return o.open() }
func (o *opener) Silence() time.Duration                       { return o.silence }
func (o *opener) String() string                               { return "a fake" }

// newRig makes a camera of pictures that wait, whose sources are opened one after the other; when none is left, opening
// fails. Its results are classes from threshold on.
func newRig(t *testing.T, e infer.Engine, threshold float64, sources ...capture.Source) *rig {
	t.Helper()
	return newRigOf(t, e, threshold, Options{Opener: openers(sources...), KeepAll: true})
}

// newRigOf makes a camera that is otherwise as o says. It has a look of its own, with e, unless o has one.
func newRigOf(t *testing.T, e infer.Engine, threshold float64, o Options) *rig {
	t.Helper()
	core, logs := observer.New(zapcore.DebugLevel)
	look, err := NewLook(LookOptions{
		Model: NewModel(ModelOptions{Name: "mean", SHA256: "00", Engine: e}), TopK: 1, Threshold: threshold,
	})
	if err != nil {
		t.Fatal(err)
	}
	clock, err := clock.New()
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{record: new(publishtest.Recorder), logs: logs}
	o.Name, o.Device, o.Look, o.Clock, o.Out = "front", "test", cmp.Or(o.Look, look), clock, r.record
	o.Log, o.Often = zap.New(core), zap.New(core)
	o.Retry = backoff.Backoff{Min: time.Millisecond, Max: 4 * time.Millisecond}
	r.camera = newCamera(t, o)
	return r
}

// newCamera makes a camera of options that are right.
func newCamera(t testing.TB, o Options) *Camera {
	t.Helper()
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// run runs the camera until it ends, or until done says so.
func (r *rig) run(t *testing.T, done func() bool) {
	t.Helper()
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	ended := make(chan struct{})
	go func() {
		r.camera.Run(ctx)
		close(ended)
	}()
	if done != nil {
		publishtest.Eventually(t, "the camera to get there", done)
		cancel()
	}
	<-ended
	if done == nil && ctx.Err() != nil {
		t.Error("the camera did not end by itself")
	}
}

// scores are the results so far, as grey levels.
func (r *rig) scores() []int {
	var levels []int
	for _, res := range r.record.Results() {
		levels = append(levels, int(res.Predictions[0].Score*256))
	}
	return levels
}

// states are the camera's states so far.
func (r *rig) states() string {
	var states []string
	for _, s := range r.record.Statuses() {
		states = append(states, string(s.State))
	}
	return strings.Join(states, " ")
}

func TestCameraAnswersEveryPicture(t *testing.T) {
	r := newRig(t, infertest.NewMean(nil), 0, capturetest.New(t, capturetest.Frames(capturetest.Grey(10), capturetest.Grey(20), capturetest.Grey(30))...))
	r.run(t, nil)
	if got := r.scores(); !slices.Equal(got, []int{10, 20, 30}) {
		t.Errorf("results %v, want 10 20 30", got)
	}
	if got, want := r.states(), "connecting online ended"; got != want {
		t.Errorf("states %q, want %q", got, want)
	}
	res := r.record.Results()[2]
	if res.Device != "test" || res.Camera != "front" || res.Sequence != 3 || res.Model.Name != "mean" || res.Engine != "fake" {
		t.Errorf("result is %+v", res)
	}
	if res.Stages.Total < res.Stages.Inference+res.Stages.Preprocess || res.Stages.Wait < 0 || res.Monotonic <= 0 {
		t.Errorf("stages %+v, monotonic %v", res.Stages, res.Monotonic)
	}
}

func TestCameraComesBack(t *testing.T) {
	lost := capturetest.Step{Err: fmt.Errorf("fake: unplugged: %w", capture.ErrLost)}
	first := capturetest.New(t, capturetest.Step{Frame: capturetest.Grey(1)}, lost)
	seen := make(chan struct{})
	r := newRig(t, infertest.NewMean(nil), 0,
		heldSource{first, seen},
		capturetest.New(t, lost), // for the same reason: not said again
		capturetest.New(t, capturetest.Step{Err: fmt.Errorf("fake: silent: %w", capture.ErrLost)}),
		capturetest.New(t, capturetest.Step{Frame: capturetest.Grey(2)}))
	go func() {
		publishtest.Eventually(t, "the first result", func() bool { return len(r.record.Results()) == 1 })
		close(seen)
	}()
	r.run(t, nil)
	if got := r.scores(); !slices.Equal(got, []int{1, 2}) {
		t.Errorf("results %v, want 1 2", got)
	}
	if got, want := r.states(), "connecting online lost lost online ended"; got != want {
		t.Errorf("states %q, want %q", got, want)
	}
	if got := r.record.Statuses()[2].Reason; !strings.Contains(got, "unplugged") {
		t.Errorf("reason %q does not say why", got)
	}
	if results := r.record.Results(); results[1].Sequence <= results[0].Sequence {
		t.Errorf("sequence %d came after %d", results[1].Sequence, results[0].Sequence)
	}
}

// Every change is an event, and what does not change is none.
func TestChangesAreEvents(t *testing.T) {
	lost := capturetest.Step{Err: fmt.Errorf("fake: unplugged: %w", capture.ErrLost)}
	r := newRig(t, infertest.NewMean(nil), 0.5, // class 0 or none
		capturetest.New(t, append(capturetest.Frames(capturetest.Grey(10), capturetest.Grey(20), capturetest.Grey(200)), lost)...),
		capturetest.New(t, lost), // still lost
		capturetest.New(t, capturetest.Frames(capturetest.Grey(210), capturetest.Grey(30))...))
	r.run(t, nil)
	byKind := map[publish.EventKind][]string{}
	for _, e := range r.record.Events() {
		text := e.Previous + ">" + e.Value
		if e.Kind == publish.EventLabel {
			text = fmt.Sprint(e.Before != nil, ">", e.Top != nil)
		}
		byKind[e.Kind] = append(byKind[e.Kind], text)
		if e.Device != "test" || e.Camera != "front" || e.Monotonic <= 0 || e.Time.IsZero() || e.Value == "lost" && e.Reason == "" {
			t.Errorf("event %+v", e)
		}
	}
	want := []string{"false>false", "false>true", "true>false"}
	if got := byKind[publish.EventLabel]; !slices.Equal(got, want) {
		t.Errorf("classes %q, want %q", got, want)
	}
	want = []string{">connecting", "connecting>online", "online>lost", "lost>online", "online>ended"}
	if got := byKind[publish.EventCamera]; !slices.Equal(got, want) {
		t.Errorf("states %q, want %q", got, want)
	}
}

// What changes the answer is published as a state, a result and an event, in this order; other frames as a result alone.
func TestOrderOfWhatAFrameBrings(t *testing.T) {
	r := newRig(t, infertest.NewMean(nil), 0.5, // class 0 or none
		capturetest.New(t, capturetest.Frames(capturetest.Grey(10), capturetest.Grey(20), capturetest.Grey(200), capturetest.Grey(210), capturetest.Grey(30))...))
	r.run(t, nil)
	var got []string
	for _, m := range r.record.Messages() {
		switch m := m.(type) {
		case publish.State:
			got = append(got, fmt.Sprintf("state %d %t", m.Sequence, m.Found))
		case *publish.Result:
			got = append(got, fmt.Sprint("result ", m.Sequence))
		case publish.Event:
			if m.Kind == publish.EventLabel {
				got = append(got, fmt.Sprint("event ", m.Top != nil))
			}
		}
	}
	want := []string{
		"state 1 false", "result 1", "event false", "result 2", "state 3 true", "result 3", "event true", "result 4",
		"state 5 false", "result 5", "event false",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestCameraThatCannotBeOpenedIsRetried(t *testing.T) {
	r := newRig(t, infertest.NewMean(nil), 0)
	r.run(t, func() bool { return r.logs.FilterMessage("camera lost").Len() >= 3 })
	if got, want := r.states(), "connecting lost stopped"; got != want {
		t.Errorf("states %q, want %q", got, want)
	}
	if got := r.logs.FilterMessage("camera lost").FilterLevelExact(zapcore.WarnLevel).Len(); got != 1 {
		t.Errorf("%d warnings of one and the same error", got)
	}
}

func TestBadFramesAreCountedAndSkipped(t *testing.T) {
	short := capturetest.Grey(9)
	short.Pix = short.Pix[:7]
	r := newRig(t, infertest.NewMean(nil), 0, capturetest.New(t,
		capturetest.Step{Frame: capturetest.Grey(1)},
		capturetest.Step{Err: fmt.Errorf("fake: %w", capture.ErrBadFrame)},
		capturetest.Step{Frame: short},
		capturetest.Step{Frame: capturetest.Grey(2)}))
	r.run(t, nil)
	if got := r.scores(); !slices.Equal(got, []int{1, 2}) {
		t.Errorf("results %v, want 1 2", got)
	}
	if got := r.camera.counts.bad.Load(); got != 2 {
		t.Errorf("%d bad frames counted, want 2", got)
	}
}

func TestEngineFailureCostsOneFrame(t *testing.T) {
	calls := 0
	e := infertest.NewMean(func(context.Context) error {
		if calls++; calls == 2 {
			return errors.New("engine trouble")
		}
		return nil
	})
	r := newRig(t, e, 0, capturetest.New(t, capturetest.Frames(capturetest.Grey(1), capturetest.Grey(2), capturetest.Grey(3))...))
	r.run(t, nil)
	if got := r.scores(); !slices.Equal(got, []int{1, 3}) {
		t.Errorf("results %v, want 1 3", got)
	}
	if r.logs.FilterMessage("frame not classified").Len() != 1 {
		t.Error("the log does not say so")
	}
}

// While the engine works on one frame, the camera goes on; the next frame answered is the newest.
func TestNewestFrameWins(t *testing.T) {
	started, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	e := infertest.NewMean(func(context.Context) error {
		once.Do(func() { close(started); <-release })
		return nil
	})
	src := capturetest.New(t,
		capturetest.Step{Frame: capturetest.Grey(1)}, capturetest.Step{Frame: capturetest.Grey(2)}, capturetest.Step{Frame: capturetest.Grey(3)},
		capturetest.Step{Frame: capturetest.Grey(4)}, capturetest.Step{Block: true})
	r := newRigOf(t, e, 0, Options{Opener: openers(heldSource{src, started})})
	r.run(t, func() bool {
		if r.camera.counts.frames.Load() == 4 {
			select {
			case <-release:
			default:
				close(release)
			}
		}
		return len(r.record.Results()) == 2
	})
	if got := r.scores(); !slices.Equal(got, []int{1, 4}) {
		t.Errorf("results %v, want 1 4", got)
	}
	stopped := r.logs.FilterMessage("camera stopped").All()[0].ContextMap()
	if stopped["dropped"] != uint64(2) {
		t.Errorf("dropped %v, want 2", stopped["dropped"])
	}
}

// heldSource lets the first frame through at once, and all that follows only after open is closed.
type heldSource struct {
	capture.Source
	open <-chan struct{}
}

func (g heldSource) Read(ctx context.Context, f *capture.Frame) error {
	err := g.Source.Read(ctx, f)
	if err != nil || f.Sequence > 1 {
		select {
		case <-g.open:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return err
}

// A stop while the engine works ends at once, without an answer to that frame.
func TestStopDuringInference(t *testing.T) {
	working := make(chan struct{})
	e := infertest.NewMean(func(ctx context.Context) error {
		close(working)
		<-ctx.Done()
		return ctx.Err()
	})
	r := newRig(t, e, 0, capturetest.New(t, capturetest.Step{Frame: capturetest.Grey(1)}, capturetest.Step{Block: true}))
	r.run(t, func() bool {
		select {
		case <-working:
			return true
		default:
			return false
		}
	})
	if got := r.record.Results(); len(got) != 0 {
		t.Errorf("results %v, want none", got)
	}
}

// The turns of other cameras with the same model count as waiting, not as inference.
func TestTurnsCountAsWaiting(t *testing.T) {
	const turn = 50 * time.Millisecond
	r := newRig(t, infertest.NewMean(nil), 0, capturetest.New(t, capturetest.Frames(capturetest.Grey(1))...))
	busy := r.camera.look.options.Model.turn
	busy <- struct{}{}
	time.AfterFunc(turn, func() { <-busy })
	r.run(t, nil)
	if s := r.record.Results()[0].Stages; s.Inference > turn/2 || s.Wait < turn/2 {
		t.Errorf("stages %+v; want a wait of about %v and next to no inference", s, turn)
	}
}

func TestMaxRate(t *testing.T) {
	src := capturetest.New(t, capturetest.Frames(capturetest.Grey(1), capturetest.Grey(2), capturetest.Grey(3))...)
	r := newRigOf(t, infertest.NewMean(nil), 0, Options{Opener: openers(src), KeepAll: true, MaxRate: 1000. / 30})
	begin := time.Now()
	r.run(t, nil)
	if got := time.Since(begin); got < 60*time.Millisecond {
		t.Errorf("three frames in %v, want 60 ms or more", got)
	}
}
