package decide

import (
	"cmp"
	"slices"
	"testing"
	"time"
)

// counting is what a fuzzer lets happen to a Tally.
type counting struct {
	options Options
	labels  []string // known beforehand
	more    bool
	shares  bool
	scenes  []scene
}

// scene is a frame, or an interrupt.
type scene struct {
	at        time.Duration
	shows     []Seen
	enter     float64 // from now on; 0: as before
	interrupt bool
}

// beings are the labels of things that come: some are no classes.
var beings = []string{"dog", "cat", "puppy", "bg", "rex", "anna"}

// readCounting makes a script of any bytes.
func readCounting(data []byte) counting {
	next := func() (b byte) {
		if len(data) > 0 {
			b, data = data[0], data[1:]
		}
		return b
	}
	c := counting{options: readScript(data[:min(len(data), 8)]).options}
	data = data[min(len(data), 8):]
	c.labels, c.more, c.shares = beings[:next()%4], next()%2 == 0, next()%3 == 0
	for at := time.Duration(0); len(data) > 3; {
		s := scene{interrupt: next()%16 == 0}
		at += time.Duration(next()%40) * 100 * time.Millisecond
		s.at = at
		if change := next(); change > 250 {
			s.enter = float64(change%10+1) / 10
		}
		if n := len(c.scenes); n > 0 && next()%4 != 0 { // pictures are mostly alike
			s.shows = c.scenes[n-1].shows
		} else {
			for range next() % 6 {
				s.shows = append(s.shows, Seen{beings[int(next())%len(beings)], float32(next()%101) / 100})
			}
		}
		c.scenes = append(c.scenes, s)
	}
	return c
}

// naiveTally is the rule as it is written down, by way of a history of all votes.
type naiveTally struct {
	counting
	told  []string // in the order in which they came
	steps int      // since the last interrupt
	votes map[string][]int
	now   map[string]int // what is decided
	since map[string]time.Duration
	until map[string]map[int]time.Duration
	known map[string]bool
}

func newNaiveTally(c counting) *naiveTally {
	n := &naiveTally{
		counting: c, votes: map[string][]int{}, now: map[string]int{}, since: map[string]time.Duration{},
		until: map[string]map[int]time.Duration{}, known: map[string]bool{},
	}
	for _, label := range c.labels {
		if name, ok := n.name(label); ok && !slices.Contains(n.told, name) {
			n.told = append(n.told, name)
		}
	}
	return n
}

// name is what a label is counted as.
func (n *naiveTally) name(label string) (string, bool) {
	isClass := slices.Contains(animals, label)
	for group, members := range n.options.Groups {
		if slices.Contains(members, label) {
			return group, true
		}
	}
	return label, !isClass || !slices.Contains(n.options.Ignore, label) && !n.options.IgnoreOthers
}

// rules are those of a name.
func (n *naiveTally) rules(name string) (enter, leave Score, need int) {
	e, l, need := n.options.Enter, n.options.Leave, n.options.Need
	if own, there := n.options.Classes[name]; there {
		e, need = *own.Enter, own.Need
	}
	return toScore(e), min(toScore(l), toScore(e)), need
}

// vote is that of a frame about a name.
func (n *naiveTally) vote(s scene, name string) int {
	enter, leave, _ := n.rules(name)
	var sum Score
	sure, there := 0, 0
	for _, thing := range s.shows {
		if is, ok := n.name(thing.Label); ok && is == name {
			score := toScore(thing.Score)
			sum = min(sum+score, toScore(1.0))
			if score >= enter {
				sure++
			}
			if score >= leave {
				there++
			}
		}
	}
	switch {
	case n.shares:
		return int(sum+25_000) / 50_000
	case sure < n.now[name]:
		return min(there, n.now[name])
	}
	return sure
}

// step takes a frame, and returns the names of what has changed.
func (n *naiveTally) step(s scene) (changed []string) {
	names := slices.Clone(n.told)
	for _, thing := range s.shows {
		if name, ok := n.name(thing.Label); ok && n.more && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if n.more { // what came before, too
		for name := range n.votes {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	for _, name := range names {
		if n.stepOne(s, name) {
			changed = append(changed, name)
		}
	}
	n.steps++
	slices.Sort(changed)
	return changed
}

func (n *naiveTally) stepOne(s scene, name string) bool {
	told := slices.Contains(n.told, name)
	v, c := n.vote(s, name), n.now[name]
	if n.votes[name] == nil {
		n.votes[name] = make([]int, n.steps) // for 0
	}
	n.votes[name] = append(n.votes[name], v)
	if v == c && (!told || n.known[name]) {
		return false
	}
	_, _, need := n.rules(name)
	if n.count(name, v) < need || c > 0 && s.at-n.since[name] < n.options.Dwell {
		return false
	}
	if until, left := n.until[name][v]; left && v > c && s.at < until {
		return false
	}
	if n.until[name] == nil {
		n.until[name] = map[int]time.Duration{}
	}
	if v < c {
		n.until[name][c] = s.at + n.options.Cooldown
	}
	n.now[name], n.since[name], n.known[name] = v, s.at, true
	if !told {
		n.told = append(n.told, name)
	}
	return true
}

// count is how many votes in the window are for v.
func (n *naiveTally) count(name string, v int) (count int) {
	votes := n.votes[name]
	for _, other := range votes[max(0, len(votes)-n.options.Window):] {
		if other == v {
			count++
		}
	}
	return count
}

// interrupt makes all 0, and returns the names of what has changed.
func (n *naiveTally) interrupt(at time.Duration) (changed []string) {
	for _, name := range n.told {
		if n.now[name] > 0 || !n.known[name] {
			n.now[name], n.known[name], n.since[name] = 0, true, at
			changed = append(changed, name)
		}
	}
	clear(n.votes)
	n.steps = 0
	slices.Sort(changed)
	return changed
}

// FuzzTally holds a Tally to the rule, and to what follows from it: a change has its votes, the same frames say the same, and the order
// of what a frame shows does not matter.
func FuzzTally(f *testing.F) {
	f.Add(slices.Repeat([]byte{1, 50, 10, 3, 4, 2, 2, 60, 9, 90, 3}, 40))
	f.Add(slices.Repeat([]byte{4, 30, 5, 0, 7, 4, 3, 99, 33, 12, 80, 45, 1}, 60))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) <= 4000 {
			playCounting(t, readCounting(data))
		}
	})
}

// The same with scripts by chance, a few of them long.
func TestRandomCountings(t *testing.T) {
	if changes := byChance(func(data []byte) int { return playCounting(t, readCounting(data)) }); changes < 2000 {
		t.Errorf("only %d changes", changes)
	}
}

// playCounting lets the rule and Tallies follow a script, compares what they say, and counts the changes.
func playCounting(t *testing.T, c counting) (changes int) {
	t.Helper()
	make := NewTally
	if c.shares {
		make = NewShares
	}
	fresh := func() *Tally {
		tally, err := make(c.options, animals, c.labels, c.more)
		if err != nil {
			t.Fatal(err)
		}
		return tally
	}
	n, tally, same, back := newNaiveTally(c), fresh(), fresh(), fresh()
	for i, s := range c.scenes {
		if i%7 == 3 { // another one goes on where the first is
			var state TallyState
			byText(t, tally.State(), &state)
			same = fresh()
			same.SetEnter(n.options.Enter)
			same.Restore(&state)
		}
		if s.enter > 0 {
			n.options.Enter = s.enter
			for _, each := range []*Tally{tally, same, back} {
				each.SetEnter(s.enter)
			}
		}
		step := func(of *Tally, shows []Seen) []Amount {
			list, changed := of.Step(s.at, shows)
			if s.interrupt {
				list, changed = of.Interrupt(s.at, "paused")
			}
			if changed != (news(list) != "") {
				t.Fatalf("frame %d: changed %t, and %q", i, changed, news(list))
			}
			return list
		}
		list := step(tally, s.shows)
		want := n.step(s)
		if s.interrupt {
			want = n.interrupt(s.at)
		}
		check(t, n, list, want, i)
		if again := step(same, s.shows); !slices.Equal(again, list) || reasons(again) != reasons(list) {
			t.Fatalf("frame %d: %+v and %+v", i, list, again)
		}
		backwards := slices.Clone(s.shows)
		slices.Reverse(backwards)
		byLabel := func(a, b Amount) int { return cmp.Compare(a.Label, b.Label) }
		if a, b := slices.SortedFunc(slices.Values(list), byLabel), slices.SortedFunc(slices.Values(step(back, backwards)), byLabel); !slices.Equal(a, b) {
			t.Fatalf("frame %d: %+v, and backwards %+v", i, a, b)
		}
		changes += len(want)
	}
	return changes
}

// check holds what a Tally says to the rule.
func check(t *testing.T, n *naiveTally, list []Amount, want []string, frame int) {
	t.Helper()
	var changed []string
	told := 0
	for _, a := range list {
		if !a.Known && !slices.Contains(n.told, a.Label) {
			if a.N > 0 || a.Changed || a.Votes != n.count(a.Label, a.Vote) {
				t.Fatalf("frame %d: %+v, which is not told", frame, a)
			}
			continue
		}
		told++
		if a.Known != n.known[a.Label] {
			t.Fatalf("frame %d: %+v, by the rule known %t", frame, a, n.known[a.Label])
		}
		if a.N != n.now[a.Label] || !slices.Contains(n.told, a.Label) {
			t.Fatalf("frame %d: %+v, by the rule %d", frame, a, n.now[a.Label])
		}
		if a.Changed {
			changed = append(changed, a.Label)
		}
		if _, _, need := n.rules(a.Label); a.Need != need || a.Votes > 0 && (a.Votes != n.count(a.Label, a.Vote) || a.Changed && a.Votes < need) {
			t.Fatalf("frame %d: %+v, by the rule %d votes of %d", frame, a, n.count(a.Label, a.Vote), need)
		}
	}
	slices.Sort(changed)
	if !slices.Equal(changed, want) || told != len(n.told) {
		t.Fatalf("frame %d: changed %q of %d (want %q of %d)", frame, changed, told, want, len(n.told))
	}
}

// Once labels and things have come, a frame allocates nothing, its reasons included.
func TestTallyAllocatesNothing(t *testing.T) {
	o, classes := large()
	o.Dwell, o.Cooldown, o.Need, o.Window = 3*time.Millisecond, 7*time.Millisecond, 2, 2
	for name, make := range map[string]func(Options, []string, []string, bool) (*Tally, error){"things": NewTally, "shares": NewShares} {
		tally, err := make(o, classes, []string{"class 999"}, true)
		if err != nil {
			t.Fatal(err)
		}
		frames := [][]Seen{}
		for i := range 16 {
			var shows []Seen
			for k := range 5 * i {
				shows = append(shows, Seen{classes[k*97%(20+i)], float32(k%30) / 30})
			}
			frames = append(frames, shows)
		}
		n, changes := 0, 0
		var reason []byte
		step := func() {
			list, changed := tally.Step(time.Duration(n)*time.Millisecond, frames[n/3%len(frames)])
			n++
			for i := range list {
				reason = list[i].AppendReason(reason[:0])
			}
			if changed {
				changes++
			}
		}
		for range 1000 {
			step()
		}
		if allocations := testing.AllocsPerRun(1000, step); allocations != 0 || changes < 100 {
			t.Errorf("%s: %v allocations, %d changes", name, allocations, changes)
		}
	}
}

// BenchmarkTally is a frame with 100 things of 20 labels, and all reasons.
func BenchmarkTally(b *testing.B) {
	o, classes := large()
	tally, err := NewTally(o, classes, nil, true)
	if err != nil {
		b.Fatal(err)
	}
	var shows []Seen
	for i := range 100 {
		shows = append(shows, Seen{classes[800+i%20], 1 - float32(i)/200})
	}
	var reason []byte
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		list, _ := tally.Step(time.Duration(i)*time.Millisecond, shows)
		for i := range list {
			reason = list[i].AppendReason(reason[:0])
		}
	}
}
