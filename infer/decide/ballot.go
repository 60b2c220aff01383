package decide

import "time"

// ballot is the machine that decides, by votes for numbers: those of candidates, or amounts less one. none, which is no candidate or an
// amount of 0, needs no cooldown. Of amounts only one that was left for a lower one has to cool down, and only to be reached from below.
type ballot struct {
	amounts   bool
	votes     ring
	until     []time.Duration // by number: it is not decided again before; those beyond it have not been left yet
	current   int             // what is decided
	known     bool            // something is, which may be none
	pending   bool            // the last vote was for something else
	since     time.Duration
	previous  int    // what was decided before current
	first     bool   // nothing was
	interrupt string // the reason, if no answer decided it
}

// newBallot has room for votes for so many numbers; for more it takes some when it has to.
func newBallot(window, numbers int) ballot {
	b := ballot{votes: newRing(window), current: none, previous: none}
	b.reserve(numbers)
	return b
}

// vote takes an answer that is for v, whose rules are to; from are those of what is decided. It returns how many of the last answers
// are for v, what keeps it from being decided beside votes, and whether it is decided now.
func (b *ballot) vote(now time.Duration, v int, to, from *rules) (count int, w wait, changed bool) {
	b.votes.add(v)
	count = b.votes.count(v)
	b.pending = !b.known || v != b.current
	if !b.pending {
		return count, wait{}, false
	}
	if w = b.wait(now, v, to, from); count < to.need || w.kind != ready {
		return count, w, false
	}
	if b.current != none && !(b.amounts && v > b.current) {
		b.cool(now + from.cooldown)
	}
	b.change(now, v, "")
	b.pending = false
	return count, w, true
}

// end decides none without an answer, and forgets the votes. It tells whether that has changed.
func (b *ballot) end(now time.Duration, reason string) (changed bool) {
	b.votes.clear()
	b.pending = false
	if b.current == none {
		return false
	}
	b.change(now, none, reason)
	return true
}

// change makes v what is decided.
func (b *ballot) change(now time.Duration, v int, interrupt string) {
	b.previous, b.first = b.current, !b.known
	b.current, b.known, b.since, b.interrupt = v, true, now, interrupt
}

// cool notes until when what is decided, and is left, is not decided again.
func (b *ballot) cool(until time.Duration) {
	b.reserve(b.current + 1)
	b.until[b.current] = until
}

// reserve makes room for so many numbers.
func (b *ballot) reserve(numbers int) {
	for len(b.until) < numbers {
		b.until = append(b.until, longAgo)
	}
}

// wait is what keeps v from being decided, however many votes it has.
func (b *ballot) wait(now time.Duration, v int, to, from *rules) wait {
	if b.current != none {
		if stayed := now - b.since; stayed < from.dwell {
			return wait{dwells, max(stayed, 0), from.dwell}
		}
	}
	if v != none && v < len(b.until) && !(b.amounts && v < b.current) {
		if left := b.until[v] - now; left > 0 {
			return wait{cools, left, to.cooldown}
		}
	}
	return wait{}
}
