package cpu

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// job is a layer's work while it is under way. Each thread has a share of its units, of which it takes chunks, and then chunks
// of others' shares until none is left. A share is the same part of every layer: much of what a thread reads, it has written
// itself, and its CPU's caches have it.
type job struct {
	layer  layer
	units  int
	most   int // units of a chunk
	least  int // of one of the last
	shares []share
	done   atomic.Int64 // units
}

// share is a part of a job's units.
type share struct {
	next       atomic.Uint64 // the first unit not yet taken, below the number of the run
	first, end int
	_          [40]byte // the rest of a cache line
}

const (
	// unitsPerThread is how many chunks each thread should find, so that one that is held up does not hold up all.
	unitsPerThread = 8
	// lastChunks is how many times smaller the last chunks are: threads that have none left wait for those.
	lastChunks = 4
)

// newJob divides a layer's work for a number of threads.
func newJob(l layer, threads int) *job {
	units, chunks := l.units(), unitsPerThread*threads
	j := &job{
		layer: l, units: units, most: max(1, units/chunks), least: max(1, units/(lastChunks*chunks)), shares: make([]share, threads),
	}
	for i := range j.shares {
		j.shares[i].first, j.shares[i].end = units*i/threads, units*(i+1)/threads
	}
	return j
}

// begin begins a run of the job, and run is the number of that run: a thread that was held up since the one before knows
// by it that what it has prepared is not of this one.
func (j *job) begin() {
	run := uint64(j.run() + 1)
	for i := range j.shares {
		s := &j.shares[i]
		s.next.Store(run<<32 | uint64(s.first))
	}
}

func (j *job) run() uint32 { return uint32(j.shares[0].next.Load() >> 32) }

// take takes the next chunk for a thread, from … to-1, and there is none if the run is over.
func (j *job) take(run uint32, thread int) (from, to int, ok bool) {
	for i := range j.shares {
		if from, to, ok = j.takeOf(&j.shares[(thread+i)%len(j.shares)], run); ok {
			return from, to, true
		}
	}
	return 0, 0, false
}

// takeOf takes a chunk of a share: half of what is left, within limits.
func (j *job) takeOf(s *share, run uint32) (from, to int, ok bool) {
	for {
		next := s.next.Load()
		if from = int(uint32(next)); uint32(next>>32) != run || from >= s.end {
			return 0, 0, false
		}
		to = min(from+max(j.least, min(j.most, (s.end-from)/2)), s.end)
		if s.next.CompareAndSwap(next, next+uint64(to-from)) {
			return from, to, true
		}
	}
}

// workerPool is the threads that compute a run: that of the caller of do, and workers. Who does which piece is open, what
// comes out is not: every piece writes its own part of the output.
//
// A camera leaves pauses between runs, in which workers sleep. A worker that then wakes on the caller's CPU is worse than
// none, while another CPU idles; but that is where Linux wakes it in some virtual machines, whose idle CPUs look busy. So
// a worker is a thread of its own, which Linux mostly wakes where it slept; it leaves a CPU where another member computes;
// and members do not sleep between the layers of a run.
//
// One goroutine at a time calls start, do, stop and close. Any may call wake, at any time.
type workerPool struct {
	members []*member // the caller, then the workers
	helping int       // workers of this run
	ended   sync.WaitGroup

	shared errands // of share
	errand *job    // does them

	running atomic.Bool
	job     atomic.Pointer[job] // the latest one; a job without a layer ends the workers
	jobs    atomic.Uint64       // counts them
}

// newWorkerPool starts threads-1 workers. They end with close.
func newWorkerPool(threads int, n need) *workerPool {
	p := &workerPool{shared: errands{size: unitsPerThread * threads}}
	p.errand = newJob(&p.shared, threads)
	for range threads {
		p.members = append(p.members, newMember(p.members, n))
	}
	for _, w := range p.workers() {
		p.ended.Go(func() { p.help(w) })
	}
	return p
}

func (p *workerPool) caller() *member    { return p.members[0] }
func (p *workerPool) workers() []*member { return p.members[1:] }

// close ends the workers and waits for them.
func (p *workerPool) close() {
	p.publish(&job{}, p.workers())
	p.ended.Wait()
}

// wake prepares workers for a run that begins soon: awake, each on a CPU of its own. If none begins, they sleep again.
func (p *workerPool) wake() {
	if p.running.Load() {
		return
	}
	p.caller().note()
	for _, w := range p.workers()[:p.useful()] {
		w.wake()
	}
}

// useful is how many workers can compute beside the caller. Go may have fewer CPUs than there are threads, and their
// number changes with a container's quota; threads that wait awake for such as have no CPU would keep them from one.
func (p *workerPool) useful() int { return min(len(p.members), runtime.GOMAXPROCS(0)) - 1 }

// start begins a run, and stop ends it.
func (p *workerPool) start() {
	p.helping = p.useful()
	p.running.Store(true)
}

func (p *workerPool) stop() { p.running.Store(false) }

// do runs all of a job and returns when it is done. A worker that comes too late finds nothing left, or the same job
// begun anew.
func (p *workerPool) do(j *job) {
	me := p.caller()
	if p.helping == 0 || j.units <= 1 {
		me.scratch.begin()
		j.layer.run(me.scratch, 0, j.units)
		return
	}
	j.done.Store(0)
	j.begin()
	p.publish(j, p.workers()[:p.helping])
	p.work(j, me)
	p.wait(me, func() bool { return j.done.Load() == int64(j.units) })
}

// errands are other work than a layer's: n calls of a function. Their units are always the same, however many calls there
// are, as those of a layer are: a worker that comes too late from the errands before still looks at the job.
type errands struct {
	size int // units
	n    int
	do   func(i int)
}

func (e *errands) units() int { return e.size }

func (e *errands) run(_ *scratch, from, to int) {
	for i := from * e.n / e.size; i < to*e.n/e.size; i++ {
		e.do(i)
	}
}

// share calls piece(0) to piece(n-1) on the threads of the pool.
func (p *workerPool) share(n int, piece func(i int)) {
	p.shared.n, p.shared.do = n, piece
	p.start()
	p.do(p.errand)
	p.stop()
	p.shared.do = nil // what it holds is not ours
}

func (p *workerPool) publish(j *job, workers []*member) {
	p.job.Store(j)
	p.jobs.Add(1)
	for _, w := range workers {
		w.wake()
	}
}

// help works on each job that is published.
func (p *workerPool) help(me *member) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for seen := uint64(0); ; {
		p.wait(me, func() bool { return p.jobs.Load() != seen })
		seen = p.jobs.Load()
		j := p.job.Load()
		if j.layer == nil {
			return
		}
		p.work(j, me)
	}
}

// work takes chunks of a job until none is left.
func (p *workerPool) work(j *job, me *member) {
	me.settle()
	me.scratch.begin()
	run := j.run()
	for {
		from, to, ok := j.take(run, len(me.elders))
		if !ok {
			return
		}
		j.layer.run(me.scratch, from, to)
		if j.done.Add(int64(to-from)) == int64(j.units) {
			p.caller().wake()
		}
	}
}
