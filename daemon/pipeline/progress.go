package pipeline

import (
	"sync/atomic"
	"time"
)

// stage is what a goroutine of a pipeline is doing. Its text ends the sentence "camera front has stood still for 40s: …".
type stage string

// The stages of a camera's way, in order.
const (
	atOpen       stage = "opening the source"
	atRead       stage = "reading a frame"
	atOffer      stage = "handing a frame on"
	atClose      stage = "closing the source"
	atTake       stage = "taking a frame that waits"
	atPreprocess stage = "preprocessing"
	atInference  stage = "inference"
	atRank       stage = "ranking"
	atPublish    stage = "publishing"
)

// progress is the stage that a goroutine is in, and since when. The goroutine enters and leaves; anybody may look. The
// zero value is in no stage: what has nothing to do, or waits for something that may take any time, is never late.
type progress struct{ now atomic.Pointer[activity] }

type activity struct {
	stage stage
	since time.Time
}

func (p *progress) enter(s stage) { p.now.Store(&activity{s, time.Now()}) }

func (p *progress) leave() { p.now.Store(nil) }

// look is the current activity; none, with a stage of "", if there is none.
func (p *progress) look() activity {
	if a := p.now.Load(); a != nil {
		return *a
	}
	return activity{}
}

// patience is how long a stage may take that should take no time, or anything beyond the time that it was given. It is
// generous: on a small machine that swaps, a pipeline is slow, but it works.
const patience = 30 * time.Second

// late tells whether a has taken longer than it may.
func (a activity) late(now time.Time, limit time.Duration) bool {
	return a.stage != "" && now.Sub(a.since) > limit
}

// Stall is a stage that has taken longer than it may.
type Stall struct {
	Stage string // ends the sentence "camera front has stood still for 40s: …"
	Since time.Time
}

// Stalls is what stands still in the camera. That no source can be opened, or no frame comes in the time that the source
// itself allows, is no stall: the camera's supervisor sees to that.
func (c *Camera) Stalls(now time.Time) []Stall {
	var list []Stall
	if a := c.reading.look(); !c.isView() && a.late(now, c.opener.Silence()+patience) {
		list = append(list, Stall{string(a.stage), a.since})
	}
	a := c.look.work.look()
	if a.stage == atTake { // to wait for a frame is no stall, unless one is there
		waiting := c.taken.Waiting()
		if waiting.IsZero() {
			return list
		}
		a.since = later(a.since, waiting)
	}
	if a.late(now, patience) {
		list = append(list, Stall{string(a.stage), a.since})
	}
	return list
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
