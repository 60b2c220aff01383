package decide

import (
	"slices"
	"strconv"
	"time"
)

// Seen is a thing that a frame shows, or an area.
type Seen struct {
	Label string
	Score float32 // how sure that is, 0 to 1; of an area its share of the picture
}

// Amount is what is decided of one label: how many things of it, or how much of the picture. It keeps nothing of the Tally.
type Amount struct {
	Label    string // a class or group
	N        int    // what is decided: things; of shares twentieths
	Known    bool   // something is, which may be 0
	Previous int    // what was decided before that
	First    bool   // nothing was
	Changed  bool   // the last answer, or Interrupt, has decided it

	Vote    int  // what the last answer is for; after Interrupt there is none
	Votes   int  // of the last answers, so many are for the same, this one included; 0 after Interrupt
	Need    int  // so many must be
	Window  int  // how many of the last answers count
	Pending bool // Vote is not what is decided, or nothing is yet

	share     bool
	why       outcome // holds, tooLow or, if there is nothing to say, wins
	score     Score   // holds: of the last thing that counts; tooLow: of the first that does not
	below     Score   // tooLow: of which score it is
	wait      wait
	interrupt string
}

// Share is what is decided of shares, 0 to 1.
func (a *Amount) Share() float64 { return float64(a.N) / wholeShare }

// wholeShare is the amount of a share of 1: shares are told in steps of 0.05.
const wholeShare = 20

// maxCame is how many labels are told that were not known beforehand, and how many more may be under observation.
const maxCame = 20

// Tally decides how many things of each label a camera shows, or how much of the picture each has: every label by votes of its own.
// It is not for concurrent use.
type Tally struct {
	table
	options Options
	share   bool
	named   map[string]int // the candidates, by their names and by the labels of their classes

	answers int // since the start, or an interrupt

	told  map[string]*item // by name: what is decided of them is told
	list  []*item          // the same, in the order in which they came
	came  int              // of them, that were not known beforehand
	most  int              // may come
	tried []*item          // that are seen, and of which nothing but 0 has been decided; they stay while anything votes for more
	spare []*item
	is    []Amount // as Step returns them
}

// item is a label.
type item struct {
	name string
	of   int // its candidate; none: no class is called that
	rules
	ballot
	scores []Score // in the answer at work, from leave on, the highest first; of shares their sum alone
}

// NewTally makes a Tally that counts things, and has seen nothing. classes are as New has them, and o holds for them; labels are those
// that it tells of from the start on, which may be no classes. more: others are told of when they come, the first 20 of which more than
// 0 is decided.
func NewTally(o Options, classes, labels []string, more bool) (*Tally, error) {
	t, err := compile(&o, classes)
	if err != nil {
		return nil, err
	}
	tally := &Tally{table: t, options: o, named: map[string]int{}, told: map[string]*item{}}
	for i := range t.candidates { // a group may be told of by its own name
		tally.named[t.name(i)] = i
	}
	for class, name := range named(classes).shown {
		tally.named[name] = t.of[class]
	}
	if more {
		tally.most = maxCame
	}
	for _, label := range labels {
		tally.tell(label)
	}
	return tally, nil
}

// NewShares is NewTally for the shares of the picture that labels have, in steps of 0.05.
func NewShares(o Options, classes, labels []string, more bool) (*Tally, error) {
	t, err := NewTally(o, classes, labels, more)
	if err == nil {
		t.share = true
	}
	return t, err
}

// Labels are those that are told of, in the order in which they came.
func (t *Tally) Labels() (labels []string) {
	for _, it := range t.list {
		labels = append(labels, it.name)
	}
	return labels
}

// Expect tells of labels from now on that have not come yet, as another Tally told of them; not if only those that were known
// beforehand are told.
func (t *Tally) Expect(labels []string) {
	for _, label := range labels {
		if t.came < t.most && t.tell(label) {
			t.came++
		}
	}
}

// Step takes all that the frame of the moment shows. It returns what is decided by now of each label, and whether anything of that has
// changed. The first time that something is decided of a label is a change; of one that was not known beforehand this is never 0. The list
// is good until the next call. Step keeps nothing of seen, and allocates nothing while as many labels and things come as have come before.
func (t *Tally) Step(now time.Duration, seen []Seen) (list []Amount, changed bool) {
	for _, s := range seen {
		if it := t.item(s.Label); it != nil {
			it.see(toScore(s.Score), t.share)
		}
	}
	t.is = t.is[:0]
	for _, it := range t.list {
		t.is = append(t.is, t.vote(it, now))
	}
	t.try(now)
	t.answers++
	return t.is, slices.ContainsFunc(t.is, func(a Amount) bool { return a.Changed })
}

// Interrupt decides 0 of all labels at once, for a reason that is told to people, also where nothing was decided yet. Votes so far are
// forgotten, and no cooldown starts. It returns what Step does.
func (t *Tally) Interrupt(now time.Duration, reason string) (list []Amount, changed bool) {
	t.spare = append(t.spare, t.tried...)
	t.tried, t.is, t.answers = t.tried[:0], t.is[:0], 0
	for _, it := range t.list {
		changes := it.end(now, reason)
		if !it.known {
			it.change(now, none, reason)
			changes = true
		}
		t.is = append(t.is, t.amount(it, changes))
		changed = changed || changes
	}
	return t.is, changed
}

// Pending tells whether the last answer voted, about any label, for something else than what is decided.
func (t *Tally) Pending() bool {
	pending := func(it *item) bool { return it.pending }
	return slices.ContainsFunc(t.list, pending) || slices.ContainsFunc(t.tried, pending)
}

// SetEnter is that of a [Decider].
func (t *Tally) SetEnter(enter float64) {
	t.options.Enter = enter
	t.setRules(&t.options)
	for _, it := range slices.Concat(t.list, t.tried) {
		it.rules = *t.rulesOf(it.of)
	}
}

// Least is the lowest score that anything counts with.
func (t *Tally) Least() float64 {
	least := t.none.leave
	for i := range t.candidates {
		least = min(least, t.candidates[i].leave)
	}
	return least.Float()
}

// tell tells of a label from now on; not if it is ignored, or told already.
func (t *Tally) tell(label string) bool {
	name, of, ok := t.counted(label)
	if !ok || t.told[name] != nil {
		return false
	}
	t.add(t.fresh(name, of))
	return true
}

// add has it told.
func (t *Tally) add(it *item) {
	t.list = append(t.list, it)
	t.told[it.name] = it
}

// counted is what a label is counted as, and the candidate that it belongs to; ok: it is counted.
func (t *Tally) counted(label string) (name string, of int, ok bool) {
	of, there := t.named[label]
	if !there {
		return label, none, true
	}
	return t.candidates[of].name, of, !t.candidates[of].ignored
}

// fresh is an item of which nothing has been decided.
func (t *Tally) fresh(name string, of int) *item {
	var it *item
	if last := len(t.spare) - 1; last >= 0 {
		it, t.spare = t.spare[last], t.spare[:last]
		it.votes.clear()
		it.ballot = ballot{votes: it.votes, until: it.until[:0], current: none, previous: none}
	} else {
		it = &item{ballot: newBallot(t.options.Window, 0)}
	}
	it.amounts = true
	it.name, it.of, it.rules, it.scores = name, of, *t.rulesOf(of), it.scores[:0]
	return it
}

// item is what a label in a frame counts for; nil: for nothing.
func (t *Tally) item(label string) *item {
	name, of, ok := t.counted(label)
	if !ok {
		return nil
	}
	if it := t.told[name]; it != nil {
		return it
	}
	for _, it := range t.tried {
		if it.name == name {
			return it
		}
	}
	if t.came == t.most || len(t.tried) == maxCame {
		return nil
	}
	it := t.fresh(name, of)
	it.known = true // that there was none of it
	for range min(t.answers, t.options.Window) {
		it.votes.add(none)
	}
	t.tried = append(t.tried, it)
	return it
}

// try takes the votes about labels that are not told of, and tells of those of which more than 0 is decided.
func (t *Tally) try(now time.Duration) {
	stay := t.tried[:0]
	for _, it := range t.tried {
		a := t.vote(it, now)
		switch {
		case a.Changed && t.came < t.most:
			t.came++
			t.add(it)
			a.First = true
			t.is = append(t.is, a)
		case t.came < t.most && !it.votes.only(none):
			stay = append(stay, it)
			a.Known = false
			t.is = append(t.is, a)
		default:
			t.spare = append(t.spare, it)
		}
	}
	t.tried = stay
}

// see takes one more thing or area of a frame.
func (it *item) see(s Score, share bool) {
	switch {
	case share && len(it.scores) > 0:
		it.scores[0] = min(it.scores[0]+s, one)
	case share || s >= it.leave:
		it.scores = append(it.scores, s)
		for i := len(it.scores) - 1; i > 0 && it.scores[i-1] < s; i-- {
			it.scores[i-1], it.scores[i] = s, it.scores[i-1]
		}
	}
}

// vote takes the vote of the frame whose scores there are, and forgets them.
func (t *Tally) vote(it *item, now time.Duration) Amount {
	var amount int
	if t.share {
		amount = it.portion()
	} else {
		amount = it.count()
	}
	votes, w, changed := it.ballot.vote(now, amount-1, &it.rules, &it.rules)
	a := t.amount(it, changed)
	a.Vote, a.Votes, a.Pending, a.wait = amount, votes, it.pending, w
	if !t.share {
		a.explain(it)
	}
	it.scores = it.scores[:0]
	return a
}

// count is how many things of a frame count: those from enter on, and, up to what is decided, those from leave on.
func (it *item) count() int {
	sure := 0
	for sure < len(it.scores) && it.scores[sure] >= it.enter {
		sure++
	}
	return max(sure, min(len(it.scores), it.current+1))
}

// portion is the share of a frame, in twentieths, rounded.
func (it *item) portion() int {
	if len(it.scores) == 0 {
		return 0
	}
	return int((it.scores[0]*wholeShare + one/2) / one)
}

// amount is what is decided of an item.
func (t *Tally) amount(it *item, changed bool) Amount {
	return Amount{
		Label: it.name, N: it.current + 1, Known: it.known, Previous: it.previous + 1, First: it.first, Changed: changed,
		Need: it.need, Window: t.options.Window, share: t.share, why: wins, interrupt: it.interrupt,
	}
}

// explain notes which of the scores made the vote what it is.
func (a *Amount) explain(it *item) {
	switch {
	case a.Vote > 0 && it.scores[a.Vote-1] < it.enter:
		a.why, a.score = holds, it.scores[a.Vote-1]
	case a.Vote < len(it.scores): // it has leave, which is not enough: not so many were decided before
		a.why, a.score, a.below = tooLow, it.scores[a.Vote], it.enter
	}
}

// AppendReason appends to dst why an amount is what it is, and why it is not what the last answer is for. It allocates nothing beyond
// room in dst.
func (a *Amount) AppendReason(dst []byte) []byte {
	if a.Votes == 0 { // no answer has voted since
		return append(dst, a.interrupt...)
	}
	dst = append(append(dst, a.Label...), ' ')
	if a.share {
		dst = append(strconv.AppendInt(dst, int64(a.Vote*100/wholeShare), 10), " %"...)
	} else {
		dst = strconv.AppendInt(dst, int64(a.Vote), 10)
	}
	dst = appendVotes(append(dst, ','), a.Votes, a.Window)
	switch a.why {
	case holds:
		dst = append(a.score.appendTo(append(dst, ", score "...)), " holds"...)
	case tooLow:
		dst = a.below.appendTo(append(a.score.appendTo(append(dst, ", one more "...)), " below "...))
	}
	return a.wait.appendTo(dst)
}
