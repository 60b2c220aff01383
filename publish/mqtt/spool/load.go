package spool

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// load reads all segments. The last state of all says what is acknowledged.
func (s *store) load(event func(Record, place)) error {
	entries, err := os.ReadDir(s.dir) // sorted, and so are the fixed-width numbers
	if err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	var found []loaded
	damaged := 0
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".spool")
		number, err := strconv.ParseUint(name, 16, 64)
		if !ok || err != nil || len(name) != 16 {
			continue
		}
		data, unread, err := readSegment(filepath.Join(s.dir, e.Name()), s.limit)
		if err != nil {
			return fmt.Errorf("spool: %w", err)
		}
		seg := &segment{number: number, size: int64(len(data))}
		bad, fresh := s.loadSegment(seg, data, &found)
		bad += unread
		if fresh { // its first state counts all damage in the segments before
			damaged = 0
		}
		damaged += bad
		s.segments = append(s.segments, seg)
	}
	s.written = s.state
	s.state.losses.Damaged += uint64(damaged)
	done := sortSpans(s.done)
	s.done = nil
	for _, l := range waiting(found, s.state.acked, done) {
		event(l.record, l.place)
	}
	return nil
}

// loaded is an event as it was found.
type loaded struct {
	record Record // without its payload
	place  place
}

// loadSegment adds the events of one segment to found, and takes over its states; fresh tells whether there was one.
func (s *store) loadSegment(seg *segment, data []byte, found *[]loaded) (damaged int, fresh bool) {
	damaged = scan(data, func(offset, size int, b []byte) {
		if st, err := parseState(b); err == nil {
			s.state, fresh = st, true
			s.ordinal = max(s.ordinal, st.acked)
			return
		}
		if done, err := parseDone(b); err == nil {
			s.done = append(s.done, done...)
			for _, d := range done { // an event may have been lost in a power cut: its ordinal is not given again
				s.ordinal = max(s.ordinal, d.last)
			}
			return
		}
		ordinal, r, err := parseEvent(b)
		if err != nil {
			return
		}
		r.Payload = nil
		seg.last, s.ordinal = max(seg.last, ordinal), max(s.ordinal, ordinal)
		if n := len(*found); n > 0 { // most have these in common
			r.Boot, r.Topic = same(r.Boot, (*found)[n-1].record.Boot), same(r.Topic, (*found)[n-1].record.Topic)
		}
		*found = append(*found, loaded{r, place{ordinal, seg.number, int64(offset), size}})
	})
	return damaged, fresh
}

// same returns b where it says the same as a, which can be forgotten then.
func same(a, b string) string {
	if a == b {
		return b
	}
	return a
}

// waiting leaves out what is acknowledged, and second copies: an event is written again when a sync has failed.
func waiting(found []loaded, acked uint64, done []span) []loaded {
	last := map[string]uint64{} // highest sequence by boot
	return slices.DeleteFunc(found, func(l loaded) bool {
		if highest, seen := last[l.record.Boot]; seen && l.record.Sequence <= highest {
			return true
		}
		last[l.record.Boot] = l.record.Sequence
		return l.place.ordinal <= acked || contains(done, l.place.ordinal)
	})
}

// readSegment reads a file of at most limit bytes; the rest of a larger one is not ours. Where the disk has a bad place,
// what is before it counts: unread is then 1.
func readSegment(path string, limit int64) (data []byte, unread int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	if data, err = io.ReadAll(io.LimitReader(f, limit)); err != nil {
		unread = 1
	}
	return data, unread, nil
}

// readAt reads one event. An error that is not errDamaged may pass.
func readAt(dir string, p place) (Record, error) {
	f, err := os.Open(segmentPath(dir, p.segment))
	if errors.Is(err, os.ErrNotExist) {
		return Record{}, errDamaged
	}
	if err != nil {
		return Record{}, err
	}
	defer f.Close()
	data := make([]byte, p.size)
	if _, err := f.ReadAt(data, p.offset); errors.Is(err, io.EOF) {
		return Record{}, errDamaged
	} else if err != nil {
		return Record{}, err
	}
	b, err := body(data)
	if err != nil {
		return Record{}, err
	}
	ordinal, r, err := parseEvent(b)
	if ordinal != p.ordinal {
		return Record{}, errDamaged
	}
	r.Payload = bytes.Clone(r.Payload)
	return r, err
}
