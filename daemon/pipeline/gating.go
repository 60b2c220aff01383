package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/inceptiond/inceptiond/capture/motion"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/internal/clock"
	"github.com/inceptiond/inceptiond/publish"
)

// gating is the part of a camera that says which frames the model gets. What others ask of it is atomic; the rest is
// answerFrames', but for what is told.
type gating struct {
	*door
	gate     gate
	mask     []picture.Polygon // what the camera blackens
	watching *watching         // for motion; nil: nobody does
	cause    string            // of what the frame before met
	met      asked             // what the frame at work was asked for

	asked   atomic.Bool                       // for a frame, whatever the gate says
	trigger atomic.Pointer[string]            // an input that was there; nil: none
	gated   atomic.Uint64                     // frames that the model did not get
	latest  atomic.Pointer[publish.GateState] // the last that was told; nil: none was

	told sync.Mutex // guards what follows
	is   publish.GateStatus
}

// watching looks for motion in frames, not more often than is of use.
type watching struct {
	grid     *picture.Grid
	detector *motion.Detector
	cells    [motion.Cells]uint8
	looked   time.Time // at a frame; zero: at none since the camera was opened
}

// newGating makes what lets frames pass. The error is about Gate.
func newGating(o *Options) (*gating, error) {
	g := &gating{door: newDoor(o.Hours, clock.Set), gate: gate{options: o.Gate}, mask: o.Picture.Mask}
	if o.Of != nil {
		g.mask = o.Of.mask
	}
	g.is = publish.GateStatus{Device: o.Device, Camera: o.Name, Duty: 1}
	if o.Gate == nil || o.Gate.Motion == nil {
		return g, nil
	}
	var err error
	g.watching, err = newWatching(*o.Gate.Motion, o.Look.options.Preprocess.Region, g.mask)
	return g, err
}

// newWatching watches a region. o's mask is of the whole picture, as is hidden: what the camera blackens. A black part that
// counted would never be lit by another light.
func newWatching(o motion.Options, region picture.Region, hidden []picture.Polygon) (*watching, error) {
	o.Mask = within(slices.Concat(o.Mask, hidden), region)
	detector, err := motion.New(o)
	if err != nil {
		return nil, fmt.Errorf("gate: %w (mask, and gate.mask, within the region)", err)
	}
	grid, err := picture.NewGrid(region, motion.Width, motion.Height)
	return &watching{grid: grid, detector: detector}, err
}

// within is polygons of a picture in fractions of a region of it.
func within(polygons [][]float64, r picture.Region) (list [][]float64) {
	if r == (picture.Region{}) {
		return polygons
	}
	for _, p := range polygons {
		moved := make([]float64, len(p))
		for i := range p {
			if moved[i] = (p[i] - r.X) / r.Width; i%2 == 1 {
				moved[i] = (p[i] - r.Y) / r.Height
			}
		}
		list = append(list, moved)
	}
	return list
}

// look is the motion in p, if it is time for a look: done. The error wraps capture.ErrBadFrame if the frame is damaged.
func (w *watching) look(p *picture.Picture, now time.Time) (v motion.Verdict, done bool, err error) {
	if w == nil {
		return v, false, nil
	}
	since := now.Sub(w.looked)
	if !w.looked.IsZero() && since < motion.Every {
		return v, false, nil
	}
	if err := w.grid.Fill(p, w.cells[:]); err != nil {
		return v, false, err
	}
	w.looked = now
	return w.detector.Look(&w.cells, since), true, nil
}

// reopen begins anew, as the camera was away.
func (w *watching) reopen() {
	if w != nil {
		w.looked = time.Time{}
		w.detector.Reset()
	}
}

// ErrClosed refuses what is asked of a camera that is closed.
var ErrClosed = errors.New("the camera is off")

// ClassifyNow lets the next frame pass, whatever the gate says. It may be called at any time, as Trigger may. The error says
// why the camera is closed.
func (c *Camera) ClassifyNow() error {
	if err := c.closed(); err != nil {
		return err
	}
	c.asked.Store(true)
	return nil
}

// Trigger opens the gate as motion does; by is the input, or who else did it.
func (c *Camera) Trigger(by string) error {
	if err := c.closed(); err != nil {
		return err
	}
	c.trigger.Store(&by)
	return nil
}

// closed is why there are no frames to ask anything of: the camera is closed, or that whose view it is.
func (c *Camera) closed() error {
	for one := c; one != nil; one = one.of {
		if closed := one.Closed(); closed != nil {
			return fmt.Errorf("%w: %w", ErrClosed, closed)
		}
	}
	return nil
}

// Gate is how the gate is, as it was last published. It may be called at any time.
func (c *Camera) Gate() publish.GateStatus {
	c.told.Lock()
	defer c.told.Unlock()
	return c.is
}

// gateState is the state of Gate, for those who must not wait while it is published.
func (g *gating) gateState() publish.GateState {
	if state := g.latest.Load(); state != nil {
		return *state
	}
	return ""
}

// admit tells whether the model gets the picture. The error wraps capture.ErrBadFrame if the frame is damaged.
func (c *Camera) admit(p *picture.Picture, now time.Time) (bool, error) {
	c.met = asked{}
	seen, looked, err := c.watching.look(p, now)
	if err != nil {
		return false, err
	}
	if looked {
		c.health.good(p.Frame())
	}
	c.met = asked{classify: c.asked.Swap(false), motion: seen}
	if by := c.trigger.Swap(nil); by != nil {
		c.met.trigger = *by
	}
	if c.decider.Pending() {
		if c.met.pending = c.voting.Vote; c.met.pending == "" {
			c.met.pending = publish.NoLabel
		}
	}
	if c.met.pending == "" {
		c.met.pending = cmp.Or(c.counting.pending(), c.scene.pending())
	}
	v := c.gate.look(now, &c.met, c.cause)
	if v.cause != c.cause {
		c.cause = v.cause
		c.tellGate(v.state, v.reason)
	}
	if !v.pass {
		c.gated.Add(1)
	}
	return v.pass, nil
}

// askAgain has the next frame do what the one at work was to do, which nobody could answer.
func (g *gating) askAgain() {
	if g.met.classify {
		g.asked.Store(true)
	}
	if by := g.met.trigger; by != "" {
		g.trigger.CompareAndSwap(nil, &by)
	}
	g.met = asked{}
}

// tellGate publishes another state of the gate, or another reason for it.
func (c *Camera) tellGate(state publish.GateState, reason string) {
	c.told.Lock()
	defer c.told.Unlock()
	c.is.State, c.is.Reason = state, reason
	c.latest.Store(&state)
	c.publishGate()
}

// SetDuty notes which share of the time the model may work, and why not all. It may be called at any time.
func (c *Camera) SetDuty(duty float64, reason string) {
	c.told.Lock()
	defer c.told.Unlock()
	if c.is.Duty != duty || c.is.DutyReason != reason {
		c.is.Duty, c.is.DutyReason = duty, reason
		c.publishGate()
	}
}

// publishGate is called with told held.
func (c *Camera) publishGate() {
	if c.is.State == "" {
		return // there was no frame yet
	}
	c.is.Time = time.Now()
	ctx, cancel := reporting()
	defer cancel()
	c.publish(ctx, c.is)
}

// shut takes note that the camera is closed. It is for the goroutine that answers frames.
func (c *Camera) shut(closed *Closed) {
	c.gate.reopen()
	c.watching.reopen()
	c.asked.Store(false) // the first frame passes, and what was there before is over by then
	c.trigger.Store(nil)
	c.EndDecision(closed.Why)
	if cause := closed.Error(); cause != c.cause {
		c.cause = cause
		c.tellGate(publish.GateOff, closed.opens())
	}
}

// awaitOpen waits while the camera is closed, with its source. The error is ctx's.
func (c *Camera) awaitOpen(ctx context.Context) error {
	closed, moved, again := c.door.look(time.Now())
	if closed == nil {
		return nil
	}
	var told *Closed
	for ; closed != nil; closed, moved, again = c.door.look(time.Now()) {
		if !closed.is(told) {
			told = closed
			c.health.shut(closed) // before the looks ask
			c.hub.Interrupt(closed)
		}
		if err := wait(ctx, moved, again); err != nil {
			return err
		}
	}
	c.report(publish.CameraConnecting, time.Now(), nil)
	return nil
}
