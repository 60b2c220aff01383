package decide

// ring is the window: the last votes.
type ring struct {
	votes []int // room for all of them
	next  int   // where the next one goes
	full  bool
}

func newRing(size int) ring { return ring{votes: make([]int, size)} }

// add lets a vote in, and the oldest out.
func (r *ring) add(v int) {
	r.votes[r.next] = v
	if r.next++; r.next == len(r.votes) {
		r.next, r.full = 0, true
	}
}

// count is how many votes are for v.
func (r *ring) count(v int) (n int) {
	for _, other := range r.all() {
		if other == v {
			n++
		}
	}
	return n
}

// only tells whether there is no vote but for v.
func (r *ring) only(v int) bool { return r.count(v) == len(r.all()) }

// all are the votes, in no order.
func (r *ring) all() []int {
	if r.full {
		return r.votes
	}
	return r.votes[:r.next]
}

// clear forgets all votes.
func (r *ring) clear() { r.next, r.full = 0, false }
