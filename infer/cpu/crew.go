package cpu

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
)

// job is a layer's work while it is under way. Goroutines take chunks of its units until none is left.
type job struct {
	layer        layer
	units, chunk int
	next         atomic.Int64 // the first unit not yet taken
	done         atomic.Int64 // units
}

// unitsPerThread is how many chunks each goroutine should find, so that one that is held up does not hold up all.
const unitsPerThread = 8

// newJob divides a layer's work for a number of goroutines.
func newJob(l layer, threads int) *job {
	units := l.units()
	return &job{layer: l, units: units, chunk: max(1, units/(unitsPerThread*threads))}
}

// crew is the goroutines that compute: the caller of do, and helpers. Who does which piece is open, what comes out is
// not: every piece writes its own part of the output.
//
// Helpers wait for the next layer awake, for a moment, since it mostly follows at once; then they sleep.
type crew struct {
	scratch []*scratch // of the caller, then of each helper
	caller  sleeper
	helpers []sleeper
	ended   sync.WaitGroup
	awake   time.Duration // how long to wait before sleeping

	job  atomic.Pointer[job] // the latest one; a job without a layer ends the helpers
	turn atomic.Uint64       // counts jobs
}

// patience is how long a helper waits awake. Most layers that only one goroutine works on take less.
const patience = 100 * time.Microsecond

// newCrew starts threads-1 helpers. They end with close.
func newCrew(threads int, n need) *crew {
	c := &crew{scratch: []*scratch{newScratch(n)}, caller: newSleeper(), helpers: make([]sleeper, threads-1)}
	if runtime.GOMAXPROCS(0) >= threads {
		c.awake = patience // with fewer, waiting awake would keep the others from working
	}
	for i := range c.helpers {
		s := newScratch(n)
		c.scratch = append(c.scratch, s)
		c.helpers[i] = newSleeper()
		c.ended.Go(func() { c.help(&c.helpers[i], s) })
	}
	return c
}

// close ends the helpers and waits for them.
func (c *crew) close() {
	c.publish(&job{})
	c.ended.Wait()
}

func (c *crew) publish(j *job) {
	c.job.Store(j)
	c.turn.Add(1)
	for i := range c.helpers {
		c.helpers[i].wake()
	}
}

// help works on each job that is published.
func (c *crew) help(me *sleeper, s *scratch) {
	for seen := uint64(0); ; {
		me.wait(c.awake, func() bool { return c.turn.Load() != seen })
		seen = c.turn.Load()
		j := c.job.Load()
		if j.layer == nil {
			return
		}
		c.work(j, s)
	}
}

// do runs all of a job and returns when it is done. A helper that comes too late finds nothing left, or the same job
// begun anew.
func (c *crew) do(j *job) {
	if len(c.helpers) == 0 || j.units <= 1 {
		c.scratch[0].tiling.band.ready = false
		j.layer.run(c.scratch[0], 0, j.units)
		return
	}
	j.done.Store(0)
	j.next.Store(0)
	c.publish(j)
	c.work(j, c.scratch[0])
	c.caller.wait(c.awake, func() bool { return j.done.Load() == int64(j.units) })
}

// work takes chunks of a job until none is left.
func (c *crew) work(j *job, s *scratch) {
	s.tiling.band.ready = false
	for {
		from := int(j.next.Add(int64(j.chunk))) - j.chunk
		if from >= j.units {
			return
		}
		to := min(from+j.chunk, j.units)
		j.layer.run(s, from, to)
		if j.done.Add(int64(to-from)) == int64(j.units) {
			c.caller.wake()
		}
	}
}

// sleeper is one goroutine that waits for what others bring about.
type sleeper struct {
	asleep atomic.Bool
	bell   chan struct{}
}

func newSleeper() sleeper { return sleeper{bell: make(chan struct{}, 1)} }

// wait returns when ready does, having slept if that took longer than awake. Whoever makes ready true calls wake.
func (s *sleeper) wait(awake time.Duration, ready func() bool) {
	for !ready() {
		if stay(awake, ready) {
			return
		}
		s.asleep.Store(true)
		if ready() && s.asleep.CompareAndSwap(true, false) {
			return
		}
		<-s.bell // whoever made asleep false rings
	}
}

func (s *sleeper) wake() {
	if s.asleep.CompareAndSwap(true, false) {
		s.bell <- struct{}{}
	}
}

// stay waits awake until ready returns true, or gives up after a while.
func stay(awake time.Duration, ready func() bool) bool {
	for start := time.Now(); time.Since(start) < awake; {
		for range 32 {
			if ready() {
				return true
			}
			kernel.Pause()
		}
	}
	return false
}
