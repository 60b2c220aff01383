package decide

import (
	"slices"
	"time"
)

// State is what a [Decider] remembers of the frames so far, so that another one, elsewhere, goes on where it was. Candidates are told by
// their labels and moments as Step was told them: the other may have other rules, and what it does not know it forgets.
type State struct {
	Votes     []string      `json:"votes"`   // of the last answers, the oldest first; empty: for none
	Current   string        `json:"current"` // what is decided; empty: none, or nothing yet
	Known     bool          `json:"known"`   // something is, which may be none
	Pending   bool          `json:"pending"` // the last vote was for something else
	Since     time.Duration `json:"since_ns"`
	Previous  string        `json:"previous"`
	First     bool          `json:"first"`               // nothing was decided before
	Interrupt string        `json:"interrupt,omitempty"` // the reason, if no answer decided it
	Cooling   []Cooling     `json:"cooling,omitempty"`
	Enter     float64       `json:"enter"` // as SetEnter left it
	Top       TopState      `json:"top"`
}

// Cooling says until when what was left is not decided again.
type Cooling struct {
	Label string        `json:"label"`
	Until time.Duration `json:"until_ns"`
}

// TopState is the top class of the last answer.
type TopState struct {
	Known bool          `json:"known"` // there was an answer
	Found bool          `json:"found"`
	Index int           `json:"index"`
	Since time.Duration `json:"since_ns"`
}

// State is what d remembers. It is the caller's.
func (d *Decider) State() State {
	s := State{
		Current: d.name(d.current), Known: d.known, Pending: d.pending, Since: d.since, Previous: d.name(d.previous), First: d.first,
		Interrupt: d.interrupt, Enter: d.options.Enter,
		Top: TopState{d.top.known, d.top.Found, d.top.Class.Index, d.top.Since},
	}
	for _, v := range d.votes.inOrder() {
		s.Votes = append(s.Votes, d.name(v))
	}
	for i, until := range d.until {
		if until != longAgo {
			s.Cooling = append(s.Cooling, Cooling{d.name(i), until})
		}
	}
	return s
}

// Restore makes d remember s, whatever it has seen. Whoever made s need not be trusted: what makes no sense is forgotten.
func (d *Decider) Restore(s *State) {
	find := func(label string) int {
		return slices.IndexFunc(d.candidates, func(c candidate) bool { return c.name == label })
	}
	d.ballot = newBallot(d.options.Window, len(d.candidates))
	for _, label := range s.Votes[max(len(s.Votes)-d.options.Window, 0):] {
		d.votes.add(find(label))
	}
	d.current, d.known, d.pending, d.since = find(s.Current), s.Known, s.Pending, s.Since
	d.previous, d.first, d.interrupt = find(s.Previous), s.First, s.Interrupt
	for _, c := range s.Cooling {
		if i := find(c.Label); i != none {
			d.until[i] = c.Until
		}
	}
	if checkShare("enter", s.Enter) == nil {
		d.SetEnter(s.Enter)
	}
	d.top.Top, d.top.known = Top{Found: s.Top.Found, Since: s.Top.Since}, s.Top.Known
	d.top.Class.Index = s.Top.Index
}

// TallyState is what a [Tally] remembers, as State is of a Decider.
type TallyState struct {
	Answers int         `json:"answers"` // since the start, or an interrupt
	Came    int         `json:"came"`    // of Told, that were not known beforehand
	Told    []ItemState `json:"told"`    // in the order in which they came
	Tried   []ItemState `json:"tried,omitempty"`
}

// ItemState is what is remembered of a label. Amounts are things, or twentieths.
type ItemState struct {
	Label     string          `json:"label"`
	Votes     []int           `json:"votes"` // of the last answers, the oldest first
	N         int             `json:"n"`     // what is decided
	Known     bool            `json:"known"` // something is, which may be 0
	Pending   bool            `json:"pending"`
	Since     time.Duration   `json:"since_ns"`
	Previous  int             `json:"previous"`
	First     bool            `json:"first"`
	Interrupt string          `json:"interrupt,omitempty"`
	Until     []time.Duration `json:"until_ns,omitempty"` // of the amounts from 1 on, until when each is not reached again from below
}

// State is what t remembers. It is the caller's.
func (t *Tally) State() TallyState {
	s := TallyState{Answers: t.answers, Came: t.came}
	for _, it := range t.list {
		s.Told = append(s.Told, it.state())
	}
	for _, it := range t.tried {
		s.Tried = append(s.Tried, it.state())
	}
	return s
}

// state is what is remembered of an item.
func (it *item) state() ItemState {
	s := ItemState{
		Label: it.name, N: it.current + 1, Known: it.known, Pending: it.pending, Since: it.since, Previous: it.previous + 1, First: it.first,
		Interrupt: it.interrupt, Until: slices.Clone(it.until),
	}
	for _, v := range it.votes.inOrder() {
		s.Votes = append(s.Votes, v+1)
	}
	return s
}

// Restore makes t remember s, whatever it has seen; see [Decider.Restore]. Labels that are counted from the start on stay so.
func (t *Tally) Restore(s *TallyState) {
	t.tried, t.is = nil, nil
	t.answers, t.came = max(s.Answers, 0), min(max(t.came, s.Came), t.most)
	known := len(t.list)
	for i := range s.Told {
		name, of, ok := t.counted(s.Told[i].Label)
		if ok && t.told[name] == nil && len(t.list) < known+t.came {
			t.add(t.fresh(name, of))
		}
		if it := t.told[name]; it != nil {
			it.restore(&s.Told[i], t.options.Window)
		}
	}
	for i := range s.Tried[:min(len(s.Tried), maxCame)] {
		if name, of, ok := t.counted(s.Tried[i].Label); ok && t.told[name] == nil {
			it := t.fresh(name, of)
			it.restore(&s.Tried[i], t.options.Window)
			t.tried = append(t.tried, it)
		}
	}
}

// mostAmount is more than any frame shows of a label.
const mostAmount = 10_000

// restore makes it what s says, with a window of so many votes.
func (it *item) restore(s *ItemState, window int) {
	number := func(amount int) int { return min(max(amount, 0), mostAmount) - 1 }
	it.votes.clear()
	for _, amount := range s.Votes[max(len(s.Votes)-window, 0):] {
		it.votes.add(number(amount))
	}
	it.current, it.known, it.pending, it.since = number(s.N), s.Known, s.Pending, s.Since
	it.previous, it.first, it.interrupt = number(s.Previous), s.First, s.Interrupt
	it.until = append(it.until[:0], s.Until[:min(len(s.Until), mostAmount)]...)
}

// State is what w remembers, and Restore makes it remember; see [Decider].
func (w *Watch) State() State     { return w.d.State() }
func (w *Watch) Restore(s *State) { w.d.Restore(s) }

// inOrder are all votes, the oldest first.
func (r *ring) inOrder() []int {
	if !r.full {
		return r.votes[:r.next]
	}
	return slices.Concat(r.votes[r.next:], r.votes[:r.next])
}
