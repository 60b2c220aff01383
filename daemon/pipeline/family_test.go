package pipeline

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/capturetest"
	"github.com/inceptiond/inceptiond/infer/decide"
	"github.com/inceptiond/inceptiond/infer/infertest"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	"github.com/inceptiond/inceptiond/internal/backoff"
	"github.com/inceptiond/inceptiond/internal/clock"
	"github.com/inceptiond/inceptiond/publish/publishtest"
)

// family is a camera and its views between fakes. The first is the camera.
type family struct {
	t       *testing.T
	record  *publishtest.Recorder
	cameras []*Camera
	stops   []context.CancelFunc
	ended   []chan struct{}
}

// glance is a camera's look, or a view's.
type glance struct {
	name    string
	before  func(context.Context) error // what the engine does before it answers
	region  preprocess.Region           // zero: all
	rate    float64
	minimum float64
	decide  decide.Options
	hold    time.Duration
	shots   *SnapshotOptions
}

// newFamily makes a camera with the opener, picture and keepAll of o, and a view for each glance but the first.
func newFamily(t *testing.T, o Options, glances ...glance) *family {
	t.Helper()
	f := &family{t: t, record: new(publishtest.Recorder)}
	for _, g := range glances {
		f.add(o, g)
	}
	return f
}

// add makes the camera of o, or one more view.
func (f *family) add(o Options, g glance) *Camera {
	f.t.Helper()
	if g.region == (preprocess.Region{}) {
		g.region = preprocess.Region{Width: 1, Height: 1}
	}
	look, err := NewLook(LookOptions{
		Model:      NewModel(ModelOptions{Name: g.name + "'s", SHA256: "00", Engine: infertest.NewMean(g.before)}),
		Preprocess: preprocess.Options{Region: g.region}, TopK: 1, Threshold: g.minimum,
	})
	if err != nil {
		f.t.Fatal(err)
	}
	if len(f.cameras) > 0 {
		o = Options{Of: f.cameras[0]}
	}
	if o.Clock, err = clock.New(); err != nil {
		f.t.Fatal(err)
	}
	o.Decide, o.Hold, o.Snapshot = g.decide, g.hold, g.shots
	o.Name, o.Device, o.Look, o.MaxRate, o.Out, o.Log, o.Often = g.name, "test", look, g.rate, f.record, zap.NewNop(), zap.NewNop()
	o.Retry = backoff.Backoff{Min: time.Millisecond, Max: 4 * time.Millisecond}
	c := newCamera(f.t, o)
	f.cameras = append(f.cameras, c)
	return c
}

// start lets all work, so that none misses a picture of the camera.
func (f *family) start() {
	for _, c := range f.cameras {
		c.Attach()
	}
	for _, c := range f.cameras {
		f.run(c)
	}
}

// run lets c work until its stop is called, or the test ends.
func (f *family) run(c *Camera) {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	f.stops, f.ended = append(f.stops, stop), append(f.ended, ended)
	f.t.Cleanup(func() { stop(); <-ended })
	go func() { c.Run(ctx); close(ended) }()
}

// wait waits until all have ended by themselves.
func (f *family) wait() {
	for _, ended := range f.ended {
		select {
		case <-ended:
		case <-time.After(time.Minute):
			f.t.Fatal("a camera does not end")
		}
	}
}

// results are those of one camera, as "number:level".
func (f *family) results(camera string) []string {
	var list []string
	for _, r := range f.record.Results() {
		if r.Camera != camera {
			continue
		}
		text := fmt.Sprintf("%d:-", r.Sequence)
		if len(r.Predictions) > 0 {
			text = fmt.Sprintf("%d:%d", r.Sequence, int(r.Predictions[0].Score*256))
		}
		list = append(list, text)
	}
	return list
}

// states are the states of one camera, and why it was lost.
func (f *family) states(camera string) string {
	var list []string
	for _, s := range f.record.Statuses() {
		if s.Camera == camera {
			list = append(list, strings.TrimSpace(string(s.State)+" "+s.Reason))
		}
	}
	return strings.Join(list, ", ")
}

// want compares the results and states of each camera that is named.
func (f *family) want(results []string, states string, cameras ...string) {
	f.t.Helper()
	for _, camera := range cameras {
		if got := f.results(camera); !slices.Equal(got, results) {
			f.t.Errorf("results of %s are %v, want %v", camera, got, results)
		}
		if got := f.states(camera); got != states {
			f.t.Errorf("%s was %s; want %s", camera, got, states)
		}
	}
}

// counted counts how often an opener was called.
func counted(o *opener) (*opener, *atomic.Int64) {
	opens := new(atomic.Int64)
	return &opener{silence: o.silence, open: func() (capture.Source, error) { opens.Add(1); return o.open() }}, opens
}

// levels are frames of these grey levels.
func levels(levels ...byte) []capturetest.Step {
	var steps []capturetest.Step
	for _, l := range levels {
		steps = append(steps, capturetest.Step{Frame: capturetest.Grey(l)})
	}
	return steps
}

// slowly takes so long for every frame.
func slowly(d time.Duration) func(context.Context) error {
	return func(ctx context.Context) error { return backoff.Sleep(ctx, d) }
}

var (
	unplugged = capturetest.Step{Err: fmt.Errorf("fake: unplugged: %w", capture.ErrLost)}
	forever   = capturetest.Step{Block: true}
)
