package cpu

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/internal/testing/measure"
)

// counting is a layer that counts how often each of its units was done.
type counting struct{ done []atomic.Int32 }

func (c *counting) units() int { return len(c.done) }

func (c *counting) run(_ *scratch, from, to int) {
	for i := from; i < to; i++ {
		c.done[i].Add(1)
	}
}

// check wants every unit done so often.
func (c *counting) check(t *testing.T, times int32) {
	t.Helper()
	for i := range c.done {
		if n := c.done[i].Load(); n != times {
			t.Fatalf("unit %d of %d was done %d times (want %d)", i, len(c.done), n, times)
		}
	}
}

// poolRun is a run of the same jobs, again and again.
type poolRun struct {
	layers []*counting
	jobs   []*job
}

func newPoolRun(threads int, units ...int) *poolRun {
	r := &poolRun{}
	for _, n := range units {
		c := &counting{done: make([]atomic.Int32, n)}
		r.layers, r.jobs = append(r.layers, c), append(r.jobs, newJob(c, threads))
	}
	return r
}

func (r *poolRun) do(p *workerPool) {
	p.start()
	defer p.stop()
	for _, j := range r.jobs {
		p.do(j)
	}
}

// until waits for a condition.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// asleep tells whether all workers sleep.
func (p *workerPool) asleep() bool {
	for _, w := range p.workers() {
		if !w.asleep.Load() {
			return false
		}
	}
	return true
}

// goCPUs gives Go another number of CPUs for the length of a test.
func goCPUs(t *testing.T, n int) {
	before := runtime.GOMAXPROCS(n)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
}

// TestWorkerPool wants each unit done once in every run: in a hurry, after pauses in which workers fall asleep, and with
// less and more CPUs than threads.
func TestWorkerPool(t *testing.T) {
	for _, cpus := range []int{1, 2, 4} {
		for _, threads := range []int{1, 2, 3, 8, 64} {
			t.Run(fmt.Sprintf("%d CPUs, %d threads", cpus, threads), func(t *testing.T) {
				goCPUs(t, cpus)
				p := newWorkerPool(threads, need{})
				defer p.close()
				r := newPoolRun(threads, 1, 2, 7, 64, 1000)
				runs := int32(0)
				for range 100 {
					r.do(p)
					runs++
					for _, l := range r.layers {
						l.check(t, runs)
					}
				}
				for range 3 {
					until(t, "workers sleep", p.asleep)
					p.wake()
					r.do(p)
					runs++
				}
				for _, l := range r.layers {
					l.check(t, runs)
				}
			})
		}
	}
}

// TestWorkerPoolClose ends workers that never had a job, that sleep, and that are awake.
func TestWorkerPoolClose(t *testing.T) {
	for name, before := range map[string]func(p *workerPool){
		"new":    func(*workerPool) {},
		"asleep": func(p *workerPool) { until(t, "workers sleep", p.asleep) },
		"woken":  func(p *workerPool) { p.wake() },
		"used":   func(p *workerPool) { newPoolRun(4, 100).do(p) },
	} {
		t.Run(name, func(t *testing.T) {
			p := newWorkerPool(4, need{})
			before(p)
			p.close() // returns when the workers have ended
			p.wake()
		})
	}
}

// TestWakeDuringRuns wakes from another goroutine all the time.
func TestWakeDuringRuns(t *testing.T) {
	goCPUs(t, 4)
	p := newWorkerPool(4, need{})
	var ends atomic.Bool
	var waking sync.WaitGroup
	waking.Go(func() {
		for !ends.Load() {
			p.wake()
			runtime.Gosched()
		}
	})
	r := newPoolRun(4, 3, 100)
	for range 300 {
		r.do(p)
	}
	ends.Store(true)
	waking.Wait()
	for _, l := range r.layers {
		l.check(t, 300)
	}
	until(t, "workers sleep", p.asleep)
	p.close()
}

// TestUseful: Go's CPUs bound the workers that are woken.
func TestUseful(t *testing.T) {
	for _, c := range []struct{ threads, cpus, want int }{{1, 4, 0}, {4, 1, 0}, {4, 2, 1}, {4, 4, 3}, {2, 4, 1}} {
		goCPUs(t, c.cpus)
		p := newWorkerPool(c.threads, need{})
		if n := p.useful(); n != c.want {
			t.Errorf("%d threads on %d CPUs: %d workers (want %d)", c.threads, c.cpus, n, c.want)
		}
		p.close()
	}
}

// TestPatience: who waits awake, and how long.
func TestPatience(t *testing.T) {
	p := newWorkerPool(3, need{})
	defer p.close()
	until(t, "workers sleep", p.asleep)
	place := func(cpus ...int32) {
		for i, cpu := range cpus {
			p.members[i].cpu.Store(cpu)
		}
	}
	for _, c := range []struct {
		name    string
		running bool
		cpus    []int32
		waited  time.Duration
		want    bool
	}{
		{"after a run", false, []int32{0, 1, 2}, patience / 2, true},
		{"long after a run", false, []int32{0, 1, 2}, patience, false},
		{"during a run", true, []int32{0, 1, 2}, runPatience / 2, true},
		{"long during a run", true, []int32{0, 1, 2}, runPatience, false},
		{"on the caller's CPU", true, []int32{1, 1, 2}, 0, false},
		{"on another worker's CPU", true, []int32{0, 2, 2}, 0, false},
		{"two others share a CPU", true, []int32{0, 1, 0}, 0, true},
		{"nobody knows where", true, []int32{unknownCPU, unknownCPU, unknownCPU}, 0, true},
	} {
		place(c.cpus...)
		p.running.Store(c.running)
		if got := p.mayStayAwake(p.members[1], c.waited); got != c.want {
			t.Errorf("%s: %v (want %v)", c.name, got, c.want)
		}
	}
}

// TestIdle: a pool that has nothing to do takes no time of the processor, after a run and after a wake without one.
func TestIdle(t *testing.T) {
	goCPUs(t, 4)
	p := newWorkerPool(4, need{})
	defer p.close()
	r := newPoolRun(4, 100)
	for name, before := range map[string]func(){"run": func() { r.do(p) }, "wake": p.wake} {
		before()
		until(t, "workers sleep", p.asleep)
		const idle = time.Second
		begin := measure.Processor(t)
		time.Sleep(idle)
		if took := measure.Processor(t) - begin; took > idle/20 { // one that waits awake takes all of it
			t.Errorf("after a %s: %v of processor time in %v", name, took, idle)
		}
		if !p.asleep() {
			t.Errorf("after a %s: workers are awake", name)
		}
	}
}

// TestPoolAllocatesNothing: no run, wake or sleep does.
func TestPoolAllocatesNothing(t *testing.T) {
	p := newWorkerPool(2, need{})
	defer p.close()
	r := newPoolRun(2, 100, 10)
	if n := testing.AllocsPerRun(100, func() {
		p.wake()
		time.Sleep(2 * patience) // workers fall asleep
		r.do(p)
	}); n != 0 {
		t.Errorf("%v allocations in a run", n)
	}
}

// TestShareAgain shares one piece of work right after another of a different size, while workers of the one before are on
// their way: each call is made once, and has ended when share returns.
func TestShareAgain(t *testing.T) {
	goCPUs(t, 4)
	p := newWorkerPool(4, need{})
	defer p.close()
	for round := range 20000 {
		c := counting{done: make([]atomic.Int32, []int{2, 300, 1, 33}[round%4])}
		p.share(c.units(), func(i int) { c.run(nil, i, i+1) })
		c.check(t, 1)
	}
}

// TestTake takes chunks of jobs of all sizes: each unit once, a thread's own share first, chunks of a share that never grow, and
// nothing in another run.
func TestTake(t *testing.T) {
	for _, threads := range []int{1, 2, 4, 7} {
		for units := range 400 {
			c := &counting{done: make([]atomic.Int32, units)}
			j := newJob(c, threads)
			for run := range int32(2) {
				before := j.run()
				j.begin()
				if _, _, ok := j.take(before, 0); ok {
					t.Fatal("took a chunk in a run that is over")
				}
				for i := range (threads + 1) / 2 { // others take nothing
					testShares(t, j, (2*i+1)%threads, i == (threads-1)/2)
				}
				c.check(t, run+1)
			}
		}
	}
}

// testShares has a thread take its own share, and, if it is told to, all that others have left.
func testShares(t *testing.T, j *job, thread int, all bool) {
	t.Helper()
	own, last := &j.shares[thread], j.units
	for at := own.first; at < own.end; {
		from, to, ok := j.take(j.run(), thread)
		if !ok || from != at || to <= from || to > own.end || to-from > last {
			t.Fatalf("%d units, %d threads: thread %d took %d … %d at %d, after %d units", j.units, len(j.shares), thread, from, to-1, at, last)
		}
		j.layer.run(nil, from, to)
		at, last = to, to-from
	}
	if own.first < own.end && last > j.least {
		t.Fatalf("%d units, %d threads: took %d at last (want at most %d)", j.units, len(j.shares), last, j.least)
	}
	for all {
		from, to, ok := j.take(j.run(), thread)
		if !ok {
			return
		}
		j.layer.run(nil, from, to)
	}
}
