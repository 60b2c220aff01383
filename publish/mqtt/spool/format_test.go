package spool

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// written is a segment with a state and some events, and where each record ends.
func written(events int) (data []byte, ends []int) {
	o := options("")
	data = appendState([]byte(header), state{acked: 0, losses: Losses{1, 2, 3, 4}})
	ends = []int{len(data)}
	for i := 1; i <= events; i++ {
		data = appendEvent(data, uint64(i), record(o, i))
		ends = append(ends, len(data))
	}
	return data, ends
}

// segmentDir is a spool's directory with one segment.
func segmentDir(t testing.TB, data []byte) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(segmentPath(dir, 1), data, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestFormatRoundTrip(t *testing.T) {
	for _, want := range []Record{
		{},
		{Moment: Moment{Boot: "boot", Monotonic: time.Hour, Time: time.UnixMilli(1_700_000_000_123), ClockSynced: true},
			Sequence: 1 << 60, Topic: "cam/event", Payload: []byte("{}")},
		{Moment: Moment{Monotonic: -5, Time: time.UnixMilli(-1)}, Payload: []byte(mark)},
	} {
		data := appendEvent(nil, 7, want)
		if len(data) != recordSize(want) {
			t.Errorf("%d bytes, want %d", len(data), recordSize(want))
		}
		b, err := body(data)
		if err != nil {
			t.Fatal(err)
		}
		ordinal, got, err := parseEvent(b)
		if err != nil || ordinal != 7 || got.Sequence != want.Sequence || got.Topic != want.Topic || got.Boot != want.Boot ||
			got.Monotonic != want.Monotonic || got.ClockSynced != want.ClockSynced || !bytes.Equal(got.Payload, want.Payload) ||
			got.Time.UnixMilli() != want.Time.UnixMilli() {
			t.Errorf("got %d %+v, %v; want %+v", ordinal, got, err, want)
		}
	}
	st := state{acked: 9, losses: Losses{1, 2, 3, 4}}
	b, err := body(appendState(nil, st))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := parseState(b); err != nil || got != st {
		t.Errorf("got %+v, %v", got, err)
	}
}

// A power cut may leave a file cut at any byte, or with zeros from there on. Every whole event is there, and the spool
// goes on.
func TestTornAtEveryByte(t *testing.T) {
	const events = 12
	data, ends := written(events)
	for cut := range len(data) + 1 {
		whole := -1
		for _, end := range ends {
			if end <= cut {
				whole++
			}
		}
		for name, torn := range map[string][]byte{
			"cut":   data[:cut],
			"zeros": append(bytes.Clone(data[:cut]), make([]byte, len(data)-cut)...),
		} {
			found, damaged := 0, 0
			damaged = scan(torn, func(_, _ int, b []byte) {
				if _, r, err := parseEvent(b); err == nil {
					if found++; r.Sequence != uint64(found) {
						t.Fatalf("%s at %d: event %d is %d", name, cut, found, r.Sequence)
					}
				}
			})
			if found != max(whole, 0) || damaged > 1 {
				t.Fatalf("%s at %d: %d events, %d damaged; want %d events", name, cut, found, damaged, whole)
			}
		}
	}
}

// The same with a real spool, at fewer bytes: it opens, hands out what is whole, and takes more.
func TestSpoolOpensTornFiles(t *testing.T) {
	const events = 4
	data, ends := written(events)
	for cut := 0; cut <= len(data); cut += 7 {
		whole := -1
		for _, end := range ends {
			if end <= cut {
				whole++
			}
		}
		o := options(segmentDir(t, data[:cut]))
		o.MaxWrites = 60
		s := openSpool(t, o)
		put(t, s, o, 100, 102)
		for i := 1; i <= whole; i++ {
			s.Ack(take(t, s, o, i))
		}
		s.Ack(take(t, s, o, 100))
		s.Ack(take(t, s, o, 101))
		st := s.Status()
		closeSpool(t, s)
		if !st.OnDisk {
			t.Fatal(st)
		}
		again := openSpool(t, o)
		if got := again.Status(); got.Losses != st.Losses || got.Waiting != 0 { // damage is counted once
			t.Fatalf("cut at %d: after a restart %+v, want losses %+v", cut, got, st.Losses)
		}
		closeSpool(t, again)
	}
}

// One damaged byte costs one event at most.
func TestFlippedBytes(t *testing.T) {
	const events = 12
	data, _ := written(events)
	for at := len(header); at < len(data); at++ {
		bad := bytes.Clone(data)
		bad[at] ^= 0x55
		records := 0
		damaged := scan(bad, func(_, _ int, b []byte) { records++ })
		if records != events || damaged != 1 { // of events and a state
			t.Fatalf("byte %d: %d records, %d damaged", at, records, damaged)
		}
	}
}

// What is damaged while the spool runs is noticed when it is read.
func TestDamagedWhileWaiting(t *testing.T) {
	data, ends := written(3)
	o := options(segmentDir(t, data))
	s := openSpool(t, o)
	data[ends[2]-3] ^= 1 // in the second event
	if err := os.WriteFile(segmentPath(o.Dir, 1), data, 0o600); err != nil {
		t.Fatal(err)
	}
	take(t, s, o, 1)
	take(t, s, o, 3)
	none(t, s)
	if st := s.Status(); st.Losses.Damaged != 4+1 || st.Waiting != 2 { // 4 are in the state of the file
		t.Errorf("status %+v", st)
	}
}

func TestForeignFilesAreLeftAlone(t *testing.T) {
	dir := t.TempDir()
	names := []string{"README", "1.spool", "zzzzzzzzzzzzzzzz.spool", "0000000000000001.spool.bak"}
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o := options(dir)
	s := openSpool(t, o)
	put(t, s, o, 1, 10)
	closeSpool(t, s)
	for _, name := range names {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != "mine" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// FuzzScan: whatever is in the file, reading ends soon, and what is found are whole records that are in it.
func FuzzScan(f *testing.F) {
	data, ends := written(3)
	f.Add(data)
	f.Add(data[:ends[2]-5])
	f.Add(append([]byte(header), bytes.Repeat(mark, 500)...))
	f.Add([]byte{})
	short := bytes.Clone(data)
	binary.LittleEndian.PutUint32(short[len(header)+4:], 1<<31)
	f.Add(short)
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<18 {
			return
		}
		end := 0
		scan(data, func(offset, size int, b []byte) {
			if offset < end || offset+size > len(data) || len(b)+headSize != size {
				t.Fatalf("record at %d of %d bytes, after %d of %d", offset, size, end, len(data))
			}
			end = offset + size
			if _, r, err := parseEvent(b); err == nil {
				if again := appendEvent(nil, binary.LittleEndian.Uint64(b[1:]), r); len(again) != size {
					t.Fatalf("%d bytes become %d", size, len(again))
				}
			}
			parseState(b)
			if spans, err := parseDone(b); err == nil && len(spans) > 0 && len(appendDone(nil, spans)) != size {
				t.Fatalf("%v were %d bytes", spans, size)
			}
		})
	})
}

// FuzzOpen: a spool opens on any two segments, and works.
func FuzzOpen(f *testing.F) {
	data, ends := written(3)
	f.Add(data, data[:ends[1]])
	f.Add([]byte{}, []byte("nonsense"))
	f.Add(data, appendDone([]byte(header), []span{{2, 2}, {1, 2}}))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		dir := segmentDir(t, first)
		if err := os.WriteFile(segmentPath(dir, 2), second, 0o600); err != nil {
			t.Fatal(err)
		}
		o := options(dir)
		s := Open(o)
		defer s.Close()
		waiting := s.Status().Waiting
		if err := s.Put(record(o, 1<<30)); err != nil {
			t.Fatal(err)
		}
		s.Await()
		for range waiting + 1 {
			id, _, ok := s.Next()
			for end := time.Now().Add(time.Minute); !ok; id, _, ok = s.Next() {
				if s.Status().Waiting == 0 { // dropped as too old
					return
				}
				if time.Now().After(end) {
					t.Fatalf("%d wait and none comes: %+v", waiting, s.Status())
				}
				time.Sleep(time.Millisecond)
			}
			s.Ack(id)
		}
	})
}
