package pipeline

import (
	"context"
	"slices"
	"time"

	"github.com/inceptiond/inceptiond/infer/decide"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/text"
	"github.com/inceptiond/inceptiond/publish"
)

// counting is the part of a camera that says how many things of which label it shows, or how much of the picture each has. It is
// answerFrames', but for known and more.
type counting struct {
	tally  *decide.Tally // nil: the model finds neither things nor areas
	areas  bool          // of areas
	known  []string      // labels that are told from the start on
	more   bool          // others are, when they come
	topics publish.CountTopics
	list   []decide.Amount // by that frame, or an interrupt after it
}

// newCounting makes what counts what a camera's look finds, by those rules, which are good.
func newCounting(look *Look, rules decide.Options) (*counting, error) {
	c := &counting{}
	newTally := decide.NewTally
	switch look.task.Kind() {
	case task.Detect:
	case task.Segment:
		c.areas, newTally = true, decide.NewShares
	default:
		return c, nil
	}
	labels, more := look.listed()
	var err error
	if c.tally, err = newTally(rules, look.classes(), labels, more); err != nil {
		return nil, text.Prefix("decision.", err)
	}
	c.known, c.more = c.tally.Labels(), more
	for _, label := range c.known {
		c.topics.Of(label) // as the inventory has them
	}
	c.listFor(look)
	return c, nil
}

// listFor has a look find all that is counted.
func (c *counting) listFor(look *Look) {
	if c.tally != nil && !c.areas {
		look.findFrom(c.tally.Least())
	}
}

// setEnter changes the score from which on things count.
func (c *counting) setEnter(enter float64, look *Look) {
	if c.tally != nil {
		c.tally.SetEnter(enter)
		c.listFor(look)
	}
}

// count takes what was found in a frame, and tells whether an amount is decided otherwise than before.
func (c *counting) count(now time.Duration, f *Found) (changed bool) {
	if c.tally == nil {
		return false
	}
	c.list, changed = c.tally.Step(now, f.seen)
	return changed
}

// interrupt makes all amounts 0, and tells whether that changes any.
func (c *counting) interrupt(now time.Duration, reason string) (changed bool) {
	if c.tally != nil {
		c.list, changed = c.tally.Interrupt(now, reason)
	}
	return changed
}

// pending is a label of which something else may be decided soon; empty: there is none.
func (c *counting) pending() string {
	if i := slices.IndexFunc(c.list, func(a decide.Amount) bool { return a.Pending }); i >= 0 {
		return c.list[i].Label
	}
	return ""
}

// tellIn tells in d what is decided, and how the changes came about, if there are any.
func (c *counting) tellIn(d *publish.Decision) {
	switch {
	case c.tally == nil:
		return
	case c.areas:
		d.Shares = []publish.ShareOf{}
	default:
		d.Counts = []publish.Count{}
	}
	var reason []byte
	for i := range c.list {
		a := &c.list[i]
		if a.Changed {
			if reason == nil {
				d.Votes, d.Window = a.Votes, a.Window
			}
			reason = appendAmount(reason, a)
		}
		switch {
		case !a.Known:
		case c.areas:
			d.Shares = append(d.Shares, publish.ShareOf{Label: a.Label, Share: a.Share()})
		default:
			d.Counts = append(d.Counts, publish.Count{Label: a.Label, N: a.N})
		}
	}
	if reason != nil {
		d.Reason = string(reason)
	}
}

// show tells in v about the amounts that the frame at work changes or may change; without any about the one that there is most of, if
// that is more than 0.
func (c *counting) show(v *publish.Voting) {
	shown := func(a decide.Amount) bool { return a.Changed || a.Pending }
	if !slices.ContainsFunc(c.list, shown) {
		most := 0
		for i := range c.list {
			most = max(most, c.list[i].N)
		}
		if most == 0 {
			return
		}
		shown = func(a decide.Amount) bool { return a.N == most }
	}
	reason := v.Reason[:0]
	for i := range c.list {
		a := &c.list[i]
		if !shown(*a) {
			continue
		}
		if len(reason) == 0 {
			v.Votes, v.Need, v.Window = a.Votes, a.Need, a.Window
		}
		v.Pending = v.Pending || a.Pending
		reason = appendAmount(reason, a)
	}
	v.Reason = reason
}

// appendAmount appends the reason of an amount, behind those of others; one that is the same for all is there once.
func appendAmount(dst []byte, a *decide.Amount) []byte {
	switch {
	case len(dst) == 0:
	case a.Votes == 0: // all were interrupted
		return dst
	default:
		dst = append(dst, "; "...)
	}
	return a.AppendReason(dst)
}

// Task is what the camera's model is for, as results name it.
func (c *Camera) Task() string { return string(c.look.task.Kind()) }

// Counted are the labels of the things that the camera counts, each once, as far as they are known beforehand; more: others may
// come, as they are seen. It may be called at any time, from any goroutine.
func (c *Camera) Counted() (labels []string, more bool) { return c.counting.of(false) }

// Shared are the labels of the areas whose shares the camera tells, as Counted has them.
func (c *Camera) Shared() (labels []string, more bool) { return c.counting.of(true) }

func (c *counting) of(areas bool) (labels []string, more bool) {
	if c.tally == nil || c.areas != areas {
		return nil, false
	}
	return c.known, c.more
}

// Succeed takes the place of another camera, which has ended, and of the same name: it goes on to tell of what that one told. It is to be
// called before Run.
func (c *Camera) Succeed(before *Camera) {
	if c.counting.tally != nil && before.counting.tally != nil && c.counting.areas == before.counting.areas {
		c.counting.tally.Expect(before.counting.tally.Labels())
	}
}

// publishCounts publishes the counts that have changed.
func (c *Camera) publishCounts(ctx context.Context) {
	for i := range c.counting.list {
		if a := &c.counting.list[i]; a.Changed && !c.counting.areas {
			c.tell(ctx, publish.Counted{Camera: c.name, Topic: c.counting.topics.Of(a.Label), N: a.N})
		}
	}
}

// tellCounts makes events of the counts that have changed with d. One that rises is worth a picture of the frame, unless there is none.
func (c *Camera) tellCounts(d publish.Decision, framed bool) {
	if c.counting.areas {
		return
	}
	synced := synchronized()
	for i := range c.counting.list {
		a := &c.counting.list[i]
		if !a.Changed {
			continue
		}
		c.counts.changes.Add(1)
		event := publish.CountEvent(d, publish.CountChange{
			Count: publish.Count{Label: a.Label, N: a.N}, Previous: a.Previous, First: a.First, Reason: string(a.AppendReason(nil)),
		})
		event.ClockSynced = synced
		c.tell(context.Background(), event)
		if framed && a.N > a.Previous {
			c.snapping.decided(a.Label, d.Monotonic)
		}
	}
}
