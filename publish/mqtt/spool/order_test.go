package spool

import "testing"

// ofCamera puts an event of a camera.
func ofCamera(t *testing.T, s *Spool, o Options, sequence int, camera string) {
	t.Helper()
	r := record(o, sequence)
	r.Topic = camera + "/event"
	if err := s.Put(r); err != nil {
		t.Fatal(err)
	}
	s.Await()
}

// nextOf takes the next event, which has to be this one, and returns its id.
func nextOf(t *testing.T, s *Spool, sequence uint64) uint64 {
	t.Helper()
	id, r, ok := s.Next()
	if !ok || r.Sequence != sequence {
		t.Fatalf("event %d (%v), want %d", r.Sequence, ok, sequence)
	}
	return id
}

// An event waits until the one before of the same topic is acknowledged; those of others do not wait for it.
func TestOneUnderWayOfEachTopic(t *testing.T) {
	for _, dir := range []string{"", t.TempDir()} {
		o := options(dir)
		o.MaxWrites = 6000
		s := openSpool(t, o)
		for i, camera := range []string{"a", "a", "b", "a", "b", "c"} {
			ofCamera(t, s, o, i+1, camera)
		}
		a1 := nextOf(t, s, 1)
		b3, c6 := nextOf(t, s, 3), nextOf(t, s, 6)
		none(t, s)
		s.Ack(c6)
		none(t, s)
		s.Ack(b3)
		b5 := nextOf(t, s, 5)
		none(t, s)
		s.Ack(a1)
		s.Ack(nextOf(t, s, 2))
		nextOf(t, s, 4)
		none(t, s)
		s.Rewind() // another connection: 4 and 5 were not acknowledged
		a4 := nextOf(t, s, 4)
		if again := nextOf(t, s, 5); again != b5 {
			t.Errorf("event 5 has the id %d, and had %d", again, b5)
		}
		s.Ack(a4)
		s.Ack(b5)
		none(t, s)
		if n := s.Status().Waiting; n != 0 {
			t.Errorf("%d wait", n)
		}
	}
}

// A camera with many events that wait holds up another one for a while only.
func TestLooksAhead(t *testing.T) {
	o := options("")
	s := openSpool(t, o)
	for i := range 2 * lookahead {
		ofCamera(t, s, o, i+1, "busy")
	}
	ofCamera(t, s, o, 2*lookahead+1, "quiet")
	for i := range 2 * lookahead {
		id := nextOf(t, s, uint64(i+1))
		if i+1+lookahead > 2*lookahead { // the other one comes into view
			nextOf(t, s, 2*lookahead+1)
			return
		}
		none(t, s)
		s.Ack(id)
	}
	t.Error("the other camera has waited to the end")
}
