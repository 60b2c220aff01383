package pipeline

import (
	"context"
	"errors"
	"math"
	"sync/atomic"
	"time"

	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer/decide"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/backoff"
	"github.com/inceptiond/inceptiond/internal/text"
	"github.com/inceptiond/inceptiond/publish"
)

// deciding is the part of a camera that says what it shows. But for enter it is answerFrames'.
type deciding struct {
	decider *decide.Decider
	enter   atomic.Uint64 // bits of the score from which on a class is decided, for the next frame
	classes []string      // that may be decided
	listed  bool          // they are few enough to be listed
	unnamed bool          // no label is ever decided: there are amounts, or bodies

	hold   time.Duration
	letGo  time.Time // of which loss of the camera it has been said that hold has passed
	quiet  bool      // changes of the top class are no events
	voting publish.Voting
	shown  *publish.State   // the last; nil before the first
	last   publish.Decision // that was published; without a Camera: none
}

// moment is that of a frame, or one without.
type moment struct {
	sequence  uint64 // of the frame, or the last that was answered
	time      time.Time
	monotonic time.Duration
}

// momentOf is that of the frame of r.
func momentOf(r *publish.Result) moment { return moment{r.Sequence, r.Time, r.Monotonic} }

// newDeciding makes room for what a camera decides. The error is about Decide.
func newDeciding(o *Options) (*deciding, error) {
	rules := o.Decide
	rules.Threshold = o.Look.topThreshold()
	rules.Unknown = o.Look.tellsUnknown()
	decider, err := decide.New(rules, o.Look.classes())
	if err != nil {
		return nil, text.Prefix("decision.", err)
	}
	kind := o.Look.task.Kind()
	d := &deciding{
		decider: decider, classes: decider.Labels(), unnamed: kind != task.Classify && kind != task.Embed,
		hold: o.Hold, quiet: o.NoLabelEvents || kind != task.Classify,
	}
	_, d.listed = publish.ClassNames(d.classes)
	d.SetEnter(rules.Enter)
	return d, nil
}

// Classes are the labels that may be decided, each once.
func (d *deciding) Classes() []string { return d.classes }

// Enter is the score from which on a class is decided.
func (d *deciding) Enter() float64 { return math.Float64frombits(d.enter.Load()) }

// SetEnter changes the score from which on a class is decided, from the next frame on. It may be called at any time, from
// any goroutine.
func (d *deciding) SetEnter(score float64) { d.enter.Store(math.Float64bits(score)) }

// decide takes an answer, and tells what is decided with it: the label, and whether that has changed; and whether an amount has.
func (c *Camera) decide(now time.Duration, a *Answer) (is decide.Decision, changed, counted bool) {
	if enter := c.Enter(); enter != c.decider.Enter() {
		c.decider.SetEnter(enter)
		c.counting.setEnter(enter, c.look)
	}
	is, changed = c.decider.Step(now, a.Findings)
	counted = c.counting.count(now, a.Found)
	c.voting = publish.Voting{
		Label: is.Label, Vote: is.Vote.Label, Votes: is.Vote.Count, Need: is.Vote.Need, Window: is.Vote.Window,
		Pending: is.Vote.Pending, Reason: is.AppendReason(c.voting.Reason[:0]),
	}
	c.counting.show(&c.voting)
	return is, changed, counted
}

// emit publishes r, with the state and the decision before it and their events after it if the answer changes them.
func (c *Camera) emit(ctx context.Context, a *Answer, r *publish.Result) {
	is, changed, counted := c.decide(r.Monotonic, a)
	r.Decision = &c.voting
	look, differs := c.compare(a, r)
	c.collecting.judge(&is, changed || counted, a.Findings.Unknown, r)
	if !changed && !counted && !is.Top.Changed && !differs {
		c.tell(ctx, r)
		return
	}
	var state publish.State
	if is.Top.Changed {
		state = c.state(is.Top, r)
		c.tell(ctx, state)
	}
	if changed || counted || differs {
		c.publishDecision(ctx, c.redecided(&is, changed, counted, momentOf(r)), counted)
	}
	c.tell(ctx, r)
	if is.Top.Changed {
		c.tellTop(state)
	}
	if changed && !c.unnamed {
		c.tellDecision(c.last)
		c.snapping.decided(is.Label, r.Monotonic)
	}
	if counted {
		c.tellCounts(c.last, true)
	}
	if differs {
		c.tellDifferent(&look, momentOf(r))
		c.snapping.decided(look.Label, r.Monotonic)
	}
}

// state is the top class of the frame of r.
func (c *Camera) state(top decide.Top, r *publish.Result) publish.State {
	s := publish.State{
		Device: r.Device, Camera: r.Camera, Sequence: r.Sequence,
		Time: r.Time, Monotonic: r.Monotonic, Model: r.Model, Found: top.Found,
	}
	if top.Found {
		s.Top = c.look.prediction(top.Class)
	}
	return s
}

// tellTop makes an event of a change of the top class.
func (c *Camera) tellTop(now publish.State) {
	event := publish.LabelEvent(now, c.shown)
	c.shown = &now
	if !c.quiet {
		event.ClockSynced = synchronized()
		c.tell(context.Background(), event)
	}
}

// decision is a label that is decided, by a frame or at a moment without one.
func (c *Camera) decision(is *decide.Decision, at moment) publish.Decision {
	return publish.Decision{
		Device: c.device, Camera: c.name, Sequence: at.sequence, Time: at.time, Monotonic: at.monotonic,
		Label: is.Label, Score: is.Vote.Score.Float(), Second: is.Vote.Second, SecondScore: is.Vote.SecondScore.Float(),
		Votes: is.Vote.Count, Window: is.Vote.Window, Previous: is.Previous, First: is.First,
		Reason: string(is.AppendReason(nil)), Model: c.look.options.Model.identity(),
	}
}

// redecided is the decision that was published last with what has changed: the label, amounts, or how the scene looks.
func (c *Camera) redecided(is *decide.Decision, changed, counted bool, at moment) publish.Decision {
	d := c.last
	switch {
	case changed:
		d = c.decision(is, at)
	case d.Camera == "": // nothing else has been decided yet
		d = c.decision(&decide.Decision{}, at)
		d.Window, d.Reason = is.Vote.Window, "nothing has been decided yet"
	}
	d.First = changed && is.First
	if counted {
		d.Sequence, d.Time, d.Monotonic = at.sequence, at.time, at.monotonic
	}
	c.counting.tellIn(&d)
	d.Different = c.scene.shown
	return d
}

// publishDecision publishes d, and remembers it for what changes next; with it the counts, if they have changed.
func (c *Camera) publishDecision(ctx context.Context, d publish.Decision, counted bool) {
	c.last = d
	c.tell(ctx, d)
	if counted {
		c.publishCounts(ctx)
	}
}

// tellDecision makes an event of a change of what is decided. Those who listen right now hear of it too, but not of the
// first of a run: that is no news.
func (c *Camera) tellDecision(d publish.Decision) {
	c.counts.changes.Add(1)
	event := publish.DecisionEvent(d)
	event.ClockSynced = synchronized()
	c.tell(context.Background(), event)
	if !d.First {
		c.tell(context.Background(), publish.DecisionChange(d, c.listed))
	}
}

// EndDecision says that what is decided holds no more, and why, for people: none is decided, and amounts are 0. It does nothing if they
// were.
// It is for the goroutine that answers frames, and for others once Run has returned.
func (c *Camera) EndDecision(reason string) { c.EndDecisionAt(time.Now(), reason) }

// EndDecisionAt is EndDecision at another moment than now.
func (c *Camera) EndDecisionAt(now time.Time, reason string) {
	at := moment{c.result.Sequence, now, c.clock.SinceBoot(now)}
	c.startStep()
	defer c.endInterrupt(at, reason)
	is, changed := c.decider.Interrupt(at.monotonic, reason)
	counted := c.counting.interrupt(at.monotonic, reason)
	look, differs := c.interruptScene(at.monotonic, reason)
	ctx, cancel := reporting()
	defer cancel()
	if changed || counted || differs {
		c.publishDecision(ctx, c.redecided(&is, changed, counted, at), counted)
	}
	if changed && !c.unnamed {
		c.tellDecision(c.last)
	}
	if counted {
		c.tellCounts(c.last, false)
	}
	if differs {
		c.tellDifferent(&look, at)
	}
}

// holdEnds is when the camera, which is lost, will have been so for too long; the zero time if it is not lost or that has
// been told.
func (c *Camera) holdEnds() time.Time {
	since := c.health.lostSince()
	if since.IsZero() || since.Equal(c.letGo) || c.taken.Waiting().After(since) {
		return time.Time{}
	}
	return since.Add(c.hold)
}

// holdEnded ends what is decided as the camera has been lost for so long.
func (c *Camera) holdEnded() {
	c.letGo = c.health.lostSince()
	c.EndDecision("lost for " + c.hold.String())
}

// takeOrLetGo takes a picture. If the camera is lost, it lets go of what is decided when hold has passed.
func (c *Camera) takeOrLetGo(ctx context.Context, old *picture.Picture) (*picture.Picture, error) {
	end := c.holdEnds()
	if end.IsZero() {
		return c.taken.Take(ctx, old)
	}
	holding, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	p, err := c.taken.Take(holding, old)
	if ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) {
		return p, err
	}
	c.holdEnded()
	return c.taken.Take(ctx, nil)
}

// sleepOrLetGo sleeps. If the camera is lost, it lets go of what is decided when hold has passed.
func (c *Camera) sleepOrLetGo(ctx context.Context, until time.Time) error {
	if end := c.holdEnds(); !end.IsZero() && end.Before(until) {
		if err := backoff.Sleep(ctx, time.Until(end)); err != nil {
			return err
		}
		if c.holdEnds().Equal(end) {
			c.holdEnded()
		}
	}
	return backoff.Sleep(ctx, time.Until(until))
}
