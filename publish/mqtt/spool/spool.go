// Package spool keeps events until a broker has acknowledged them: on the disk, within limits, and in memory where
// there is no disk.
//
// [Spool.Put] takes an event, a goroutine of the spool's own writes it, and [Spool.Next] hands out what is written, in
// order; [Spool.Ack] forgets. A disk that is full, read-only or broken costs nothing but the safety: events go on through
// memory, [Status] says so, and the disk is tried again every few seconds.
//
// # What survives
//
// A crash of the process, even kill -9: every event whose Put has returned while the disk was sound. A power cut: every
// event that was synced. How often that happens is Options.MaxWrites: with 0 each event is synced before it is handed
// out. Otherwise an event that is acknowledged within a tenth of a second is never synced, and others as soon as the
// budget of the minute allows. Acknowledgements are written lazily: after a crash some events are handed out again, under
// the same number.
//
// The format of the files is in format.go.
package spool

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/inceptiond/inceptiond/internal/backoff"
)

// ErrClosed is what a closed spool answers.
var ErrClosed = errors.New("spool: closed")

// Options say where events are kept, and how many.
type Options struct {
	Dir       string        // made if it is missing; one process can have it. Empty: events stay in memory
	NoDir     string        // why Dir is empty, if there should be one: Status.Reason says it
	MaxBytes  int64         // on the disk; at least MinBytes
	MaxAge    time.Duration // older events are dropped
	MaxWrites int           // syncs per minute; 0: no limit, and each event is synced before it is handed out

	// Now is the time on the machine's clocks. It may be called from several goroutines.
	Now func() Moment
	// Report is called when the state, its reason or the losses have changed, by one goroutine. It must not wait.
	Report func(Status)
}

// MinBytes is the least Options.MaxBytes.
const MinBytes = 256 << 10

// Status is how a spool is.
type Status struct {
	OnDisk  bool
	Reason  error // why not, if it should be
	Waiting int   // events that are not acknowledged
	Held    int   // those of them that Hold keeps back
	Bytes   int64 // on the disk
	Syncs   int64 // since Open
	Written int64 // bytes to the disk, since Open
	Losses  Losses
}

// Losses count events that were given up, over restarts as far as the disk remembers.
type Losses struct {
	Bytes   uint64 // the oldest, for room on the disk
	Age     uint64
	Memory  uint64 // the oldest, for room in memory
	Damaged uint64 // places on the disk that could not be read
}

const (
	memoryLimit = 4 << 20                // of events that are not on the disk, in bytes
	cacheLimit  = 256 << 10              // of events in memory that are on the disk as well
	grace       = 100 * time.Millisecond // for an acknowledgement, before an event is synced
	putPatience = 20 * time.Millisecond  // of Put with the disk
	patience    = 2 * time.Second        // of an event with the disk: then it is handed out without
	retryMin    = 3 * time.Second / 2    // of a disk that failed: longer than the pause of what is told of it (publish.Kind)
	retryMax    = 5 * time.Second
	stateDelay  = 5 * time.Second // until an acknowledgement is written, if nothing else is
	rereadPause = time.Second     // after a disk that cannot be read
	rereads     = 10              // then the event is given up
	closeTime   = 700 * time.Millisecond
)

// entry is an event that waits.
type entry struct {
	Record         // Payload is nil if it must be read
	id      uint64 // counts the events of this process
	size    int    // of the record on the disk
	queued  time.Time
	place   place
	synced  bool
	out     bool          // handed out since the last Rewind
	held    bool          // not to be handed out
	gone    bool          // acknowledged or dropped, perhaps while it was being written
	written chan struct{} // closed, and then nil, when nobody need wait for the disk any more
	rereads int           // failed attempts to read it
}

// Spool may be used from several goroutines, but Next, Rewind and Ack by one at a time.
type Spool struct {
	o     Options
	ready chan struct{}
	wake  chan struct{}
	quit  chan struct{}
	done  chan struct{}
	last  map[string]uint64 // highest sequence on the disk at Open, by boot

	mu     sync.Mutex
	closed bool
	queue  []*entry // oldest first
	next   int      // index in queue of what Next looks at first: all before it are handed out or held
	hold   func(topic string, payload int) bool
	held   int             // in queue
	busy   map[string]bool // topics of the events that are handed out and not acknowledged, one of each
	beyond []span          // acknowledged events behind others that wait, which the writer does not know of yet
	ids    uint64
	onDisk bool  // events are written
	reason error // why not
	hurry  bool  // nothing waits for the disk
	late   bool  // Await has lost its patience, and the disk has not caught up
	memory int   // bytes of the events that are not on the disk
	cached int   // bytes of the payloads in memory of events that are
	losses Losses
	bytes  int64
	syncs  int64
	told   Status // to Report

	written atomic.Int64 // bytes to the disk

	writer writer
}

// Open reads what is in o.Dir and starts the spool. Trouble with the disk is no error: see Status.
func Open(o Options) *Spool { return open(o, createFile) }

func open(o Options, create func(string) (file, error)) *Spool {
	s := &Spool{
		o: o, last: map[string]uint64{}, busy: map[string]bool{},
		ready: make(chan struct{}, 1), wake: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}),
	}
	s.o.MaxBytes = max(o.MaxBytes, MinBytes)
	s.writer = writer{
		s: s, create: create, budget: newBudget(o.MaxWrites), start: time.Now(),
		retry: backoff.Backoff{Min: retryMin, Max: retryMax},
	}
	switch {
	case o.Dir != "":
		s.writer.reopen()
	case o.NoDir != "":
		s.reason = errors.New("spool: " + o.NoDir)
	}
	s.report()
	go s.writer.run()
	return s
}

// Last is the highest sequence of a boot that the disk had at Open.
func (s *Spool) Last(boot string) uint64 { return s.last[boot] }

// Put takes an event; the spool keeps its slices. It does not wait for the disk: see Await.
func (s *Spool) Put(r Record) error {
	size := recordSize(r)
	if len(r.Boot) > 255 || len(r.Topic) > 65535 || size > headSize+maxBody {
		return fmt.Errorf("spool: event of %d bytes (want at most %d)", size, maxBody)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	s.ids++
	e := &entry{Record: r, id: s.ids, size: size, queued: time.Now()}
	if s.onDisk {
		e.written = make(chan struct{})
	}
	s.judge(e)
	s.queue = append(s.queue, e)
	s.memory += size
	s.limitMemory()
	signal(s.wake)
	signal(s.ready)
	return nil
}

// Await waits until the events of all earlier calls of Put are written, but a few milliseconds at most, and not at all
// while the disk is slow. It tells whether there is nothing left to write or, without a disk, to wait for.
func (s *Spool) Await() bool {
	s.mu.Lock()
	var written chan struct{}
	if n := len(s.queue); n > 0 {
		written = s.queue[n-1].written
	}
	late := s.late
	s.mu.Unlock()
	if written == nil || late {
		return written == nil
	}
	timer := time.NewTimer(putPatience)
	defer timer.Stop()
	select {
	case <-written:
		return true
	case <-timer.C:
		s.mu.Lock()
		s.late = true
		s.mu.Unlock()
		time.AfterFunc(patience, func() { signal(s.ready) })
		return false
	}
}

// Ready has a token when Next may have an event that it did not have before.
func (s *Spool) Ready() <-chan struct{} { return s.ready }

// Next returns the oldest event that it has not returned since the last Rewind and that is not held, and the id to
// acknowledge it by. An event waits for the acknowledgement of the one before of the same topic: only so do they arrive in order
// where a broker may lose one of several that are under way, and take the next (MQTT 3.1.1, section 4.6; a cluster that
// elects another leader does). So do those behind it, that all are handed out in the order in which they happened.
func (s *Spool) Next() (id uint64, r Record, ok bool) {
	for {
		e, r, ok := s.peek()
		if !ok {
			return 0, Record{}, false
		}
		if r.Payload == nil {
			var err error
			if r, err = readAt(s.o.Dir, e.place); err != nil {
				if !s.unreadable(e, err) {
					return 0, Record{}, false
				}
				continue
			}
		}
		s.mu.Lock()
		if e.out = !e.gone; e.out {
			s.busy[e.Topic] = true
		}
		s.mu.Unlock()
		return e.id, r, true
	}
}

// Hurry lets Next hand out what is not on the disk yet: the end is near, and a disk that is busy just now may take longer
// than there is left.
func (s *Spool) Hurry() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hurry = true
	signal(s.ready)
}

// peek is the next event, if it may be handed out.
func (s *Spool) peek() (*entry, Record, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expire()
	for s.next < len(s.queue) && (s.queue[s.next].out || s.queue[s.next].held) {
		s.next++
	}
	if s.next >= len(s.queue) || s.busy[s.queue[s.next].Topic] {
		return nil, Record{}, false
	}
	e := s.queue[s.next]
	safe := e.place.ordinal > 0 && (e.synced || s.o.MaxWrites > 0)
	if s.onDisk && !safe && !s.hurry && time.Since(e.queued) < patience {
		return nil, Record{}, false
	}
	return e, e.Record, true
}

// unreadable drops an event that is damaged on the disk, or could not be read for too long. It tells whether it did; if
// not, Ready has a token after a pause.
func (s *Spool) unreadable(e *entry, err error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.gone {
		return true
	}
	if e.rereads++; !errors.Is(err, errDamaged) && e.rereads < rereads {
		time.AfterFunc(rereadPause, func() { signal(s.ready) })
		return false
	}
	s.remove(slices.Index(s.queue, e))
	s.losses.Damaged++
	return true
}

// Ack forgets the event with this id: the broker has it. An id that is gone already is ignored.
func (s *Spool) Ack(id uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.queue, func(e *entry) bool { return e.id == id }) // the first, as a rule
	if i >= 0 {
		s.remove(i)
	}
}

// Rewind makes Next start with the oldest event again, and returns how many there are that are not held.
func (s *Spool) Rewind() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = 0
	clear(s.busy)
	for _, e := range s.queue {
		e.out = false
	}
	return len(s.queue) - s.held
}

// Status may be called at any time.
func (s *Spool) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status()
}

// Close syncs what waits and gives the directory up. It takes less than a second, whatever the disk does.
func (s *Spool) Close() error {
	s.mu.Lock()
	first := !s.closed
	s.closed = true
	s.mu.Unlock()
	if first {
		close(s.quit)
	}
	select {
	case <-s.done:
		return nil
	case <-time.After(closeTime):
		return fmt.Errorf("spool: %s: the disk does not answer: %w", s.o.Dir, os.ErrDeadlineExceeded)
	}
}

// The methods below are called with mu held.

func (s *Spool) status() Status {
	return Status{
		OnDisk: s.onDisk, Reason: s.reason, Waiting: len(s.queue), Held: s.held, Bytes: s.bytes, Syncs: s.syncs, Written: s.written.Load(), Losses: s.losses,
	}
}

// remove forgets one event.
func (s *Spool) remove(i int) {
	e := s.queue[i]
	e.gone = true
	if e.held {
		s.held--
	}
	if e.out {
		delete(s.busy, e.Topic)
	}
	switch {
	case e.place.ordinal == 0:
		s.memory -= e.size
	case e.Payload != nil:
		s.cached -= e.size
	}
	if i == 0 {
		s.queue[0] = nil // for the garbage collector
		s.queue = s.queue[1:]
	} else {
		s.queue = slices.Delete(s.queue, i, i+1)
	}
	if i < s.next {
		s.next--
	}
	s.noteDone(e)
	signal(s.wake) // the disk is to know
}

// limitMemory drops the oldest events that are not on the disk, if there are too many.
func (s *Spool) limitMemory() {
	for s.memory > memoryLimit {
		s.remove(s.firstUnwritten())
		s.losses.Memory++
	}
}

// firstUnwritten is the index of the first event that is not on the disk: those are always the last of the queue.
func (s *Spool) firstUnwritten() int {
	i := len(s.queue)
	for i > 0 && s.queue[i-1].place.ordinal == 0 {
		i--
	}
	return i
}

// acked is the ordinal up to which all events on the disk are gone; last is the highest there.
func (s *Spool) acked(last uint64) uint64 {
	if len(s.queue) > 0 && s.queue[0].place.ordinal > 0 {
		return s.queue[0].place.ordinal - 1
	}
	return last
}

// release ends the waiting for e.
func release(e *entry) {
	if e.written != nil {
		close(e.written)
		e.written = nil
	}
}

// expire drops the oldest events while they are too old.
func (s *Spool) expire() {
	for now := s.o.Now(); len(s.queue) > 0 && age(s.queue[0].Moment, now) > s.o.MaxAge; s.losses.Age++ {
		s.remove(0)
	}
}

// signal puts a token into c.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
