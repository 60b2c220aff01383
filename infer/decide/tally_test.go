package decide

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// things reads "dog .9 .4, cat .6": what a frame shows.
func things(t testing.TB, text string) (list []Seen) {
	t.Helper()
	for part := range strings.SplitSeq(text, ", ") {
		words := strings.Fields(part)
		for _, score := range words[min(1, len(words)):] {
			s, err := strconv.ParseFloat(score, 32)
			if err != nil {
				t.Fatalf("%q is nothing that a frame shows", text)
			}
			list = append(list, Seen{words[0], float32(s)})
		}
	}
	return list
}

// amounts are what is told, in words: "dog 2, cat 0".
func amounts(list []Amount) string {
	var words []string
	for _, a := range list {
		if a.Known {
			words = append(words, fmt.Sprintf("%s %d", a.Label, a.N))
		}
	}
	return strings.Join(words, ", ")
}

// news are those of list, in words: "dog 2 after 1, cat 0 first".
func news(list []Amount) string {
	var words []string
	for _, a := range list {
		switch {
		case a.Changed && a.First:
			words = append(words, fmt.Sprintf("%s %d first", a.Label, a.N))
		case a.Changed:
			words = append(words, fmt.Sprintf("%s %d after %d", a.Label, a.N, a.Previous))
		}
	}
	return strings.Join(words, ", ")
}

// shown is one answer, and what comes of it.
type shown struct {
	at     float64 // seconds
	shows  string
	want   string // what has changed
	reason string // of all that is told; not looked at if empty
}

// reasons are those of all that is told.
func reasons(list []Amount) string {
	var all []string
	for i := range list {
		all = append(all, string(list[i].AppendReason(nil)))
	}
	return strings.Join(all, "; ")
}

func TestTallyVectors(t *testing.T) {
	enough := 0.7
	for _, c := range []struct {
		name    string
		options Options
		labels  string // known beforehand; empty: what comes
		shares  bool
		frames  []shown
	}{
		{"four of five", usual(of(4, 5)), "dog cat", false, []shown{
			{0, "dog .9 .8", "", "dog 2, 1 of 5; cat 0, 1 of 5"}, {1, "dog .9 .8", "", ""}, {2, "dog .9", "", "dog 1, 1 of 5; cat 0, 3 of 5"},
			{3, "dog .9 .8", "cat 0 first", "dog 2, 3 of 5; cat 0, 4 of 5"}, {4, "dog .9 .8", "dog 2 first", "dog 2, 4 of 5; cat 0, 5 of 5"},
			{5, "dog .9", "", ""}, {6, "dog .9 .8", "", ""}, {7, "dog .9", "", ""}, {8, "dog .9 .8", "", ""}, {9, "dog .9", "", "dog 1, 3 of 5; cat 0, 5 of 5"},
			{10, "dog .9", "", "dog 1, 3 of 5; cat 0, 5 of 5"}, {11, "dog .9", "dog 1 after 2", "dog 1, 4 of 5; cat 0, 5 of 5"},
		}},
		{"each for itself", usual(of(2, 2)), "dog cat", false, []shown{
			{0, "dog .9", "", ""}, {1, "dog .9, cat .9", "dog 1 first", ""}, {2, "dog .9 .9, cat .9", "cat 1 first", ""}, {3, "dog .9 .9", "dog 2 after 1", ""},
			{4, "", "cat 0 after 1", ""}, {5, "", "dog 0 after 2", ""},
		}},
		{"from leave on", usual(), "dog", false, []shown{
			{0, "dog .9 .4", "dog 1 first", "dog 1, 1 of 1, one more 0.40 below 0.50"}, {1, "dog .9 .5", "dog 2 after 1", "dog 2, 1 of 1"},
			{2, "dog .4 .36", "", "dog 2, 1 of 1, score 0.36 holds"}, {3, "dog .9 .35 .35", "", "dog 2, 1 of 1, score 0.35 holds"},
			{4, "dog .5 .349999", "dog 1 after 2", "dog 1, 1 of 1"}, {5, "dog .49 .49", "", "dog 1, 1 of 1, score 0.49 holds"},
			{6, "dog .34", "dog 0 after 1", "dog 0, 1 of 1"}, {7, "dog .49", "", "dog 0, 1 of 1, one more 0.49 below 0.50"},
		}},
		{"in any order", usual(), "dog", false, []shown{
			{0, "dog .1 .6 .4 .9 .5", "dog 3 first", "dog 3, 1 of 1, one more 0.40 below 0.50"}, {1, "dog .36 .5 .6", "", "dog 3, 1 of 1, score 0.36 holds"},
		}},
		{"no score", usual(), "dog", false, []shown{{0, "dog NaN -1 Inf", "dog 1 first", ""}, {1, "dog NaN -Inf", "dog 0 after 1", ""}}},
		{"what comes", usual(of(2, 2)), "", false, []shown{
			{0, "", "", ""}, {1, "dog .9", "", ""}, {2, "", "", ""}, {3, "dog .9, cat .9", "", ""}, {4, "cat .9", "cat 1 first", "dog 0, 1 of 2; cat 1, 2 of 2"},
			{5, "dog .9", "", ""}, {6, "dog .9", "cat 0 after 1, dog 1 first", ""}, {7, "", "", ""}, {8, "", "dog 0 after 1", "cat 0, 2 of 2; dog 0, 2 of 2"},
		}},
		{"labels that are no classes", usual(), "rex", false, []shown{{0, "rex .9, anna .9", "rex 1 first", "rex 1, 1 of 1"}}},
		{"groups, ignored ones, and own values", usual(of(2, 2), func(o *Options) {
			o.Groups = map[string][]string{"dogs": {"dog", "puppy"}}
			o.Ignore, o.Classes = []string{"sofa"}, map[string]Own{"dogs": {Enter: &enough}}
		}), "", false, []shown{
			{0, "dog .9, puppy .8, puppy .6, sofa .9, cat .5", "", ""},
			{1, "dog .9, puppy .8, puppy .6, sofa .9, cat .5", "dogs 2 first, cat 1 first", "dogs 2, 2 of 2, one more 0.60 below 0.70; cat 1, 2 of 2"},
		}},
		{"dwell", usual(func(o *Options) { o.Dwell = 10 * time.Second }), "dog", false, []shown{
			{0, "", "dog 0 first", ""}, {1, "dog .9", "dog 1 after 0", ""}, {4, "", "", "dog 0, 1 of 1, dwell 3s of 10s"}, {10.9, "dog .9 .9", "", ""},
			{11, "dog .9 .9", "dog 2 after 1", ""}, {20, "", "", ""}, {21, "", "dog 0 after 2", ""}, {22, "dog .9", "dog 1 after 0", ""},
		}},
		{"cooldown", usual(func(o *Options) { o.Cooldown = 30 * time.Second }), "dog", false, []shown{
			{0, "dog .9", "dog 1 first", ""}, {1, "dog .9 .9", "dog 2 after 1", ""}, {2, "dog .9", "dog 1 after 2", ""}, // down at once
			{3, "dog .9 .9", "", "dog 2, 1 of 1, cooldown 29s left"}, {4, "dog .9 .9 .9", "dog 3 after 1", ""}, {5, "dog .9 .9", "dog 2 after 3", ""},
			{6, "", "dog 0 after 2", ""}, {7, "dog .9", "dog 1 after 0", ""}, {8, "", "dog 0 after 1", ""}, {37, "dog .9", "", "dog 1, 1 of 1, cooldown 1s left"},
			{38, "dog .9", "dog 1 after 0", ""},
		}},
		{"shares", usual(of(2, 2)), "bird", true, []shown{
			{0, "bird .169", "", "bird 15 %, 1 of 2"}, {1, "bird .131", "bird 3 first", "bird 15 %, 2 of 2"}, {2, "bird .12", "", "bird 10 %, 1 of 2"},
			{3, "bird .13", "", ""}, {4, "bird .12", "", ""}, {5, "bird .06 .06", "bird 2 after 3", "bird 10 %, 2 of 2"},
			{6, "bird .9 .9", "", "bird 100 %, 1 of 2"}, {7, "bird .024", "", "bird 0 %, 1 of 2"}, {8, "", "bird 0 after 2", ""},
		}},
		{"shares of what comes", usual(), "", true, []shown{{0, "bird .02, cat .025", "cat 1 first", ""}, {1, "bird .3", "cat 0 after 1, bird 6 first", ""}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			make := NewTally
			if c.shares {
				make = NewShares
			}
			tally, err := make(c.options, animals, strings.Fields(c.labels), c.labels == "")
			if err != nil {
				t.Fatal(err)
			}
			for i, f := range c.frames {
				list, changed := tally.Step(time.Duration(f.at*float64(time.Second)), things(t, f.shows))
				if got := news(list); got != f.want || changed != (got != "") {
					t.Errorf("frame %d, %s: %q (want %q)", i, f.shows, got, f.want)
				}
				if got := reasons(list); f.reason != "" && got != f.reason {
					t.Errorf("frame %d, %s: %q (want %q)", i, f.shows, got, f.reason)
				}
			}
		})
	}
}

// An interrupt makes everything 0, also what nobody knew yet, and starts no cooldown; what was under observation is forgotten.
func TestTallyInterrupt(t *testing.T) {
	tally := newTally(t, usual(of(2, 2), func(o *Options) { o.Cooldown = time.Hour }), true, "dog", "cat")
	for i := range 2 {
		tally.Step(time.Duration(i), things(t, "dog .9 .9, sofa .9"))
	}
	list, _ := tally.Step(2, things(t, "dog .9 .9, cat .9, bg .9"))
	if got := amounts(list); got != "dog 2, cat 0, sofa 1" || !tally.Pending() {
		t.Fatalf("at first %s", got)
	}
	list, changed := tally.Interrupt(3, "paused")
	if got := news(list); got != "dog 0 after 2, sofa 0 after 1" || !changed || reasons(list[:1]) != "paused" || tally.Pending() {
		t.Errorf("interrupted: %q, %q", got, reasons(list))
	}
	if list, changed = tally.Interrupt(4, "again"); changed || news(list) != "" {
		t.Errorf("interrupted again: %q", news(list))
	}
	tally.Step(5, things(t, "dog .9 .9, bg .9"))
	if list, _ = tally.Step(6, things(t, "dog .9 .9")); news(list) != "dog 2 after 0" || list[0].Previous != 0 {
		t.Errorf("then %q", news(list))
	}

	unknown := newTally(t, usual(of(4, 5)), false, "dog")
	if list, changed := unknown.Interrupt(0, "paused"); !changed || news(list) != "dog 0 first" {
		t.Errorf("before anything was decided: %q", news(list))
	}
}

// The labels that come first are told, no more than 20; those that were seen for a moment take no place from others.
func TestTallyTellsTheFirstLabels(t *testing.T) {
	tally := newTally(t, usual(of(2, 2)), true)
	one := func(i int) []Seen { return []Seen{{fmt.Sprint("label ", i), 0.9}} }
	for i := range 100 {
		tally.Step(time.Duration(i), one(i))
	}
	if labels := tally.Labels(); labels != nil || len(tally.tried) > 2 {
		t.Errorf("told are %q, and %d are tried", labels, len(tally.tried))
	}
	for i := range 60 {
		tally.Step(time.Duration(100+i), one(i/2))
	}
	labels := tally.Labels()
	if len(labels) != maxCame || labels[0] != "label 0" || labels[maxCame-1] != "label 19" || len(tally.tried) != 0 {
		t.Errorf("told are %d: %q", len(labels), labels)
	}
	many := make([]Seen, 1000)
	for i := range many {
		many[i] = one(i)[0]
	}
	other := newTally(t, usual(of(2, 2)), true)
	other.Step(0, many)
	if list, _ := other.Step(1, many); len(list) != maxCame {
		t.Errorf("%d are told of a frame that has more", len(list))
	}
}

// Labels that another Tally told of are told, as far as there is room.
func TestTallyExpects(t *testing.T) {
	tally := newTally(t, usual(func(o *Options) { o.Ignore = []string{"sofa"} }), true, "dog")
	tally.Expect([]string{"sofa", "dog", "cat", "rex"})
	if list, _ := tally.Step(0, nil); news(list) != "dog 0 first, cat 0 first, rex 0 first" {
		t.Errorf("told are %q", news(list))
	}
	grouped := newTally(t, usual(func(o *Options) {
		o.Groups, o.Ignore = map[string][]string{"dogs": {"dog"}, "cats": {"cat"}}, []string{"cats"}
	}), true)
	grouped.Expect([]string{"dogs", "cats"})
	if got := grouped.Labels(); !slices.Equal(got, []string{"dogs"}) || grouped.list[0].of == none {
		t.Errorf("told are %q, the first by the rules of candidate %d", got, grouped.list[0].of)
	}
	none := newTally(t, usual(), false, "dog")
	none.Expect([]string{"cat"})
	if got := none.Labels(); !slices.Equal(got, []string{"dog"}) {
		t.Errorf("told are %q", got)
	}
}

// What is decided can be changed at any time.
func TestTallySetEnter(t *testing.T) {
	own := 0.3
	tally := newTally(t, usual(func(o *Options) { o.Classes = map[string]Own{"cat": {Enter: &own}} }), true, "dog", "cat")
	show := things(t, "dog .4, cat .4, rex .4")
	for _, c := range []struct {
		enter float64
		want  string
		least float64
	}{{0.5, "dog 0 first, cat 1 first", 0.3}, {0.4, "dog 1 after 0, rex 1 first", 0.3}, {0.2, "", 0.2}, {0.9, "", 0.3}} {
		tally.SetEnter(c.enter)
		if list, _ := tally.Step(0, show); news(list) != c.want || tally.Least() != c.least {
			t.Errorf("from %v on: %q, and nothing below %v", c.enter, news(list), tally.Least())
		}
	}
	tally.SetEnter(0.9) // what is decided stays down to leave
	if list, _ := tally.Step(1, things(t, "dog .34, cat .4, rex .35")); news(list) != "dog 0 after 1" {
		t.Errorf("then %q", news(list))
	}
}

func TestTallyErrors(t *testing.T) {
	for _, o := range []Options{usual(of(1, 5)), usual(func(o *Options) { o.Ignore = []string{"dgo"} })} {
		_, want := New(o, animals)
		if _, err := NewTally(o, animals, nil, true); err == nil || err.Error() != want.Error() {
			t.Errorf("error %v (want %v)", err, want)
		}
		if _, err := NewShares(o, animals, nil, true); err == nil {
			t.Error("no error")
		}
	}
}

func newTally(t testing.TB, o Options, more bool, labels ...string) *Tally {
	t.Helper()
	tally, err := NewTally(o, animals, labels, more)
	if err != nil {
		t.Fatal(err)
	}
	return tally
}
