package spool

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeClock is a machine's clocks, moved by hand.
type fakeClock struct {
	mu  sync.Mutex
	now Moment
}

func newClock(boot string) *fakeClock {
	return &fakeClock{now: Moment{Boot: boot, Monotonic: time.Minute, Time: time.Unix(1_700_000_000, 0), ClockSynced: true}}
}

func (c *fakeClock) Now() Moment {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) set(change func(*Moment)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(&c.now)
}

func options(dir string) Options {
	return Options{Dir: dir, MaxBytes: 1 << 20, MaxAge: time.Hour, MaxWrites: 0, Now: newClock("boot").Now}
}

func openSpool(t *testing.T, o Options) *Spool { return openWith(t, o, createFile) }

func openWith(t *testing.T, o Options, create func(string) (file, error)) *Spool {
	t.Helper()
	s := open(o, create)
	t.Cleanup(func() { closeSpool(t, s) })
	return s
}

// closeSpool closes s, and waits for a disk that has other work.
func closeSpool(t *testing.T, s *Spool) {
	t.Helper()
	if err := s.Close(); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
	<-s.done
}

// record is an event of one of three cameras, with a topic of its own: it need not wait for others.
func record(o Options, sequence int) Record {
	return Record{
		Moment: o.Now(), Sequence: uint64(sequence), Topic: fmt.Sprintf("cam%d/event/%d", sequence%3, sequence),
		Payload: fmt.Appendf(nil, `{"sequence":%d,"text":"%s"}`, sequence, strings.Repeat("x", sequence%200)),
	}
}

func put(t *testing.T, s *Spool, o Options, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		if err := s.Put(record(o, i)); err != nil {
			t.Fatal(err)
		}
		s.Await()
	}
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within a minute: %s", what)
		}
	}
}

// take waits for the next event and checks that it is this one. It returns its id.
func take(t *testing.T, s *Spool, o Options, sequence int) uint64 {
	t.Helper()
	var id uint64
	var r Record
	eventually(t, fmt.Sprint("event ", sequence), func() (ok bool) {
		id, r, ok = s.Next()
		return ok
	})
	want := record(o, sequence)
	if r.Sequence != want.Sequence || r.Topic != want.Topic || !bytes.Equal(r.Payload, want.Payload) || r.Boot != want.Boot {
		t.Fatalf("got %d %s %s, want %d %s %s", r.Sequence, r.Topic, r.Payload, want.Sequence, want.Topic, want.Payload)
	}
	return id
}

// next is the sequence of the next event, which must be there.
func next(t *testing.T, s *Spool) uint64 {
	t.Helper()
	_, r, ok := s.Next()
	if !ok {
		t.Fatal("an event is missing")
	}
	return r.Sequence
}

func none(t *testing.T, s *Spool) {
	t.Helper()
	if _, r, ok := s.Next(); ok {
		t.Fatalf("one too many: %d", r.Sequence)
	}
}

// crash is what a process that is killed now would leave: a copy of its directory.
func crash(t *testing.T, s *Spool) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(s.o.Dir)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// dirSize is what the files of a directory take, in whole blocks.
func dirSize(t *testing.T, dir string) (size int64) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		size += (info.Size() + block - 1) / block * block
	}
	return size
}

// disk makes files that fail as told.
type disk struct {
	mu             sync.Mutex // held: the disk hangs
	failCreate     atomic.Bool
	failWrite      atomic.Bool
	failTruncate   atomic.Bool
	failSync       atomic.Bool  // and loses what was written, as Linux may
	room           atomic.Int64 // bytes until it is full
	creates, syncs atomic.Int64
	errno          syscall.Errno
	synced         sync.Map // name of a file to the size that is safe
}

func newDisk() *disk {
	d := &disk{errno: syscall.ENOSPC}
	d.room.Store(1 << 40)
	return d
}

type diskFile struct {
	*os.File
	disk *disk
}

func (d *disk) create(path string) (file, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.creates.Add(1)
	if d.failCreate.Load() {
		return nil, &os.PathError{Op: "open", Path: path, Err: d.errno}
	}
	f, err := createFile(path)
	if err != nil {
		return nil, err
	}
	d.synced.Store(filepath.Base(path), int64(0))
	return diskFile{f.(*os.File), d}, nil
}

// Write writes a part of p when there is no room for all of it.
func (f diskFile) Write(p []byte) (int, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	size := int64(len(p))
	n := min(size, max(f.disk.room.Add(-size)+size, 0))
	if f.disk.failWrite.Load() {
		n = size / 2
	}
	if n == size {
		return f.File.Write(p)
	}
	f.File.Write(p[:n])
	return int(n), &os.PathError{Op: "write", Path: f.Name(), Err: f.disk.errno}
}

func (f diskFile) Truncate(size int64) error {
	if f.disk.failTruncate.Load() {
		return f.disk.errno
	}
	return f.File.Truncate(size)
}

// Sync does nothing more: the real thing is slow, and no test looks at the platters.
func (f diskFile) Sync() error {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	f.disk.syncs.Add(1)
	if f.disk.failSync.Load() {
		f.File.Truncate(0)
		return f.disk.errno
	}
	info, err := f.File.Stat()
	if err == nil {
		f.disk.synced.Store(filepath.Base(f.Name()), info.Size())
	}
	return err
}

// powerCut is what the disk has of a directory when the power goes now: what was synced, and any part of the rest, true
// or not.
func (d *disk) powerCut(t *testing.T, dir string) (after string) {
	t.Helper()
	after = t.TempDir()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if errors.Is(err, os.ErrNotExist) {
			return d.powerCut(t, dir) // removed just now: that was not the moment
		}
		if err != nil {
			t.Fatal(err)
		}
		safe, ok := d.synced.Load(f.Name())
		if !ok { // it is older
			safe = int64(len(data))
		}
		if safe == int64(0) && rand.IntN(2) == 0 {
			continue // not even its name
		}
		rest := data[safe.(int64):]
		switch rand.IntN(3) {
		case 0:
			clear(rest)
		case 1:
			for i := range rest {
				rest[i] = byte(rand.Int())
			}
		}
		data = append(data[:safe.(int64):safe.(int64)], rest[:rand.IntN(len(rest)+1)]...)
		if err := os.WriteFile(filepath.Join(after, f.Name()), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return after
}
