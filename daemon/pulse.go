package main

import (
	"fmt"
	"sync/atomic"
	"time"
)

// stage is what a goroutine of a pipeline is doing. Its text ends the sentence "camera front has stood still for 40s: …".
type stage string

// The stages of a camera's way, in order.
const (
	atOpen       stage = "opening the source"
	atRead       stage = "reading a frame"
	atHandOn     stage = "handing a frame on"
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

// enterFirst is enter, unless a stage has been entered already and not left.
func (p *progress) enterFirst(s stage) {
	if p.now.Load() == nil {
		p.now.CompareAndSwap(nil, &activity{s, time.Now()})
	}
}

func (p *progress) leave() { p.now.Store(nil) }

// look is the current activity; none, with a stage of "", if there is none.
func (p *progress) look() activity {
	if a := p.now.Load(); a != nil {
		return *a
	}
	return activity{}
}

// pulse is the progress of a camera's two goroutines, and of the frame between them.
type pulse struct {
	source  progress // of the goroutine that reads the source
	offered progress // entered with the first frame that is put into the mailbox, left when one has been taken out
	work    progress // of the goroutine that classifies; while the model has the frame, the model tells
}

// patience is how long a stage may take that should take no time, or anything beyond the time that it was given. It is
// generous: on a small machine that swaps, a pipeline is slow, but it works.
const patience = 30 * time.Second

// slowest is how many products a second the slowest machine makes of a model, at least: an ARMv6 without vectors.
const slowest = 50e6

// stall is a stage that has taken longer than it may.
type stall struct {
	who  string
	what activity
}

// about says it as of now.
func (s stall) about(now time.Time) string {
	return fmt.Sprintf("%s has stood still for %v: %s", s.who, now.Sub(s.what.since).Round(time.Second), s.what.stage)
}

// late tells whether a has taken longer than it may.
func (a activity) late(now time.Time, limit time.Duration) bool {
	return a.stage != "" && now.Sub(a.since) > limit
}

// stalls appends what stands still in the camera. That no source can be opened, or no frame comes in the time that the
// source itself allows, is no stall: the supervisor sees to that.
func (c *camera) stalls(list []stall, now time.Time) []stall {
	if a := c.pulse.source.look(); a.late(now, c.origin.silence+patience) {
		list = append(list, stall{"camera " + c.name, a})
	}
	a := c.pulse.work.look()
	if a.stage == atTake { // to wait for a frame is no stall, unless one is there
		if offer := c.pulse.offered.look(); offer.stage == "" || offer.since.After(a.since) {
			a = offer
		}
	}
	if a.late(now, patience) {
		list = append(list, stall{"camera " + c.name, a})
	}
	return list
}

// stalls appends the model's run if it takes too long.
func (m *sharedModel) stalls(list []stall, now time.Time) []stall {
	limit := patience + m.deadline + time.Duration(float64(m.macs)/slowest*float64(time.Second))
	if a := m.busy.look(); a.late(now, limit) {
		list = append(list, stall{"model " + m.name, a})
	}
	return list
}
