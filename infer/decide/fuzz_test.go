package decide

import (
	"encoding/json"
	"math/rand"
	"slices"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/infer/task"
)

// script is what a fuzzer lets happen to a camera.
type script struct {
	options Options
	events  []event
}

// event is an answer, or an interrupt.
type event struct {
	at        time.Duration
	scores    []int // of animals, in hundredths
	interrupt bool
}

// readScript makes a script of any bytes.
func readScript(data []byte) script {
	next := func() (b byte) {
		if len(data) > 0 {
			b, data = data[0], data[1:]
		}
		return b
	}
	rules := [][2]int{{1, 1}, {2, 2}, {3, 3}, {3, 4}, {4, 5}, {5, 5}, {4, 6}}
	rule := rules[int(next())%len(rules)]
	o := Options{
		Enter: float64(next()%101) / 100, Margin: float64(1+next()%30) / 100, Need: rule[0], Window: rule[1],
		Dwell: time.Duration(next()%8) * time.Second, Cooldown: time.Duration(next()%8) * time.Second,
	}
	o.Leave = o.Enter * float64(next()%5) / 4
	switch next() % 4 {
	case 1:
		o.Ignore = []string{"bg", "sofa"}
	case 2:
		o.Groups = map[string][]string{"dogs": {"dog", "puppy", "hound"}}
	case 3:
		o.Groups, o.IgnoreOthers = map[string][]string{"dogs": {"dog", "puppy"}, "more": {"cat", "hound"}}, true
	}
	if own := float64(next()%101) / 100; own > 0.5 {
		o.Classes = map[string]Own{animals[1]: {Enter: &own, Need: rule[1]}}
		if o.IgnoreOthers {
			o.Classes = map[string]Own{"dogs": {Enter: &own, Need: rule[1]}}
		}
	}
	s := script{options: o}
	for at := time.Duration(0); len(data) > len(animals); {
		e := event{interrupt: next()%16 == 0}
		at += time.Duration(next()%40) * 100 * time.Millisecond
		e.at = at
		if n := len(s.events); n > 0 && next()%4 != 0 { // pictures are mostly alike
			e.scores = s.events[n-1].scores
		} else {
			for range animals {
				e.scores = append(e.scores, int(next()%101))
			}
		}
		s.events = append(s.events, e)
	}
	return s
}

// findings are the scores of an answer, in an order of the classes.
func findings(hundredths []int, order []int) *task.Findings {
	f := &task.Findings{}
	for _, i := range order {
		f.Classes = append(f.Classes, float32(hundredths[i])/100)
	}
	return f
}

// naive is the rule as it is written down, by way of a history of all votes.
type naive struct {
	o        Options
	scores   map[string]int
	votes    []string
	decided  string
	since    time.Duration
	until    map[string]time.Duration
	known    bool
	need     map[string]int
	enter    map[string]float64
	leave    map[string]float64
	ignored  map[string]bool
	ofAnimal []string
}

func newNaive(o Options) *naive {
	m := &naive{o: o, until: map[string]time.Duration{}, need: map[string]int{}, enter: map[string]float64{}, leave: map[string]float64{}, ignored: map[string]bool{}}
	for _, name := range animals {
		of := name
		for group, members := range o.Groups {
			if slices.Contains(members, name) {
				of = group
			}
		}
		m.ofAnimal = append(m.ofAnimal, of)
		m.need[of], m.enter[of], m.leave[of] = o.Need, o.Enter, o.Leave
		m.ignored[of] = slices.Contains(o.Ignore, of) || o.IgnoreOthers && of == name
	}
	for name, own := range o.Classes {
		m.need[name], m.enter[name] = own.Need, *own.Enter
		m.leave[name] = min(m.leave[name], *own.Enter)
	}
	m.need[""] = o.Need
	return m
}

func (m *naive) vote(hundredths []int) string {
	m.scores = map[string]int{}
	for i, of := range m.ofAnimal {
		m.scores[of] = min(m.scores[of]+hundredths[i], 100)
	}
	best, second := "", 0
	for i, of := range m.ofAnimal {
		if slices.Index(m.ofAnimal, of) == i && (best == "" || m.scores[of] > m.scores[best]) {
			best = of
		}
	}
	for of, s := range m.scores {
		if of != best {
			second = max(second, s)
		}
	}
	reach := func(score int, limit float64) bool { return toScore(float64(score)/100) >= toScore(limit) }
	if !m.ignored[best] && reach(m.scores[best], m.enter[best]) && reach(m.scores[best]-second, m.o.Margin) {
		return best
	}
	if m.decided != "" && reach(m.scores[m.decided], m.leave[m.decided]) {
		return m.decided
	}
	return ""
}

// step takes an answer, and tells whether it changed what is decided.
func (m *naive) step(e event) bool {
	v := m.vote(e.scores)
	m.votes = append(m.votes, v)
	if m.known && v == m.decided {
		return false
	}
	if m.count(v) < m.need[v] || m.decided != "" && e.at-m.since < m.o.Dwell {
		return false
	}
	if until, ok := m.until[v]; ok && v != "" && e.at < until {
		return false
	}
	m.until[m.decided] = e.at + m.o.Cooldown
	m.decided, m.since, m.known = v, e.at, true
	return true
}

// count is how many votes in the window are for v.
func (m *naive) count(v string) (n int) {
	for _, other := range m.votes[max(0, len(m.votes)-m.o.Window):] {
		if other == v {
			n++
		}
	}
	return n
}

// FuzzDecide holds a Decider to the rule, and to what follows from it: a change has its votes, the same answers say the
// same, and the order of the classes does not matter.
func FuzzDecide(f *testing.F) {
	f.Add([]byte("0\x320000000aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"))
	f.Add(slices.Repeat([]byte{1, 50, 10, 3, 4, 2, 2, 60, 9, 90, 3}, 40))
	f.Add(slices.Repeat([]byte{4, 30, 5, 0, 7, 4, 3, 99, 33, 12, 80, 45, 1}, 60))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) <= 4000 {
			play(t, readScript(data))
		}
	})
}

// The same with scripts by chance, a few of them long.
func TestRandomScripts(t *testing.T) {
	if changes := byChance(func(data []byte) int { return play(t, readScript(data)) }); changes < 1000 {
		t.Errorf("only %d changes", changes)
	}
}

// byChance plays scripts by chance, and sums up what comes of them.
func byChance(play func(data []byte) int) (sum int) {
	random := rand.New(rand.NewSource(1))
	for range 200 {
		data := make([]byte, 20+random.Intn(1000))
		random.Read(data)
		sum += play(data)
	}
	return sum
}

// play lets the machine and Deciders follow a script, compares what they say, and counts the changes.
func play(t *testing.T, s script) (changes int) {
	t.Helper()
	forward, backward := []int{0, 1, 2, 3, 4, 5}, []int{5, 4, 3, 2, 1, 0}
	reversed := slices.Clone(animals)
	slices.Reverse(reversed)
	m, d, again := newNaive(s.options), newDecider(t, s.options), newDecider(t, s.options)
	back, err := New(s.options, reversed)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range s.events {
		if i%7 == 3 {
			again = resumed(t, d, s.options)
		}
		if e.interrupt {
			got, changed := d.Interrupt(e.at, "paused")
			again.Interrupt(e.at, "paused")
			back.Interrupt(e.at, "paused")
			if got.Label != "" || changed != (m.decided != "") || d.Pending() {
				t.Fatalf("event %d: %+v, changed %t", i, got, changed)
			}
			m.decided, m.votes = "", nil
			continue
		}
		got, changed := d.Step(e.at, findings(e.scores, forward))
		if want := m.step(e); changed != want || got.Label != m.decided || got.Vote.Count != m.count(got.Vote.Label) {
			t.Fatalf("event %d: %+v, changed %t (want %q, %t)", i, got, changed, m.decided, want)
		}
		if changed && got.Vote.Count < m.need[got.Label] || got.Vote.Need != m.need[got.Vote.Label] {
			t.Fatalf("event %d: %d votes of %d", i, got.Vote.Count, got.Vote.Need)
		}
		same, _ := again.Step(e.at, findings(e.scores, forward))
		if same.Top.Changed == got.Top.Changed {
			same.Top = got.Top // a State has nothing of the score
		}
		if a, b := got.AppendReason(nil), same.AppendReason(nil); same != got || string(a) != string(b) {
			t.Fatalf("event %d: %+v and %+v", i, got, same)
		}
		if other, changedToo := back.Step(e.at, findings(e.scores, backward)); other.Label != got.Label || changedToo != changed {
			t.Fatalf("event %d: %q, and with the classes backwards %q", i, got.Label, other.Label)
		}
		if changed {
			changes++
		}
	}
	return changes
}

// resumed is another Decider that goes on where d is.
func resumed(t *testing.T, d *Decider, o Options) *Decider {
	t.Helper()
	var s State
	byText(t, d.State(), &s)
	other := newDecider(t, o)
	other.Restore(&s)
	return other
}

// byText sets what dst points to by the JSON of src.
func byText(t *testing.T, src, dst any) {
	t.Helper()
	text, err := json.Marshal(src)
	if err == nil {
		err = json.Unmarshal(text, dst)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// FuzzAlternation lets two answers take turns, whatever they are: with more than one vote that never flaps.
func FuzzAlternation(f *testing.F) {
	f.Add([]byte{1, 50, 10, 0, 0, 2, 0, 0, 1, 1, 90, 0, 0, 0, 0, 0, 1, 1, 0, 90, 0, 0, 0, 0})
	f.Add(slices.Repeat([]byte{4, 30, 5, 0, 7, 4, 3, 99, 33, 12, 80, 45, 1}, 3))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := readScript(data)
		if s.options.Window == 1 || len(s.events) < 2 {
			return
		}
		d, changes := newDecider(t, s.options), 0
		for i := range 60 {
			f := findings(s.events[i%2].scores, []int{0, 1, 2, 3, 4, 5})
			if got, changed := d.Step(time.Duration(i)*time.Minute, f); changed {
				if changes++; changes > 1 {
					t.Fatalf("change %d at frame %d: %+v", changes, i, got)
				}
			}
		}
	})
}
