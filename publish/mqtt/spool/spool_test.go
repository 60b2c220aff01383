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
	"testing"
	"time"
)

func TestOrderAckAndRewind(t *testing.T) {
	for name, dir := range map[string]string{"disk": t.TempDir(), "memory": ""} {
		t.Run(name, func(t *testing.T) {
			o := options(dir)
			s := openSpool(t, o)
			put(t, s, o, 1, 6)
			for i := 1; i < 4; i++ {
				if id := take(t, s, o, i); i < 3 {
					s.Ack(id)
					s.Ack(id) // once more does nothing
				}
			}
			if n := s.Rewind(); n != 3 {
				t.Errorf("%d wait, want 3", n)
			}
			for i := 3; i < 6; i++ {
				s.Ack(take(t, s, o, i))
			}
			none(t, s)
			if st := s.Status(); st.Waiting != 0 || st.OnDisk != (dir != "") || st.Reason != nil || st.Losses != (Losses{}) {
				t.Errorf("status %+v", st)
			}
		})
	}
}

func TestWaitsForTheDiskBeforeItHandsOut(t *testing.T) {
	disk := newDisk()
	o := options(t.TempDir())
	s := openWith(t, o, disk.create)
	disk.mu.Lock() // the disk hangs
	begin := time.Now()
	put(t, s, o, 1, 20) // and nobody waits long for it
	if took := time.Since(begin); took > time.Second {
		t.Errorf("19 events took %v", took)
	}
	none(t, s)
	disk.mu.Unlock()
	for i := 1; i < 20; i++ {
		take(t, s, o, i)
	}
}

// At the end nothing waits for a disk.
func TestHurry(t *testing.T) {
	disk := newDisk()
	o := options(t.TempDir())
	s := openWith(t, o, disk.create)
	disk.mu.Lock()
	begin := time.Now()
	put(t, s, o, 1, 2)
	if _, _, ok := s.Next(); ok && time.Since(begin) < patience {
		t.Error("handed out before it is on the disk")
	}
	s.Hurry()
	s.Ack(take(t, s, o, 1))
	disk.mu.Unlock()
}

// A disk that hangs for long holds nothing up: events go on without it.
func TestHangingDisk(t *testing.T) {
	t.Parallel()
	disk := newDisk()
	o := options(t.TempDir())
	s := openWith(t, o, disk.create)
	disk.mu.Lock()
	put(t, s, o, 1, 3)
	s.Ack(take(t, s, o, 1))
	s.Ack(take(t, s, o, 2))
	if err := s.Close(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("Close of a hanging disk: %v", err)
	}
	disk.mu.Unlock()
	<-s.done
}

func TestSurvivesRestartAndKill(t *testing.T) {
	for _, writes := range []int{0, 60} {
		o := options(t.TempDir())
		o.MaxWrites = writes
		s := openSpool(t, o)
		put(t, s, o, 1, 101)
		for !s.Await() { // a busy disk is given up at once
			time.Sleep(time.Millisecond)
		}
		for i := 1; i < 31; i++ {
			s.Ack(take(t, s, o, i))
		}
		killed := o
		killed.Dir = crash(t, s)
		closeSpool(t, s)

		again := openSpool(t, o) // after Close the acknowledgements are on the disk
		if got := again.Last("boot"); got != 100 {
			t.Errorf("last sequence %d, want 100", got)
		}
		for i := 31; i < 101; i++ {
			again.Ack(take(t, again, o, i))
		}
		none(t, again)

		k := openSpool(t, killed) // after a kill perhaps not, but nothing is lost
		first := next(t, k)
		if first > 31 {
			t.Fatalf("first after a kill is %d, want 31 or less", first)
		}
		for i := int(first) + 1; i < 101; i++ {
			take(t, k, o, i)
		}
		none(t, k)
	}
}

func TestManyRestartsKeepOrder(t *testing.T) {
	o := options(t.TempDir())
	o.MaxWrites = 60
	next := 1
	for range 30 {
		s := openSpool(t, o)
		n := rand.IntN(20)
		put(t, s, o, next, next+n)
		next += n
		closeSpool(t, s)
	}
	s := openSpool(t, o)
	for i := 1; i < next; i++ {
		s.Ack(take(t, s, o, i))
	}
	none(t, s)
	eventually(t, "old segments to go", func() bool { return s.Status().Bytes <= block })
}

func TestBytesAreLimited(t *testing.T) {
	o := options(t.TempDir())
	o.MaxBytes, o.MaxWrites = MinBytes, 60
	s := openSpool(t, o)
	const count = 3000
	put(t, s, o, 1, count+1)
	eventually(t, "all to be written", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.firstUnwritten() == len(s.queue)
	})
	if size := dirSize(t, o.Dir); size > o.MaxBytes {
		t.Errorf("%d bytes on the disk, want at most %d", size, o.MaxBytes)
	}
	st := s.Status()
	if st.Losses.Bytes == 0 || st.Losses.Bytes+uint64(st.Waiting) != count {
		t.Errorf("status %+v: lost and waiting are not %d", st, count)
	}
	if st.Bytes < o.MaxBytes/2 {
		t.Errorf("only %d bytes are used", st.Bytes)
	}
	for i := count - st.Waiting + 1; i <= count; i++ { // the newest are there, in order
		take(t, s, o, i)
	}
	closeSpool(t, s)
	again := openSpool(t, o) // and the count survives
	if got := again.Status(); got.Losses != st.Losses || got.Waiting != st.Waiting {
		t.Errorf("after a restart %+v, want %+v", got, st)
	}
}

func TestMemoryIsLimited(t *testing.T) {
	o := options("")
	s := openSpool(t, o)
	const count, size = 200, 50_000
	for i := range count {
		r := record(o, i+1)
		r.Payload = bytes.Repeat([]byte{'x'}, size)
		if err := s.Put(r); err != nil {
			t.Fatal(err)
		}
	}
	st := s.Status()
	if want := memoryLimit / size; st.Waiting > want || st.Waiting < want-1 || st.Losses.Memory+uint64(st.Waiting) != count {
		t.Errorf("status %+v", st)
	}
	if got := next(t, s); got != uint64(count-st.Waiting+1) {
		t.Errorf("the first is %d", got)
	}
}

// What is in memory beside the disk is bounded too, and read back.
func TestPayloadsAreReadBack(t *testing.T) {
	o := options(t.TempDir())
	s := openSpool(t, o)
	const count = 3000
	put(t, s, o, 1, count+1)
	eventually(t, "all to be synced", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.unsynced()) == 0
	})
	s.mu.Lock()
	if s.memory > 0 || s.cached > cacheLimit || s.cached < cacheLimit/2 {
		t.Errorf("%d bytes are in memory only and %d as well", s.memory, s.cached)
	}
	s.mu.Unlock()
	for i := 1; i <= count; i++ {
		s.Ack(take(t, s, o, i))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.memory != 0 || s.cached != 0 {
		t.Errorf("%d and %d bytes left in an empty spool", s.memory, s.cached)
	}
}

func TestAge(t *testing.T) {
	clock := newClock("boot")
	o := options(t.TempDir())
	o.Now = clock.Now
	s := openSpool(t, o)
	put(t, s, o, 1, 3)
	clock.set(func(m *Moment) { m.Time = m.Time.AddDate(10, 0, 0) }) // a jump makes nothing older
	clock.set(func(m *Moment) { m.Monotonic += 40 * time.Minute })
	put(t, s, o, 3, 4)
	if st := s.Status(); st.Waiting != 3 {
		t.Fatalf("status %+v", st)
	}
	clock.set(func(m *Moment) { m.Time = time.Unix(0, 0); m.Monotonic += 25 * time.Minute })
	take(t, s, o, 3)
	if st := s.Status(); st.Waiting != 1 || st.Losses.Age != 2 {
		t.Errorf("status %+v", st)
	}
	closeSpool(t, s)
	if st := openSpool(t, o).Status(); st.Waiting != 1 || st.Losses.Age != 2 {
		t.Errorf("after a restart: %+v", st)
	}
}

func TestAgeOverBoots(t *testing.T) {
	day := 24 * time.Hour
	epoch := time.Unix(1_700_000_000, 0)
	old := Moment{Boot: "a", Monotonic: 9 * time.Hour, Time: epoch, ClockSynced: true}
	unset := old
	unset.ClockSynced = false
	for name, test := range map[string]struct {
		m, now Moment
		want   time.Duration
	}{
		"same boot":               {old, Moment{"a", 10 * time.Hour, epoch.Add(-day), false}, time.Hour},
		"another, both set":       {old, Moment{"b", time.Minute, epoch.Add(day), true}, day},
		"another, set back":       {old, Moment{"b", time.Minute, epoch.Add(-day), true}, time.Minute},
		"another, not set now":    {old, Moment{"b", time.Minute, epoch.Add(day), false}, time.Minute},
		"another, not set before": {unset, Moment{"b", time.Minute, epoch.Add(day), true}, time.Minute},
	} {
		if got := age(test.m, test.now); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

// Cuts the power again and again, at random moments. What was safe is there, in order, and so are the counts.
func TestPowerCuts(t *testing.T) {
	o := options(t.TempDir())
	o.MaxBytes = MinBytes
	waiting, next := 0, 1 // the events from next-waiting to next-1 wait
	for range 60 {
		d := newDisk()
		s := openWith(t, o, d.create)
		begin := next
		for range rand.IntN(60) {
			put(t, s, o, next, next+1)
			eventually(t, "it to be safe", s.Await)
			next, waiting = next+1, waiting+1
		}
		for acks := rand.IntN(waiting + 1); acks > 0; {
			id, r, ok := s.Next()
			if !ok {
				t.Fatal("an event is missing")
			}
			s.Ack(id)
			if int(r.Sequence) == next-waiting { // else it was acknowledged before, and the disk did not know yet
				waiting, acks = waiting-1, acks-1
			}
		}
		if rand.IntN(2) == 0 {
			put(t, s, o, next, next+1) // which is just being written, perhaps
		}
		losses := s.Status().Losses
		o.Dir = d.powerCut(t, o.Dir)
		again := openWith(t, o, newDisk().create)
		_, r, ok := again.Next()
		for ok && int(r.Sequence) < next-waiting { // acknowledged, and the disk did not know yet
			_, r, ok = again.Next()
		}
		for i := next - waiting; i < next; i++ {
			if !ok || r.Sequence != uint64(i) {
				t.Fatalf("event %d is not there (of %d to %d, %d on before)", i, next-waiting, next-1, begin)
			}
			_, r, ok = again.Next()
		}
		if got := again.Status().Losses; got.Bytes != losses.Bytes || got.Age != losses.Age {
			t.Errorf("losses %+v, want %+v", got, losses)
		}
		if ok { // the one that was being written has made it
			next, waiting = next+1, waiting+1
		}
		closeSpool(t, again)
	}
}

// A disk in trouble costs no event and no time; when it is well again, all is written.
func TestDiskTrouble(t *testing.T) {
	for name, trouble := range map[string]func(d *disk, on bool){
		"full": func(d *disk, on bool) {
			d.room.Store(1 << 40)
			if on {
				d.room.Store(100)
			}
		},
		"write":         func(d *disk, on bool) { d.failWrite.Store(on) },
		"no way back":   func(d *disk, on bool) { d.failWrite.Store(on); d.failTruncate.Store(on) },
		"sync":          func(d *disk, on bool) { d.failSync.Store(on) },
		"read-only":     func(d *disk, on bool) { d.failWrite.Store(on); d.failCreate.Store(on); d.failTruncate.Store(on) },
		"sync and full": func(d *disk, on bool) { d.failSync.Store(on); d.failCreate.Store(on) },
	} {
		for _, writes := range []int{0, 6000} {
			t.Run(fmt.Sprintf("%s, %d writes", name, writes), func(t *testing.T) {
				t.Parallel() // they wait for the next attempt
				testTrouble(t, writes, trouble)
			})
		}
	}
}

func testTrouble(t *testing.T, writes int, trouble func(*disk, bool)) {
	d := newDisk()
	var reports sync.Map
	o := options(t.TempDir())
	o.MaxWrites = writes
	o.Report = func(s Status) { reports.Store(s.OnDisk, true) }
	s := openWith(t, o, d.create)
	put(t, s, o, 1, 11)
	s.Ack(take(t, s, o, 1))
	trouble(d, true)
	begin := time.Now()
	put(t, s, o, 11, 200)
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("189 events took %v", took)
	}
	eventually(t, "the trouble to be told", func() bool { return !s.Status().OnDisk })
	for i := 2; i < 100; i++ { // all goes on
		s.Ack(take(t, s, o, i))
	}
	trouble(d, false)
	end := time.Now()
	eventually(t, "the disk to be used again", func() bool { return s.Status().OnDisk })
	t.Logf("recovered after %v", time.Since(end))
	put(t, s, o, 200, 210)
	k := o
	k.Dir, k.Report = crash(t, s), nil
	for i := 100; i < 210; i++ {
		s.Ack(take(t, s, o, i))
	}
	for _, onDisk := range []bool{true, false} {
		if _, ok := reports.Load(onDisk); !ok {
			t.Errorf("on disk: %t was never told", onDisk)
		}
	}
	again := openSpool(t, k) // killed right then: nothing is lost
	sequence := next(t, again)
	for sequence < 100 { // the acknowledgements are not on the disk yet
		sequence = next(t, again)
	}
	for i := uint64(100); i < 210; i++ {
		if sequence != i {
			t.Fatalf("after a kill: got %d, want %d", sequence, i)
		}
		if i < 209 {
			sequence = next(t, again)
		}
	}
	none(t, again)
}

func TestBadDirectories(t *testing.T) {
	dir := t.TempDir()
	plain := filepath.Join(dir, "file")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	taken := filepath.Join(dir, "taken")
	openSpool(t, options(taken))
	for _, bad := range []string{plain, filepath.Join(plain, "below"), taken, "/proc/nothing"} {
		o := options(bad)
		s := openSpool(t, o)
		if st := s.Status(); st.OnDisk || st.Reason == nil || !strings.HasPrefix(st.Reason.Error(), "spool: ") {
			t.Errorf("%s: %+v", bad, st)
		}
		put(t, s, o, 1, 3)
		s.Ack(take(t, s, o, 1))
		s.Ack(take(t, s, o, 2))
	}
}

// A directory that becomes usable later is used, and what it has comes first.
func TestDirectoryComesLater(t *testing.T) {
	t.Parallel()
	o := options(t.TempDir())
	first := openSpool(t, o)
	put(t, first, o, 1, 4)
	s := openSpool(t, o) // locked
	put(t, s, o, 4, 6)
	fourth := take(t, s, o, 4)
	closeSpool(t, first)
	eventually(t, "the directory to be used", func() bool { return s.Status().OnDisk })
	s.Ack(fourth)
	for _, i := range []int{1, 2, 3, 5} {
		s.Ack(take(t, s, o, i))
	}
	none(t, s)
}

func TestDeletedDirectory(t *testing.T) {
	t.Parallel()
	o := options(filepath.Join(t.TempDir(), "spool"))
	s := openSpool(t, o)
	put(t, s, o, 1, 3)
	if err := os.RemoveAll(o.Dir); err != nil {
		t.Fatal(err)
	}
	put(t, s, o, 3, 5)
	eventually(t, "it to be made again", func() bool {
		files, _ := os.ReadDir(o.Dir)
		return len(files) > 0 && s.Status().OnDisk
	})
	put(t, s, o, 5, 6)
	k := o
	k.Dir = crash(t, s)
	again := openSpool(t, k)
	for i := next(t, again) + 1; i < 6; i++ {
		take(t, again, o, int(i))
	}
}

func TestSyncs(t *testing.T) {
	count := func(t *testing.T, writes int, ack bool) int64 {
		d := newDisk()
		o := options(t.TempDir())
		o.MaxWrites = writes
		s := openWith(t, o, d.create)
		for i := range 50 {
			put(t, s, o, i+1, i+2)
			if id := take(t, s, o, i+1); ack {
				s.Ack(id)
			}
		}
		if !ack && writes > 0 {
			eventually(t, "a sync", func() bool { return d.syncs.Load() > 0 })
		}
		time.Sleep(2 * grace) // for syncs that should not be
		return d.syncs.Load()
	}
	if n := count(t, 0, true); n < 50 {
		t.Errorf("without a limit %d syncs for 50 events", n)
	}
	if n := count(t, 60, true); n > 3 { // none, unless the machine is slow
		t.Errorf("%d syncs although all was acknowledged at once", n)
	}
	if n := count(t, 6, false); n > 3 {
		t.Errorf("%d syncs at once, want at most half of 6", n)
	}
}

func TestBudget(t *testing.T) {
	for _, limit := range []int{1, 2, 3, 6, 59, 60, 600} {
		b := newBudget(limit)
		var spent []time.Duration
		for now := time.Duration(0); now < 10*time.Minute; now += time.Duration(1+rand.IntN(50)) * time.Millisecond {
			if now > 3*time.Minute && now < 5*time.Minute {
				now = 5 * time.Minute // an idle while
			}
			if b.next(now) <= now {
				b.spend(now)
				spent = append(spent, now)
			}
		}
		for i := range spent {
			if i >= limit && spent[i]-spent[i-limit] < time.Minute {
				t.Fatalf("limit %d: more in the minute after %v", limit, spent[i-limit])
			}
		}
		if len(spent) < limit*4-1 { // in eight minutes, at half the limit
			t.Errorf("limit %d: only %d in eight minutes", limit, len(spent))
		}
	}
	b := newBudget(0)
	if b.next(5) != 5 {
		t.Error("without a limit it waits")
	}
}

func TestRefuses(t *testing.T) {
	o := options("")
	s := openSpool(t, o)
	r := record(o, 1)
	r.Payload = make([]byte, maxBody)
	if err := s.Put(r); err == nil {
		t.Error("an event that is too large: no error")
	}
	closeSpool(t, s)
	if err := s.Put(record(o, 1)); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestConcurrentUse(t *testing.T) {
	o := options(t.TempDir())
	o.MaxWrites = 600
	s := openSpool(t, o)
	const count = 2000
	var putting sync.WaitGroup
	defer putting.Wait()
	putting.Go(func() {
		for i := range count {
			if err := s.Put(record(o, i+1)); err != nil {
				t.Error(err)
			}
			if i%100 == 0 {
				s.Await()
				s.Status()
			}
		}
	})
	for i := 1; i <= count; i++ {
		s.Ack(take(t, s, o, i))
		if i%97 == 0 {
			s.Rewind()
		}
	}
	none(t, s)
}

// What was written is counted to the byte, also what is not there any more.
func TestWritten(t *testing.T) {
	o := options(t.TempDir())
	s := openSpool(t, o)
	put(t, s, o, 1, 51)
	closeSpool(t, s)
	size := int64(0)
	files, err := filepath.Glob(filepath.Join(o.Dir, "*.spool"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		is, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		size += is.Size()
	}
	if got := s.Status().Written; got != size || got == 0 {
		t.Errorf("%d bytes are written, %d on the disk", got, size)
	}
}
