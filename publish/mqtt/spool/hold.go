package spool

import (
	"maps"
	"slices"
)

// ToSend is how many events can be sent.
func (s Status) ToSend() int { return s.Waiting - s.Held }

// Hold keeps events back for which hold says so, by their topic and the length of their payload in bytes: they wait as long as
// this rule is in force. Those behind them do not wait. nil lets all go.
func (s *Spool) Hold(hold func(topic string, payload int) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hold, s.held, s.next = hold, 0, 0
	for _, e := range s.queue {
		s.judge(e)
	}
	signal(s.ready)
	signal(s.wake) // to report it
}

// Topics are those of all events that wait, in their order.
func (s *Spool) Topics() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := map[string]bool{}
	for _, e := range s.queue {
		seen[e.Topic] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

// payload is the length of the event's payload, whether it is in memory or not.
func (e *entry) payload() int { return e.size - recordSize(Record{Moment: e.Moment, Topic: e.Topic}) }

// The methods below are called with mu held.

// judge tells whether e, which is not in the count of those that are held, is one of them.
func (s *Spool) judge(e *entry) {
	if e.held = s.hold != nil && s.hold(e.Topic, e.payload()); e.held {
		s.held++
	}
}

// noteDone notes an event on the disk that is gone, where others before it wait: see acked.
func (s *Spool) noteDone(e *entry) {
	if e.place.ordinal > s.acked(e.place.ordinal) {
		s.beyond = addSpan(s.beyond, e.place.ordinal)
	}
}
