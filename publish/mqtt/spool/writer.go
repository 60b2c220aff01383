package spool

import (
	"errors"
	"syscall"
	"time"

	"github.com/inceptiond/inceptiond/internal/backoff"
)

// writer is the goroutine that owns the disk. Its methods take the spool's lock only to look at the queue, never while
// the disk works.
type writer struct {
	s      *Spool
	create func(path string) (file, error)
	store  *store // nil: without a disk
	budget budget
	start  time.Time

	retryAt  time.Time // after a failure
	retry    backoff.Backoff
	syncAt   time.Time // when an unsynced event may be synced; zero: there is none
	stateAt  time.Time // when an acknowledgement is written by itself; zero: there is none
	expireAt time.Time
}

func (w *writer) run() {
	defer close(w.s.done)
	for {
		w.step()
		select {
		case <-w.s.wake:
		case <-time.After(w.pause()):
		case <-w.s.quit:
			w.finish()
			return
		}
	}
}

// step does all that is due.
func (w *writer) step() {
	now := time.Now()
	if w.store == nil && w.s.o.Dir != "" && !now.Before(w.retryAt) {
		w.reopen()
	}
	if !now.Before(w.expireAt) {
		w.s.mu.Lock()
		w.s.expire()
		w.s.mu.Unlock()
		w.expireAt = now.Add(min(max(w.s.o.MaxAge/16, time.Second), time.Minute))
	}
	if w.store != nil && !now.Before(w.retryAt) {
		w.work(now)
	}
	w.s.report()
}

// work moves the spool's changes to the disk. What the broker has is deleted first: that needs no room, and makes some.
func (w *writer) work(now time.Time) {
	w.takeState(now)
	err := w.trim()
	if err == nil {
		err = w.put(now)
	}
	if isFull(err) && w.store.idle() {
		w.store.clear()
		err = w.put(now)
	}
	if err == nil {
		err = w.trim()
	}
	if err != nil {
		w.fail(err)
		return
	}
	w.recovered()
}

// put writes what is new, and what is due.
func (w *writer) put(now time.Time) error {
	before := w.store.writes
	if err := w.append(); err != nil {
		return err
	}
	if w.syncDue(now) {
		if err := w.sync(); err != nil {
			return err
		}
	}
	if !w.stateAt.IsZero() && !now.Before(w.stateAt) {
		if err := w.store.appendState(); err != nil {
			return err
		}
	}
	if !w.store.hasNews() {
		w.stateAt = time.Time{}
	}
	if w.s.Status().Reason != nil && w.store.writes == before {
		return w.store.begin() // only a write shows that the disk works again
	}
	return nil
}

// isFull tells whether there was no room for what should be written: of bytes, of files, of a quota.
func isFull(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }

// trim removes what is not needed any more, but no segment with the last state on the disk before the next one is synced.
func (w *writer) trim() error {
	if !w.store.trimmable() {
		return nil
	}
	if w.store.newName {
		if err := w.sync(); err != nil {
			return err
		}
	}
	w.store.trim()
	return nil
}

// pause is how long there is nothing to do.
func (w *writer) pause() time.Duration {
	next := w.expireAt
	for _, t := range []time.Time{w.syncAt, w.stateAt} {
		if w.store != nil && !t.IsZero() && t.Before(next) {
			next = t
		}
	}
	if w.s.o.Dir != "" && time.Now().Before(w.retryAt) {
		next = w.retryAt
	}
	return max(time.Until(next), time.Millisecond)
}

// reopen opens the directory, and puts what it has before what is in memory. A first write shows whether there can be
// more.
func (w *writer) reopen() {
	s := w.s
	var found []*entry
	store, err := openStore(s.o.Dir, s.o.MaxBytes, w.createCounted, func(r Record, p place) {
		found = append(found, &entry{Record: r, size: p.size, place: p, synced: true})
	})
	if err != nil {
		w.fail(err)
		return
	}
	w.store = store
	s.mu.Lock()
	for _, e := range found {
		s.ids++
		e.id = s.ids
		s.last[e.Boot] = max(s.last[e.Boot], e.Sequence)
		s.judge(e)
	}
	s.queue = append(found, s.queue...)
	s.next = 0
	add(&s.losses, store.state.losses)
	s.bytes = store.usage()
	s.mu.Unlock()
	signal(s.ready)
	w.takeState(time.Now())
	if err := store.begin(); err != nil {
		w.fail(err)
		return
	}
	w.recovered()
}

func add(l *Losses, m Losses) {
	l.Bytes, l.Age, l.Memory, l.Damaged = l.Bytes+m.Bytes, l.Age+m.Age, l.Memory+m.Memory, l.Damaged+m.Damaged
}

// takeState moves the acknowledgements and losses to the store.
func (w *writer) takeState(now time.Time) {
	w.s.mu.Lock()
	w.store.state = state{acked: w.s.acked(w.store.ordinal), losses: w.s.losses}
	w.store.done, w.s.beyond = append(w.store.done, w.s.beyond...), nil
	w.s.mu.Unlock()
	if w.store.hasNews() && w.stateAt.IsZero() {
		w.stateAt = now.Add(stateDelay)
	}
}

// append writes the events that are not on the disk.
func (w *writer) append() error {
	batch, size := w.unwritten()
	if len(batch) == 0 {
		return nil
	}
	w.makeRoom(size)
	places, err := w.store.append(batch)
	if err == nil && w.s.o.MaxWrites == 0 {
		err = w.sync()
	}
	if err == nil || w.store.file != nil { // else what was written is as good as not written
		w.noteWritten(batch[:len(places)], places)
	}
	return err
}

// unwritten is the next batch: not more than fits into a segment, so that the limit holds.
func (w *writer) unwritten() (batch []*entry, size int64) {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	for _, e := range w.s.queue[w.s.firstUnwritten():] {
		if size += int64(e.size); size > w.store.segmentSize() && len(batch) > 0 {
			signal(w.s.wake) // there is more
			break
		}
		batch = append(batch, e)
	}
	return batch, size
}

// makeRoom drops the oldest events on the disk where size bytes would be too many.
func (w *writer) makeRoom(size int64) {
	through := w.store.makeRoom(size)
	s := w.s
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.queue) > 0 && s.queue[0].place.ordinal > 0 && s.queue[0].place.ordinal <= through {
		s.remove(0)
		s.losses.Bytes++
	}
	w.store.state = state{acked: s.acked(w.store.ordinal), losses: s.losses}
}

// noteWritten accounts for events that are on the disk.
func (w *writer) noteWritten(batch []*entry, places []place) {
	s := w.s
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, e := range batch {
		e.place, e.synced = places[i], s.o.MaxWrites == 0
		release(e)
		if e.gone {
			s.noteDone(e)
		} else {
			s.memory -= e.size
			s.cached += e.size
		}
	}
	s.late = false
	s.releaseCache()
	signal(s.ready)
}

// releaseCache lets the newest payloads be read from the disk again, if there are too many in memory. Called with mu
// held.
func (s *Spool) releaseCache() {
	for i := len(s.queue) - 1; i >= 0 && s.cached > cacheLimit; i-- {
		if e := s.queue[i]; e.Payload != nil && e.synced {
			e.Payload = nil
			s.cached -= e.size
		}
	}
}

// syncDue tells whether an unsynced event waits for an acknowledgement, and has waited long enough.
func (w *writer) syncDue(now time.Time) bool {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	w.syncAt = time.Time{}
	for _, e := range w.s.unsynced() {
		if e.place.ordinal > 0 {
			w.syncAt = later(e.queued.Add(grace), w.start.Add(w.budget.next(now.Sub(w.start))))
			break
		}
	}
	return !w.syncAt.IsZero() && !now.Before(w.syncAt)
}

// unsynced are the last of the queue. Called with mu held.
func (s *Spool) unsynced() []*entry {
	i := len(s.queue)
	for i > 0 && !s.queue[i-1].synced {
		i--
	}
	return s.queue[i:]
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// createCounted is create for a file whose bytes are counted.
func (w *writer) createCounted(path string) (file, error) {
	f, err := w.create(path)
	if err != nil {
		return nil, err
	}
	return counted{f, &w.s.written}, nil
}

// sync syncs the store and notes it.
func (w *writer) sync() error {
	w.budget.spend(time.Since(w.start))
	if err := w.store.sync(); err != nil {
		return err
	}
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	w.s.syncs++
	for _, e := range w.s.unsynced() {
		e.synced = e.place.ordinal > 0
	}
	w.s.releaseCache()
	w.syncAt = time.Time{}
	return nil
}

// fail leaves the disk alone for a while: until then events go through memory. Where the store has given its segment
// up, what was not synced there must be written again.
func (w *writer) fail(err error) {
	w.retryAt = time.Now().Add(w.retry.Pause())
	s := w.s
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onDisk, s.reason = false, err
	for _, e := range s.unsynced() {
		if e.place.ordinal > 0 && w.store.file == nil {
			e.place = place{}
			s.memory += e.size
			s.cached -= e.size
		}
		release(e)
	}
	signal(s.ready)
}

// recovered notes that the disk works.
func (w *writer) recovered() {
	w.retry.Reset()
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	w.s.bytes = w.store.usage()
	w.s.onDisk, w.s.reason = true, nil
}

// finish writes what is left. There will be no other chance, so the budget does not count.
func (w *writer) finish() {
	if w.store == nil {
		return
	}
	w.takeState(time.Now())
	w.trim() // what stays is looked at by the next process
	err := w.drain()
	if isFull(err) && w.store.idle() {
		w.store.clear()
		err = w.drain()
	}
	if err != nil {
		w.fail(err)
	}
	if w.s.Status().Waiting > 0 {
		w.store.sync()
	}
	w.trim()
	w.store.close()
}

// drain writes all that is not on the disk, and the state.
func (w *writer) drain() error {
	for batch, _ := w.unwritten(); len(batch) > 0; batch, _ = w.unwritten() {
		places, err := w.store.append(batch)
		w.noteWritten(batch[:len(places)], places)
		if err != nil {
			return err
		}
	}
	w.takeState(time.Now())
	return w.store.appendState()
}

// report calls Options.Report if there is something new.
func (s *Spool) report() {
	s.mu.Lock()
	now, told := s.status(), s.told
	s.told = now
	s.mu.Unlock()
	if s.o.Report == nil {
		return
	}
	if now.OnDisk != told.OnDisk || text(now.Reason) != text(told.Reason) || now.Losses != told.Losses || now.Held != told.Held {
		s.o.Report(now)
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
