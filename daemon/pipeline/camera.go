// Package pipeline moves the frames of one camera through a model to the publishers.
//
// A [Camera] supervises its source: it opens it again, with growing pauses, for as long as it runs. A [Look] turns a
// picture into an answer; a [Model] is what several looks share. Between the goroutine that reads frames and the one that
// answers them is a hub (package view) with a slot for one picture, so that the camera never waits for the model, and the
// model never sees an old picture. A view is a camera without a source: it is one more look at the hub of another.
package pipeline

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/capture/view"
	"github.com/inceptiond/inceptiond/infer/decide"
	"github.com/inceptiond/inceptiond/internal/backoff"
	"github.com/inceptiond/inceptiond/internal/clock"
	"github.com/inceptiond/inceptiond/internal/text"
	"github.com/inceptiond/inceptiond/publish"
)

// Options say what a camera is made of.
type Options struct {
	Name    string // in topics and messages
	Device  string
	Opener  capture.Opener  // nil for a view
	Picture picture.Options // how its frames are turned upright; a view has its camera's
	Of      *Camera         // the camera whose frames a view takes; nil: this is none
	KeepAll bool            // its pictures wait for us: none may be skipped
	MaxRate float64         // results per second; 0: as many as the engine can
	Retry   backoff.Backoff // between attempts to open the source; zero: half a second to three
	Look    *Look           // the camera's own
	Clock   Clock           // nil: a clock.Clock of nobody

	Decide        decide.Options // but for Threshold, which is the Look's
	Normal        bool           // the camera shall know what is normal; whether it does, its Look's Scene tells
	Hold          time.Duration  // what is decided stays so long when the camera is lost
	NoLabelEvents bool           // changes of the top class are no events

	Hours Hours        // when the camera is used
	Gate  *GateOptions // which frames the model gets; nil: all

	Snapshot *SnapshotOptions // pictures of changes; nil: none
	Collect  *CollectOptions  // pictures that wait for a label; nil: none do

	Out publish.Publisher // gets the messages

	Log   *zap.Logger // changes of state
	Often *zap.Logger // what may happen with every frame; it limits repeats
}

// Clock tells how long after the machine's boot a moment was: a [clock.Clock], or what was recorded on another machine.
type Clock interface {
	SinceBoot(t time.Time) time.Duration
}

// Camera is one camera at work. Two goroutines do it, with a hub between them: superviseSource fills it, answerFrames takes
// from it. A view has the second one only. A third, sendSnapshots, makes pictures for people, and a
// fourth, keepSamples, those that a model may be taught with.
type Camera struct {
	name     string
	device   string
	opener   capture.Opener // nil for a view
	hub      *view.Hub      // its own, or that of the camera whose view it is
	taken    *view.Look     // where answerFrames takes pictures; nil before Attach
	attached atomic.Bool    // there is taken
	of       *Camera        // whose view it is; nil: it is none
	keepAll  bool
	pause    time.Duration   // least time from one result to the next; 0: none
	retry    backoff.Backoff // between attempts to open the source
	refused  backoff.Backoff // the same, while it refuses our login
	look     *Look
	*deciding
	*gating
	scene      *comparing
	counting   *counting
	snapping   *snapping
	collecting *collecting
	mapping    mapping // answerFrames'
	watchers   watchers
	recorder   atomic.Pointer[recorder] // has what the camera does recorded; nil: nobody asks
	recording  *recorder                // of the step at work; answerFrames'
	out        publish.Publisher
	clock      Clock
	log        *zap.Logger
	often      *zap.Logger

	counts  counts
	reading progress // of the goroutine that reads the source; a view has none

	health   health
	sequence uint64                               // of the last frame; superviseSource's
	result   publish.Result                       // of the frame at work; answerFrames'
	status   atomic.Pointer[publish.CameraStatus] // the last reported; nil before the first
	runners  runners
}

// counts says what became of a camera's frames.
type counts struct {
	frames, bad, failed, results, changes atomic.Uint64
	crops, cropsFailed                    atomic.Uint64
}

// maxRetry is the longest pause between attempts to open a camera. With the time that opening takes, a camera that is
// mended is back within 10 seconds, also on a slow machine.
const maxRetry = 3 * time.Second

// The pauses while a camera refuses our login. Cameras lock a user out who fails some five times in half an hour, and those
// who try again meanwhile for longer.
const (
	minRefused = time.Minute
	maxRefused = 10 * time.Minute
)

// New makes a camera that does nothing yet. The error is about Picture, Decide, Gate and Snapshot.
func New(o Options) (*Camera, error) {
	deciding, err := newDeciding(&o)
	if err != nil {
		return nil, err
	}
	counting, err := newCounting(o.Look, o.Decide)
	if err != nil {
		return nil, err
	}
	gating, err := newGating(&o)
	if err != nil {
		return nil, err
	}
	scene, err := newComparing(&o)
	if err != nil {
		return nil, text.Prefix("decision.", err)
	}
	snapping, err := newSnapping(o.Snapshot, (&names{o.Look.task.Kind(), deciding.decider, o.Look.classes(), scene, counting}).find)
	if err != nil {
		return nil, err
	}
	collecting, err := newCollecting(o.Collect, o.Look)
	if err != nil {
		return nil, err
	}
	c := &Camera{
		name: o.Name, device: o.Device, opener: o.Opener, of: o.Of, keepAll: o.KeepAll,
		retry:   o.Retry,
		refused: backoff.Backoff{Min: minRefused, Max: maxRefused},
		reading: newProgress(),
		look:    o.Look, deciding: deciding, gating: gating, scene: scene, counting: counting, snapping: snapping, collecting: collecting, mapping: mapping{on: o.Look.mapped()},
		out: o.Out, clock: o.Clock, log: o.Log, often: o.Often,
	}
	c.look.ofScene()
	if c.clock == nil {
		c.clock = clock.Clock{}
	}
	if c.retry.Max == 0 {
		c.retry = backoff.Backoff{Min: time.Second / 2, Max: maxRetry}
	}
	if o.MaxRate > 0 {
		c.pause = time.Duration(float64(time.Second) / o.MaxRate)
	}
	c.health.log, c.health.report = c.log, c.report
	if o.Of != nil {
		c.hub = o.Of.hub
		return c, nil
	}
	c.hub, err = view.NewHub(o.Picture)
	return c, err
}

// Status is how a camera is at a moment.
type Status struct {
	State   publish.CameraState
	Reason  string // the error behind a lost camera
	Frames  uint64 // that came; of a view: that it took
	Bad     uint64 // of them, damaged
	Failed  uint64 // that no engine answered
	Results uint64
	Changes uint64            // of what is decided
	Gated   uint64            // frames that the model did not get, as nothing moved
	Gate    publish.GateState // empty: no frame has come to it yet
	Look    publish.Look      // whether its scene looks different, as it is decided
	Dropped uint64            // frames in whose place a newer one was taken

	HasThen     bool   // a second model looks at what is found
	Crops       uint64 // that it answered
	CropsFailed uint64 // that no engine answered
}

// Status may be called at any time, from any goroutine.
func (c *Camera) Status() Status {
	s := Status{
		State:  publish.CameraConnecting,
		Frames: c.counts.frames.Load(), Bad: c.counts.bad.Load(),
		Failed: c.counts.failed.Load(), Results: c.counts.results.Load(), Changes: c.counts.changes.Load(),
		Gated: c.gated.Load(), Gate: c.gateState(), Look: publish.Look(c.scene.told.Load()),
		HasThen: c.look.then != nil, Crops: c.counts.crops.Load(), CropsFailed: c.counts.cropsFailed.Load(),
	}
	if c.attached.Load() {
		s.Dropped = c.taken.Dropped()
	}
	if last := c.status.Load(); last != nil {
		s.State, s.Reason = last.State, last.Reason
	}
	return s
}

// isView tells whether c takes the frames of another camera.
func (c *Camera) isView() bool { return c.opener == nil }

// Attach lets pictures that come from now on wait for Run. Run attaches the camera itself; but where views must not miss
// the first picture of a camera, they are attached before the first of them runs. Who attaches must run.
func (c *Camera) Attach() {
	if c.taken == nil {
		c.taken = c.hub.Attach()
		c.attached.Store(true)
	}
}

// Run works until ctx ends or there are no more pictures. It may be called once.
func (c *Camera) Run(ctx context.Context) {
	c.Attach()
	defer c.taken.Detach()
	unwatch := c.watchEngines()
	var sides sync.WaitGroup
	if doubt := c.door.unsure(); doubt != "" {
		c.log.Warn(doubt)
	}
	if c.isView() {
		c.report(publish.CameraConnecting, time.Now(), nil)
	} else {
		sides.Go(func() { c.superviseSource(ctx) })
	}
	var err error
	sides.Go(c.sendSnapshots)
	sides.Go(c.keepSamples)
	sides.Go(func() {
		defer close(c.snapping.slot)
		defer close(c.collecting.slot)
		err = c.answer(ctx)
	})
	sides.Wait()
	unwatch()
	end := publish.CameraStopped
	if errors.Is(err, io.EOF) {
		end = publish.CameraEnded
	}
	c.report(end, time.Now(), nil)
	c.log.Info("camera "+string(end),
		zap.Uint64("frames", c.counts.frames.Load()), zap.Uint64("results", c.counts.results.Load()),
		zap.Uint64("dropped", c.taken.Dropped()), zap.Uint64("bad", c.counts.bad.Load()),
		zap.Uint64("failed", c.counts.failed.Load()))
}

// publish hands m to the publishers.
func (c *Camera) publish(ctx context.Context, m publish.Message) {
	if err := c.out.Publish(ctx, m); err != nil {
		c.often.Warn("not published", zap.String("kind", m.Key().Kind.Name), zap.Error(err))
	}
}

// synchronized tells whether the kernel knows the machine's clock to be right.
func synchronized() bool {
	yes, err := clock.Synchronized()
	return err == nil && yes
}

// skipBad counts a frame that arrived damaged.
func (c *Camera) skipBad(err error) {
	c.health.damaged(err)
	c.often.Warn("bad frame skipped", zap.Uint64("bad", c.counts.bad.Add(1)), zap.Error(err))
}
