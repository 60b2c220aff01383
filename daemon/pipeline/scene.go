package pipeline

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"github.com/inceptiond/inceptiond/infer/decide"
	"github.com/inceptiond/inceptiond/publish"
)

// comparing is the part of a camera that says whether its scene looks different from normal. It is answerFrames'.
type comparing struct {
	watch *decide.Watch     // nil: there are no normal pictures
	is    publish.Different // of the frame at work
	shown publish.Look      // that is decided
	told  atomic.Uint32     // the same, for others
}

// newComparing makes what compares the pictures of a camera that has a scene, or whose config wants one. The error is about
// Decide, by whose votes it decides.
func newComparing(o *Options) (*comparing, error) {
	c := &comparing{}
	if o.Normal {
		c.show(publish.LookUndecided)
	}
	if o.Look.options.Scene == nil {
		return c, nil
	}
	var err error
	c.watch, err = decide.NewWatch(o.Decide)
	return c, err
}

// show notes what is decided.
func (c *comparing) show(l publish.Look) {
	c.shown = l
	c.told.Store(uint32(l))
}

// pending is what the last answer voted for that is not decided: different or none; empty: it voted for what is.
func (c *comparing) pending() string {
	switch {
	case c.watch == nil || !c.watch.Pending():
		return ""
	case c.is.Score >= 1:
		return publish.LabelDifferent
	}
	return publish.NoLabel
}

// finds tells whether an entry of a config means what looks different, of a camera that has normal pictures.
func (c *comparing) finds(entry string) bool {
	return c.shown != publish.LookUnknown && strings.EqualFold(entry, publish.LabelDifferent)
}

// compare takes an answer, notes in r how different it is, and tells what is decided with it.
func (c *Camera) compare(a *Answer, r *publish.Result) (is decide.Decision, changed bool) {
	if c.scene.watch == nil || !a.Findings.HasDifferent {
		return is, false
	}
	f := a.Findings
	c.scene.is = publish.Different{Score: f.Different, Box: c.look.upright(f.Where)}
	r.Different = &c.scene.is
	is, changed = c.scene.watch.Step(r.Monotonic, f.Different, f.Where.Words())
	if changed {
		c.scene.show(lookOf(is.Label))
	}
	return is, changed
}

func lookOf(label string) publish.Look {
	if label == "" {
		return publish.LookNormal
	}
	return publish.LookDifferent
}

// interruptScene says that what is decided of the scene holds no more.
func (c *Camera) interruptScene(now time.Duration, reason string) (is decide.Decision, changed bool) {
	if c.scene.watch == nil {
		return is, false
	}
	if is, changed = c.scene.watch.Interrupt(now, reason); changed {
		c.scene.show(lookOf(is.Label))
	}
	return is, changed
}

// tellDifferent makes an event of a change of the look, decided at a moment.
func (c *Camera) tellDifferent(is *decide.Decision, at moment) {
	event := publish.Event{
		Device: c.device, Camera: c.name, Kind: publish.EventDifferent, Time: at.time, Monotonic: at.monotonic, Model: c.look.options.Model.identity(),
		Value: is.Label, Previous: is.Previous, Reason: string(is.AppendReason(nil)), ClockSynced: synchronized(),
	}
	if is.Vote.Count > 0 {
		event.Score = c.scene.is.Score
	}
	c.tell(context.Background(), event)
}
