package spool

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
)

// store is the directory of a spool: segments, oldest first. Events are appended to the last one; a segment is removed
// as a whole when all its events are acknowledged, or to make room. An old segment is never written to again, so that
// what a crash left in it can do no harm. Only the writer uses a store.
type store struct {
	dir    string
	limit  int64 // of all segments, in bytes on the disk
	create func(path string) (file, error)
	lock   io.Closer

	segments []*segment
	file     file   // of the last segment; nil: the next append begins a new one
	newName  bool   // the directory has an entry that is not synced
	ordinal  uint64 // the last one given
	writes   int    // that went well
	state    state
	written  state  // the state as it is on the disk
	done     []span // what is acknowledged beyond the state, and not on the disk; while loading: all of it
}

// segment is one file.
type segment struct {
	number uint64
	size   int64
	last   uint64 // the highest ordinal in it
}

// file is what a store needs of an *os.File.
type file interface {
	io.WriteCloser
	Sync() error
	Truncate(size int64) error
}

// counted is a file that counts what is written to it.
type counted struct {
	file
	bytes *atomic.Int64
}

func (c counted) Write(p []byte) (int, error) {
	n, err := c.file.Write(p)
	c.bytes.Add(int64(n))
	return n, err
}

func createFile(path string) (file, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
}

// block is what the smallest file takes on most file systems.
const block = 4096

func (s *segment) blocks() int64 { return (s.size + block - 1) / block * block }

func segmentPath(dir string, number uint64) string {
	return filepath.Join(dir, fmt.Sprintf("%016x.spool", number))
}

// place is where an event is; the zero value: not on the disk.
type place struct {
	ordinal uint64 // 1 and up
	segment uint64
	offset  int64
	size    int
}

// openStore locks and reads dir, which is made if it is missing. event is called with each event that waits, in order.
func openStore(dir string, limit int64, create func(string) (file, error), event func(Record, place)) (*store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	s := &store{dir: dir, limit: limit, create: create, lock: lock}
	if err := s.load(event); err != nil {
		lock.Close()
		return nil, err
	}
	return s, nil
}

// segmentSize is the size at which a new segment is begun.
func (s *store) segmentSize() int64 { return min(max(s.limit/8, 2*block), 1<<20) }

// append writes the events with the state in front if that has changed, and returns where they are: all of them, or the
// first few and an error.
func (s *store) append(events []*entry) ([]place, error) {
	var places []place
	for len(places) < len(events) {
		some, err := s.appendSome(events[len(places):])
		if err != nil {
			return places, err
		}
		places = append(places, some...)
	}
	return places, nil
}

// appendSome writes as many events as fit into one segment, at least one.
func (s *store) appendSome(events []*entry) ([]place, error) {
	if s.file == nil || s.active().size >= s.segmentSize() {
		if err := s.begin(); err != nil {
			return nil, err
		}
	}
	buf, at, ordinal := s.news(nil), s.active().size, s.ordinal
	var places []place
	for _, e := range events {
		if len(places) > 0 && at+int64(len(buf)+e.size) > s.segmentSize() {
			break
		}
		ordinal++
		places = append(places, place{ordinal, s.active().number, at + int64(len(buf)), e.size})
		buf = appendEvent(buf, ordinal, e.Record)
	}
	if err := s.write(buf); err != nil {
		return nil, err
	}
	s.ordinal, s.active().last = ordinal, ordinal
	return places, nil
}

// hasNews tells whether the disk does not know all of acknowledgements and losses.
func (s *store) hasNews() bool { return s.state != s.written || len(s.done) > 0 }

// news appends the state if the disk has another one, and what is done beyond it.
func (s *store) news(buf []byte) []byte {
	if s.state != s.written {
		buf = appendState(buf, s.state)
	}
	return appendDone(buf, s.done)
}

// appendState writes what the disk does not know of acknowledgements and losses.
func (s *store) appendState() error {
	buf := s.news(nil)
	if len(buf) == 0 {
		return nil
	}
	if s.file == nil {
		return s.begin() // which writes the state
	}
	return s.write(buf)
}

// write appends buf to the active segment. What a failed attempt left is cut off; if even that fails, the segment is
// given up.
func (s *store) write(buf []byte) error {
	seg := s.active()
	if _, err := s.file.Write(buf); err != nil {
		if s.file.Truncate(seg.size) != nil {
			s.abandon()
		}
		return fmt.Errorf("spool: %w", err)
	}
	seg.size += int64(len(buf))
	s.writes++
	s.written, s.done = s.state, nil
	return nil
}

// begin starts a new segment with the state in it. The old one is synced, since sync only knows the active one.
func (s *store) begin() error {
	if s.file != nil {
		if err := s.sync(); err != nil {
			return err
		}
		s.abandon()
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	number := uint64(1)
	if n := len(s.segments); n > 0 {
		number = s.segments[n-1].number + 1
	}
	f, err := s.create(segmentPath(s.dir, number))
	if err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	s.file, s.newName = f, true
	s.segments = append(s.segments, &segment{number: number})
	if err := s.write(appendDone(appendState([]byte(header), s.state), s.done)); err != nil {
		s.abandon()
		os.Remove(segmentPath(s.dir, number)) // it holds nothing
		s.segments = s.segments[:len(s.segments)-1]
		return err
	}
	return nil
}

// abandon closes the active segment; the next append begins another.
func (s *store) abandon() {
	if s.file != nil {
		s.file.Close()
		s.file = nil
	}
}

// sync makes the disk write all that was appended. After a failure nobody knows what it has, and a second attempt may
// succeed without having written anything: the segment is given up, and its unsynced events must be appended again.
func (s *store) sync() error {
	if s.file == nil {
		return nil
	}
	err := s.file.Sync()
	if err == nil && s.newName {
		err = syncDir(s.dir)
	}
	if err == nil { // somebody may have deleted the file under us
		_, err = os.Stat(segmentPath(s.dir, s.active().number))
	}
	if err != nil {
		s.abandon()
		return fmt.Errorf("spool: %w", err)
	}
	s.newName = false
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

func (s *store) active() *segment { return s.segments[len(s.segments)-1] }

// usage is what the segments take on the disk.
func (s *store) usage() (bytes int64) {
	for _, seg := range s.segments {
		bytes += seg.blocks()
	}
	return bytes
}

// trimmable tells whether the oldest segment holds nothing that waits. The last one stays: it has the state.
func (s *store) trimmable() bool {
	return len(s.segments) > 1 && s.segments[0].last <= s.state.acked
}

// trim removes the oldest segments while that is so.
func (s *store) trim() {
	for s.trimmable() {
		if s.removeOldest() != nil {
			return
		}
	}
}

// idle tells whether no segment, not even the last one, holds anything that waits.
func (s *store) idle() bool {
	for _, seg := range s.segments {
		if seg.last > s.state.acked {
			return false
		}
	}
	return len(s.segments) > 0
}

// clear removes all segments of an idle store, for want of room to say in the last one that it is idle. The next write
// begins a new one, with the state in it; without one there is nothing to be sent again either.
func (s *store) clear() {
	s.abandon()
	for len(s.segments) > 0 && s.removeOldest() == nil {
	}
	s.written = state{}
}

// makeRoom removes the oldest segments until size more bytes fit, and returns the highest ordinal that went with them.
// It leaves the active one.
func (s *store) makeRoom(size int64) (through uint64) {
	need := size + int64(len(header)+2*(headSize+stateSize)) + 2*block // a new segment may be begun
	for len(s.segments) > 1 && s.usage()+need > s.limit {
		last := s.segments[0].last
		if s.removeOldest() != nil {
			break
		}
		through = max(through, last)
	}
	return through
}

func (s *store) removeOldest() error {
	err := os.Remove(segmentPath(s.dir, s.segments[0].number))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	s.segments = s.segments[1:]
	return nil
}

func (s *store) close() error {
	s.abandon()
	return s.lock.Close()
}
