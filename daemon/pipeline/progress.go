package pipeline

import (
	"sync/atomic"
	"time"
)

// stage is what a goroutine of a pipeline is doing. Its text ends the sentence "camera front has stood still for 40s: …".
type stage uint8

// The stages of a camera's way, in order.
const (
	atNothing stage = iota
	atOpen
	atRead
	atOffer
	atClose
	atTake
	atPreprocess
	atInference
	atRank
	atPublish
)

var stageNames = [...]string{
	atNothing:    "nothing",
	atOpen:       "opening the source",
	atRead:       "reading a frame",
	atOffer:      "handing a frame on",
	atClose:      "closing the source",
	atTake:       "taking a frame that waits",
	atPreprocess: "preprocessing",
	atInference:  "inference",
	atRank:       "ranking",
	atPublish:    "publishing",
}

func (s stage) String() string { return stageNames[s] }

// progress is the stage that a goroutine is in, and since when. The goroutine enters and leaves; anybody may look. At
// first it is in no stage: what has nothing to do, or waits for something that may take any time, is never late.
type progress struct {
	begin time.Time     // the moments of stages count from here, on the clock that does not jump
	now   atomic.Uint64 // the stage in the highest byte, nanoseconds since begin in the others: both change at once
}

func newProgress() progress { return progress{begin: time.Now()} }

const sinceBits = 56 // two years

func (p *progress) enter(s stage) {
	p.now.Store(uint64(s)<<sinceBits | uint64(time.Since(p.begin))&(1<<sinceBits-1))
}

func (p *progress) leave() { p.now.Store(0) }

type activity struct {
	stage stage
	since time.Time
}

// look is the current activity.
func (p *progress) look() activity {
	now := p.now.Load()
	return activity{stage(now >> sinceBits), p.begin.Add(time.Duration(now & (1<<sinceBits - 1)))}
}

// patience is how long a stage may take that should take no time, or anything beyond the time that it was given. It is
// generous: on a small machine that swaps, a pipeline is slow, but it works.
const patience = 30 * time.Second

// late tells whether a has taken longer than it may.
func (a activity) late(now time.Time, limit time.Duration) bool {
	return a.stage != atNothing && now.Sub(a.since) > limit
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
		list = append(list, Stall{a.stage.String(), a.since})
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
		list = append(list, Stall{a.stage.String(), a.since})
	}
	return list
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
