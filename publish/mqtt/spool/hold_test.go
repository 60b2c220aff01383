package spool

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// camera holds what is of one camera, by the number in record.
func camera(n string) func(string, int) bool {
	return func(topic string, _ int) bool { return strings.HasPrefix(topic, "cam"+n) }
}

// What is held does not hold up what is behind it, and comes when it may.
func TestHold(t *testing.T) {
	for _, dir := range []string{"", t.TempDir()} {
		o := options(dir)
		s := openSpool(t, o)
		put(t, s, o, 1, 4)
		s.Hold(camera("1"))
		if got := s.Topics(); len(got) != 3 || !slices.Contains(got, "cam1/event/1") {
			t.Errorf("topics %q", got)
		}
		if n := s.Rewind(); n != 2 {
			t.Errorf("%d to send, want 2", n)
		}
		put(t, s, o, 4, 7)
		for _, i := range []int{2, 3, 5, 6} { // 1 and 4 are of camera 1
			s.Ack(take(t, s, o, i))
		}
		none(t, s)
		if st := s.Status(); st.Waiting != 2 || st.Held != 2 {
			t.Errorf("status %+v", st)
		}
		put(t, s, o, 8, 9)
		sent := take(t, s, o, 8) // on its way
		s.Hold(nil)
		for _, i := range []int{1, 4} {
			s.Ack(take(t, s, o, i))
		}
		none(t, s)
		s.Ack(sent)
		if st := s.Status(); st.Waiting != 0 || st.Held != 0 {
			t.Errorf("status %+v", st)
		}
	}
}

// A rule may go by length, also of what is on the disk alone.
func TestHoldByLength(t *testing.T) {
	o := options(t.TempDir())
	s := openSpool(t, o)
	put(t, s, o, 1, 100)
	want := 0
	for i := range 99 {
		if len(record(o, i+1).Payload) > 120 {
			want++
		}
	}
	again := func(s *Spool) {
		s.Hold(func(_ string, payload int) bool { return payload > 120 })
		if got := s.Status().Held; got != want || want == 0 {
			t.Errorf("%d held, want %d", got, want)
		}
	}
	again(s)
	closeSpool(t, s)
	again(openSpool(t, o))
}

// What was acknowledged behind an event that is held is not handed out again by the next process, even if much has
// happened in between.
func TestDoneSurvives(t *testing.T) {
	o := options(t.TempDir())
	o.MaxBytes = MinBytes
	const processes, each = 6, 120
	for p := range processes { // together they need several segments
		s := openSpool(t, o)
		s.Hold(camera("1"))
		none(t, s)
		for i := p*each + 1; i <= (p+1)*each; i++ {
			put(t, s, o, i, i+1)
			if i%3 != 1 {
				s.Ack(take(t, s, o, i))
			}
		}
		closeSpool(t, s)
	}
	if files, err := os.ReadDir(o.Dir); err != nil || len(files) < 3 { // two segments and the lock
		t.Errorf("%v, %v: too few segments for this test", files, err)
	}
	s := openSpool(t, o)
	for i := 1; i <= processes*each; i += 3 {
		s.Ack(take(t, s, o, i))
	}
	none(t, s)
}

func TestSpans(t *testing.T) {
	var spans []span
	for _, o := range []uint64{5, 6, 7, 9, 3, 4} {
		spans = addSpan(spans, o)
	}
	if want := []span{{5, 7}, {9, 9}, {3, 4}}; !slices.Equal(spans, want) {
		t.Errorf("%v, want %v", spans, want)
	}
	spans = sortSpans(append(spans, span{4, 6}, span{20, 1 << 63}))
	if want := []span{{3, 7}, {9, 9}, {20, 1 << 63}}; !slices.Equal(spans, want) {
		t.Errorf("%v, want %v", spans, want)
	}
	for o, want := range map[uint64]bool{0: false, 2: false, 3: true, 7: true, 8: false, 9: true, 10: false, 19: false, 1 << 40: true} {
		if contains(spans, o) != want {
			t.Errorf("%d: %v", o, !want)
		}
	}
	many := make([]span, 3*maxSpans/2)
	var got []span
	scan(appendDone(nil, many), func(_, _ int, b []byte) {
		some, err := parseDone(b)
		if err != nil {
			t.Error(err)
		}
		got = append(got, some...)
	})
	if !slices.Equal(got, many) {
		t.Errorf("%d spans, want %d", len(got), len(many))
	}
}

// A state is written soon after an acknowledgement behind what is held: a kill loses little.
func TestDoneIsWrittenSoon(t *testing.T) {
	o := options(t.TempDir())
	s := openSpool(t, o)
	s.Hold(camera("1"))
	put(t, s, o, 1, 4)
	s.Ack(take(t, s, o, 2))
	s.Ack(take(t, s, o, 3))
	put(t, s, o, 4, 5) // with the next write, if not before
	killed := o
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		killed.Dir = crash(t, s)
		k := openSpool(t, killed)
		waiting := k.Status().Waiting
		closeSpool(t, k)
		if waiting == 2 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d wait", waiting)
		}
	}
}
