package decide

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/infer/task"
)

// animals are the classes of most tests.
var animals = []string{"dog", "cat", "sofa", "bg", "puppy", "hound"}

// usual are the options of most tests: the defaults of the config, for a source of pictures.
func usual(change ...func(*Options)) Options {
	o := Options{Enter: 0.5, Leave: 0.35, Margin: 0.1, Need: 1, Window: 1}
	for _, c := range change {
		c(&o)
	}
	return o
}

// of wants so many of so many votes.
func of(need, window int) func(*Options) {
	return func(o *Options) { o.Need, o.Window = need, window }
}

// scores reads "dog .6 cat .34": the scores of animals.
func scores(t testing.TB, text string) *task.Findings {
	t.Helper()
	f := &task.Findings{Classes: make([]float32, len(animals))}
	words := strings.Fields(text)
	for i := 0; i+1 < len(words); i += 2 {
		s, err := strconv.ParseFloat(words[i+1], 32)
		at := indexOf(words[i])
		if err != nil || at < 0 {
			t.Fatalf("%q are no scores", text)
		}
		f.Classes[at] = float32(s)
	}
	return f
}

func indexOf(name string) int {
	for i, a := range animals {
		if a == name {
			return i
		}
	}
	return -1
}

func newDecider(t testing.TB, o Options) *Decider {
	t.Helper()
	d, err := New(o, animals)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// label is what is decided, in words.
func label(d Decision) string {
	if d.Label == "" {
		return "none"
	}
	return d.Label
}

// answer is one frame, and what comes of it.
type answer struct {
	at     float64 // seconds
	scores string
	want   string // ">dog": it is decided now; "dog": it stays so; "-": nothing is decided yet
	reason string // not looked at if empty
}

// follow gives the answers to d.
func follow(t *testing.T, d *Decider, answers []answer) {
	t.Helper()
	decided := "-"
	if d.known {
		decided = label(Decision{Label: d.name(d.current)})
	}
	for i, a := range answers {
		got, changed := d.Step(time.Duration(a.at*float64(time.Second)), scores(t, a.scores))
		text := decided
		if changed {
			decided = label(got)
			text = ">" + decided
		}
		if text != a.want {
			t.Errorf("answer %d, %s at %vs: %s (want %s)", i, a.scores, a.at, text, a.want)
		}
		if decided != "-" && label(got) != decided {
			t.Errorf("answer %d: %s is told, and %s was decided", i, label(got), decided)
		}
		if reason := string(got.AppendReason(nil)); a.reason != "" && reason != a.reason {
			t.Errorf("answer %d: %q (want %q)", i, reason, a.reason)
		}
		if got.Vote.Pending != d.Pending() || d.Pending() && changed {
			t.Errorf("answer %d: pending %t, and the vote says %t", i, d.Pending(), got.Vote.Pending)
		}
	}
}

// The vectors of the design, and what is said about them.
func TestVectors(t *testing.T) {
	for _, c := range []struct {
		name    string
		options Options
		answers []answer
	}{
		{"four of five", usual(of(4, 5)), []answer{
			{0, "dog .9", "-", "dog 1 of 5, score 0.90, margin 0.90"}, {1, "dog .9", "-", ""}, {2, "dog .9", "-", ""},
			{3, "dog .9", ">dog", "dog 4 of 5, score 0.90, margin 0.90"},
			{4, "cat .9", "dog", "cat 1 of 5, score 0.90, margin 0.90"}, {5, "dog .9", "dog", "dog 4 of 5, score 0.90, margin 0.90"},
			{6, "cat .9", "dog", "cat 2 of 5, score 0.90, margin 0.90"}, {7, "dog .9", "dog", ""}, {8, "cat .9", "dog", ""},
			{9, "dog .9", "dog", ""}, {10, "cat .9", "dog", "cat 3 of 5, score 0.90, margin 0.90"}, {11, "dog .9", "dog", ""},
		}},
		{"enter and leave", usual(), []answer{
			{0, "dog .6", ">dog", "dog 1 of 1, score 0.60, margin 0.60"},
			{1, "dog .36 cat .34", "dog", "dog 1 of 1, score 0.36 holds"},
			{2, "dog .35 cat .35", "dog", "dog 1 of 1, score 0.35 holds"},
			{3, "dog .34", ">none", "none 1 of 1, dog 0.34 below 0.50"},
		}},
		{"to the millionth", usual(), []answer{
			{0, "dog .5 cat .4", ">dog", "dog 1 of 1, score 0.50, margin 0.10"},
			{1, "dog .499999 cat .4", "dog", "dog 1 of 1, score 0.49 holds"},
			{2, "dog .349999", ">none", "none 1 of 1, dog 0.34 below 0.50"},
		}},
		{"margin", usual(), []answer{
			{0, "dog .56 cat .52", ">none", "none 1 of 1, dog 0.56, margin 0.04 below 0.10"},
			{1, "dog .56 cat .46", ">dog", "dog 1 of 1, score 0.56, margin 0.10"},
		}},
		{"another class", usual(), []answer{
			{0, "dog .8", ">dog", ""}, {1, "cat .5 dog .42", "dog", "dog 1 of 1, score 0.42 holds"},
			{2, "cat .55 dog .4", ">cat", "cat 1 of 1, score 0.55, margin 0.15"},
		}},
		{"dwell", usual(func(o *Options) { o.Dwell = 10 * time.Second }), []answer{
			{0, "dog .9", ">dog", ""},
			{3, "cat .9", "dog", "cat 1 of 1, score 0.90, margin 0.90, dwell 3s of 10s"},
			{9.9, "cat .9", "dog", "cat 1 of 1, score 0.90, margin 0.90, dwell 9.9s of 10s"},
			{10, "cat .9", ">cat", "cat 1 of 1, score 0.90, margin 0.90"},
			{12, "sofa .1", "cat", "none 1 of 1, sofa 0.10 below 0.50, dwell 2s of 10s"},
			{20, "sofa .1", ">none", "none 1 of 1, sofa 0.10 below 0.50"},
		}},
		{"cooldown", usual(func(o *Options) { o.Cooldown = 30 * time.Second }), []answer{
			{0, "dog .9", ">dog", ""}, {1, "sofa .1", ">none", ""},
			{10, "dog .9", "none", "dog 1 of 1, score 0.90, margin 0.90, cooldown 21s left"},
			{11, "cat .9", ">cat", ""},
			{30.9, "dog .9", "cat", "dog 1 of 1, score 0.90, margin 0.90, cooldown 0.1s left"},
			{31, "dog .9", ">dog", "dog 1 of 1, score 0.90, margin 0.90"},
		}},
		{"ignored", usual(func(o *Options) { o.Ignore = []string{"bg"} }), []answer{
			{0, "bg .8 dog .15", ">none", "none 1 of 1, bg is ignored"}, {1, "dog .6 bg .3", ">dog", ""},
			{2, "bg .55 dog .4", "dog", "dog 1 of 1, score 0.40 holds"}, {3, "bg .7 dog .2", ">none", "none 1 of 1, bg is ignored"},
		}},
		{"a group", usual(func(o *Options) { o.Groups = map[string][]string{"group": {"dog", "puppy", "hound"}} }), []answer{
			{0, "dog .2 puppy .2 hound .2 cat .45", ">group", "group 1 of 1, score 0.60, margin 0.15"},
		}},
	} {
		t.Run(c.name, func(t *testing.T) { follow(t, newDecider(t, c.options), c.answers) })
	}
}

// What the vectors leave open.
func TestRules(t *testing.T) {
	third, tenS, never := 0.3, 10*time.Second, time.Duration(0)
	dogs := map[string][]string{"dogs": {"dog", "puppy", "hound"}}
	for _, c := range []struct {
		name    string
		options Options
		answers []answer
	}{
		{"a group is 1 at most, and holds as one", usual(func(o *Options) { o.Groups = dogs }), []answer{
			{0, "dog .9 hound .9 cat .9", ">dogs", "dogs 1 of 1, score 1.00, margin 0.10"},
			{1, "dog .1 puppy .1 hound .2 cat .49", "dogs", "dogs 1 of 1, score 0.40 holds"},
		}},
		{"others are ignored", usual(func(o *Options) { o.Groups, o.IgnoreOthers = dogs, true }), []answer{
			{0, "cat .9", ">none", "none 1 of 1, cat is ignored"}, {1, "puppy .9", ">dogs", ""},
		}},
		{"a group is ignored", usual(func(o *Options) { o.Groups, o.Ignore = dogs, []string{"dogs"} }), []answer{
			{0, "puppy .9", ">none", "none 1 of 1, dogs is ignored"}, {1, "cat .9", ">cat", ""},
		}},
		{"of equals the first", usual(func(o *Options) { o.Margin = 0 }), []answer{
			{0, "cat .6 dog .6", ">dog", ""}, {1, "hound .6 cat .6", ">cat", ""},
		}},
		{"own values", usual(of(2, 2), func(o *Options) {
			o.Window, o.Need, o.Dwell = 3, 3, 5*time.Second
			o.Classes = map[string]Own{"dog": {Enter: &third, Need: 3}, "CAT": {Dwell: &tenS, Need: 3}, "sofa": {Dwell: &never}}
		}), []answer{
			{0, "dog .3", "-", "dog 1 of 3, score 0.30, margin 0.30"}, {1, "dog .31", "-", ""}, {2, "dog .3", ">dog", ""},
			{3, "dog .3", "dog", "dog 3 of 3, score 0.30, margin 0.30"}, {4, "dog .29", "dog", "none 1 of 3, dog 0.29 below 0.30, dwell 2s of 5s"},
			{5, "cat .9", "dog", ""}, {6, "cat .9", "dog", "cat 2 of 3, score 0.90, margin 0.90, dwell 4s of 5s"}, {7, "cat .9", ">cat", ""},
			{8, "sofa .9", "cat", ""}, {9, "sofa .9", "cat", ""}, {16.999, "sofa .9", "cat", "sofa 3 of 3, score 0.90, margin 0.90, dwell 9.99s of 10s"},
			{17, "sofa .9", ">sofa", ""}, {17.1, "", "sofa", ""}, {17.2, "", "sofa", ""}, {17.3, "", ">none", "none 3 of 3, dog 0.00 below 0.30"},
		}},
		{"a vote of another need", usual(of(4, 5), func(o *Options) { o.Classes = map[string]Own{"dog": {Need: 5}} }), []answer{
			{0, "dog .9", "-", ""}, {1, "dog .9", "-", ""}, {2, "dog .9", "-", ""}, {3, "dog .9", "-", ""}, {4, "dog .9", ">dog", ""},
			{5, "", "dog", ""}, {6, "", "dog", ""}, {7, "", "dog", ""}, {8, "", ">none", "none 4 of 5, dog 0.00 below 0.50"},
		}},
		{"votes wait for the dwell", usual(of(2, 2), func(o *Options) { o.Dwell = time.Minute }), []answer{
			{0, "dog .9", "-", ""}, {1, "dog .9", ">dog", ""}, {2, "cat .9", "dog", ""}, {3, "cat .9", "dog", ""},
			{61, "dog .9", "dog", ""}, {62, "cat .9", "dog", "cat 1 of 2, score 0.90, margin 0.90"}, {63, "cat .9", ">cat", ""},
		}},
		{"dwell before cooldown", usual(func(o *Options) { o.Dwell, o.Cooldown = 10*time.Second, 15*time.Second }), []answer{
			{0, "dog .9", ">dog", ""}, {10, "cat .9", ">cat", ""},
			{11, "dog .9", "cat", "dog 1 of 1, score 0.90, margin 0.90, dwell 1s of 10s"},
			{20, "dog .9", "cat", "dog 1 of 1, score 0.90, margin 0.90, cooldown 5s left"}, {25, "dog .9", ">dog", ""},
		}},
		{"minutes", usual(func(o *Options) { o.Dwell = 90 * time.Minute }), []answer{
			{0, "dog .9", ">dog", ""}, {3661.239, "cat .9", "dog", "cat 1 of 1, score 0.90, margin 0.90, dwell 1h1m1.23s of 1h30m0s"},
		}},
	} {
		t.Run(c.name, func(t *testing.T) { follow(t, newDecider(t, c.options), c.answers) })
	}
}

// What a decision says beside its label.
func TestDecisionSays(t *testing.T) {
	d := newDecider(t, usual())
	first, _ := d.Step(time.Second, scores(t, "dog .6 cat .3 sofa .2"))
	if first.Label != "dog" || first.Previous != "" || !first.First || first.Since != time.Second ||
		first.Vote.Score.Float() != 0.6 || first.Vote.Second != "cat" || first.Vote.SecondScore.Float() != 0.3 || first.Vote.Window != 1 {
		t.Errorf("%+v", first)
	}
	second, _ := d.Step(2*time.Second, scores(t, "cat .75"))
	if second.Label != "cat" || second.Previous != "dog" || second.First || second.Since != 2*time.Second || second.Vote.Second != "dog" {
		t.Errorf("%+v", second)
	}
	again, changed := d.Step(3*time.Second, scores(t, "cat .9"))
	if changed || again.Previous != "dog" || again.Since != 2*time.Second || again.Vote.Pending {
		t.Errorf("%+v", again)
	}
}

func TestInterrupt(t *testing.T) {
	d := newDecider(t, usual(of(2, 2), func(o *Options) { o.Dwell, o.Cooldown = time.Hour, time.Hour }))
	if got, changed := d.Interrupt(0, "paused"); changed || got.Label != "" {
		t.Errorf("before anything was decided: %+v, changed %t", got, changed)
	}
	follow(t, d, []answer{{1, "dog .9", "-", ""}})
	if _, changed := d.Interrupt(2*time.Second, "paused"); changed || d.Pending() {
		t.Error("before anything was decided, after a vote")
	}
	follow(t, d, []answer{{3, "dog .9", "-", "dog 1 of 2, score 0.90, margin 0.90"}, {4, "dog .9", ">dog", ""}, {5, "cat .9", "dog", ""}})
	got, changed := d.Interrupt(6*time.Second, "lost for 1m0s")
	if reason := string(got.AppendReason(nil)); !changed || got.Label != "" || got.Previous != "dog" || got.First ||
		got.Since != 6*time.Second || got.Vote.Count != 0 || got.Vote.Window != 2 || reason != "lost for 1m0s" || d.Pending() {
		t.Errorf("%+v, changed %t, %q", got, changed, reason)
	}
	if _, changed := d.Interrupt(7*time.Second, "paused"); changed {
		t.Error("none has become none")
	}
	got, changed = d.Step(8*time.Second, scores(t, "cat .9")) // the window was emptied
	if changed || string(got.AppendReason(nil)) != "cat 1 of 2, score 0.90, margin 0.90" {
		t.Errorf("%s", got.AppendReason(nil))
	}
	d.Step(9*time.Second, scores(t, "dog .9"))
	if got, changed = d.Step(10*time.Second, scores(t, "dog .9")); !changed || got.Label != "dog" || got.Previous != "" { // and nothing cools down
		t.Errorf("%+v", got)
	}
}

func TestSetEnter(t *testing.T) {
	high, low := 0.8, 0.2
	d := newDecider(t, usual(func(o *Options) {
		o.Classes = map[string]Own{"cat": {Enter: &high}, "sofa": {Leave: &low}}
	}))
	follow(t, d, []answer{{0, "dog .5", ">dog", ""}})
	d.SetEnter(0.6)
	follow(t, d, []answer{
		{1, "dog .5", "dog", "dog 1 of 1, score 0.50 holds"}, {2, "", ">none", ""}, {3, "dog .59", "none", "none 1 of 1, dog 0.59 below 0.60"},
		{4, "dog .6", ">dog", ""},
	})
	d.SetEnter(0.1) // and leave with it
	follow(t, d, []answer{
		{5, "dog .1", "dog", "dog 1 of 1, score 0.10, margin 0.10"}, {6, "dog .09", ">none", "none 1 of 1, dog 0.09 below 0.10"},
		{7, "cat .79", "none", "none 1 of 1, cat 0.79 below 0.80"}, {8, "sofa .1", ">sofa", ""}, {9, "sofa .09", ">none", ""},
	})
	d.SetEnter(0.5)
	follow(t, d, []answer{
		{10, "sofa .5", ">sofa", ""}, {11, "sofa .2", "sofa", "sofa 1 of 1, score 0.20 holds"},
		{12, "dog .5", ">dog", ""}, {13, "dog .34", ">none", "none 1 of 1, dog 0.34 below 0.50"},
	})
	if d.Enter() != 0.5 {
		t.Errorf("enter %v", d.Enter())
	}
}

// A window with more votes than half, rounded up, never flaps; with 2 of 3 it would, which is no possible config.
func TestAlternation(t *testing.T) {
	for _, c := range []struct{ need, window, want int }{{3, 4, 0}, {4, 5, 0}, {3, 3, 0}, {2, 2, 0}, {1, 1, 60}, {2, 3, 58}} {
		if got := changes(t, c.need, c.window, 60, func(i int) bool { return i%2 == 1 }); got != c.want {
			t.Errorf("%d of %d: %d changes in 60 frames, want %d", c.need, c.window, got, c.want)
		}
	}
}

// changes counts what two classes do to a rule in so many frames, also one that New would not take.
func changes(t *testing.T, need, window, frames int, second func(i int) bool) (n int) {
	t.Helper()
	d := newDecider(t, usual(of(window, window)))
	d.options.Need = need
	for i := range d.candidates {
		d.candidates[i].need = need
	}
	answers := map[bool]*task.Findings{false: scores(t, "dog .9"), true: scores(t, "cat .9")}
	for i := range frames {
		if _, changed := d.Step(time.Duration(i)*time.Second/10, answers[second(i)]); changed {
			n++
		}
	}
	return n
}
