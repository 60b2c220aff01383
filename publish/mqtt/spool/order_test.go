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

// An event waits until the one before of the same topic is acknowledged, and all that happened after it wait with it.
func TestOneUnderWayOfEachTopic(t *testing.T) {
	for _, dir := range []string{"", t.TempDir()} {
		o := options(dir)
		o.MaxWrites = 6000
		s := openSpool(t, o)
		for i, camera := range []string{"a", "b", "a", "c", "b"} {
			ofCamera(t, s, o, i+1, camera)
		}
		a1, b2 := nextOf(t, s, 1), nextOf(t, s, 2)
		none(t, s)
		s.Ack(b2)
		none(t, s)
		s.Ack(a1)
		a3, c4, b5 := nextOf(t, s, 3), nextOf(t, s, 4), nextOf(t, s, 5)
		none(t, s)
		s.Ack(c4)
		s.Rewind() // another connection: 3 and 5 were not acknowledged
		if again := nextOf(t, s, 3); again != a3 {
			t.Errorf("event 3 has the id %d, and had %d", again, a3)
		}
		if again := nextOf(t, s, 5); again != b5 {
			t.Errorf("event 5 has the id %d, and had %d", again, b5)
		}
		s.Ack(a3)
		s.Ack(b5)
		none(t, s)
		if n := s.Status().Waiting; n != 0 {
			t.Errorf("%d wait", n)
		}
	}
}
