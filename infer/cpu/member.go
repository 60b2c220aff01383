package cpu

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
)

// member is a thread of a worker pool.
type member struct {
	scratch *scratch
	elders  []*member // who have the right to a CPU before it
	cpu     atomic.Int32
	mover   mover

	asleep atomic.Bool
	bell   chan struct{}
}

func newMember(elders []*member, n need) *member {
	m := &member{scratch: newScratch(n), elders: elders, bell: make(chan struct{}, 1)}
	m.cpu.Store(unknownCPU)
	return m
}

// wake has the member look again for what it waits for, if it sleeps.
func (m *member) wake() {
	if m.asleep.CompareAndSwap(true, false) {
		m.bell <- struct{}{}
	}
}

// note notes where the member, which calls it, computes.
func (m *member) note() { m.cpu.Store(currentCPU()) }

// settle is called by a member that has slept or begins a job: it leaves the CPU if one of its elders computes there.
func (m *member) settle() {
	m.note()
	if m.sharesCPU(m.elders) {
		m.mover.leave(m.elders)
		m.note()
	}
}

// sharesCPU tells whether one of others computed last where m did.
func (m *member) sharesCPU(others []*member) bool {
	cpu := m.cpu.Load()
	return cpu != unknownCPU && slices.ContainsFunc(others, func(o *member) bool { return o != m && o.cpu.Load() == cpu })
}

const (
	// patience is how long a worker waits awake for a run to begin, after the last or when it was woken for one.
	patience = 100 * time.Microsecond

	// runPatience is how long a member waits awake for the others during a run. A CPU whose thread sleeps takes a thread from
	// another: that which it waits for, often, and then both have one CPU.
	runPatience = time.Millisecond
)

// wait returns when ready does, having slept if that took long. Whoever makes ready true calls me.wake.
func (p *workerPool) wait(me *member, ready func() bool) {
	for !p.waitAwake(me, ready) {
		me.asleep.Store(true)
		if ready() && me.asleep.CompareAndSwap(true, false) {
			return
		}
		<-me.bell // whoever made asleep false rings
		me.settle()
	}
}

// waitAwake waits until ready returns true, or gives up when me should rather sleep.
func (p *workerPool) waitAwake(me *member, ready func() bool) bool {
	for start := time.Now(); ; {
		for range 32 {
			if ready() {
				return true
			}
			kernel.Pause()
		}
		if !p.mayStayAwake(me, time.Since(start)) {
			return false
		}
	}
}

// mayStayAwake says whether a member that has waited for a while may go on. On a CPU that it shares with another, it would
// keep that one from what it waits for.
func (p *workerPool) mayStayAwake(me *member, waited time.Duration) bool {
	limit := patience
	if p.running.Load() {
		limit = runPatience
	}
	return waited < limit && !me.sharesCPU(p.members)
}
