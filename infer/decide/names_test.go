package decide

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// breeds are classes with names of which some are alike, and two the same.
var breeds = []string{"background", "Border terrier", "Yorkshire Terrier", "golden retriever", "tabby, cat", "crane", "crane", "2024"}

func TestCandidates(t *testing.T) {
	for _, c := range []struct {
		name    string
		options Options
		want    string // the candidates in their order, ignored ones in brackets, with their classes
	}{
		{"all", Options{}, "background:0 Border terrier:1 Yorkshire Terrier:2 golden retriever:3 tabby, cat:4 crane:5,6 2024:7"},
		{"a pattern, whatever the case", Options{Groups: map[string][]string{"dog": {"*TERRIER", "golden ?etriever"}}},
			"background:0 dog:1,2,3 tabby, cat:4 crane:5,6 2024:7"},
		{"numbers and ranges", Options{Groups: map[string][]string{"dog": {"1-2", "3"}, "x": {" 5 – 6 "}}},
			"background:0 dog:1,2,3 tabby, cat:4 x:5,6 2024:7"},
		{"a name of digits is a name", Options{Groups: map[string][]string{"x": {"2024", "7"}}, Ignore: []string{"crane"}},
			"background:0 Border terrier:1 Yorkshire Terrier:2 golden retriever:3 tabby, cat:4 (crane):5,6 x:7"},
		{"named twice in one group", Options{Groups: map[string][]string{"dog": {"1", "Border terrier", "*terrier"}}, Ignore: []string{"0", "BACKGROUND"}},
			"(background):0 dog:1,2 golden retriever:3 tabby, cat:4 crane:5,6 2024:7"},
		{"a group called as a class of it", Options{Groups: map[string][]string{"Crane": {"crane", "tab*"}}},
			"background:0 Border terrier:1 Yorkshire Terrier:2 golden retriever:3 Crane:4,5,6 2024:7"},
		{"others", Options{Groups: map[string][]string{"cat": {"tabby*"}}, IgnoreOthers: true, Classes: map[string]Own{"CAT": {}}},
			"(background):0 (Border terrier):1 (Yorkshire Terrier):2 (golden retriever):3 cat:4 (crane):5,6 (2024):7"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := New(c.options, breeds)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for i, candidate := range d.candidates {
				var of []string
				for class, j := range d.of {
					if i == j {
						of = append(of, fmt.Sprint(class))
					}
				}
				name := candidate.name
				if candidate.ignored {
					name = "(" + name + ")"
				} else if !slices.Contains(d.Labels(), name) {
					t.Errorf("%s is not among the labels %q", name, d.Labels())
				}
				got = append(got, name+":"+strings.Join(of, ","))
			}
			if text := strings.Join(got, " "); text != c.want {
				t.Errorf("candidates\n%s\nwant\n%s", text, c.want)
			}
		})
	}
}

func TestClassesWithoutNames(t *testing.T) {
	d, err := New(Options{Groups: map[string][]string{"low": {"0-1"}}}, make([]string, 4))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := d.Labels(), []string{"low", "2", "3"}; !slices.Equal(got, want) {
		t.Errorf("labels %q, want %q", got, want)
	}
}

// A model may have no classes: then there is nothing to decide.
func TestNoClasses(t *testing.T) {
	d, err := New(Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, changed := d.Step(0, scores(t, "dog .9"))
	if reason := string(got.AppendReason(nil)); !changed || got.Label != "" || reason != "none 1 of 1" {
		t.Errorf("%+v, changed %t, %q", got, changed, reason)
	}
}

func TestErrors(t *testing.T) {
	half, high, many := 0.5, 1.5, 20000*time.Hour
	for _, c := range []struct {
		name    string
		options Options
		want    string // all errors, a line each
	}{
		{"no such class", Options{Groups: map[string][]string{"dog": {"yorkshire terier"}}},
			`groups.dog: no class is called "yorkshire terier" (the nearest is "Yorkshire Terrier")`},
		{"no such class, but inside of one", Options{Ignore: []string{"cat", "bcakground"}},
			`ignore: no class or group is called "cat" (the nearest is "tabby, cat")` + "\n" +
				`ignore: no class or group is called "bcakground" (the nearest is "background")`},
		{"no such pattern", Options{Groups: map[string][]string{"dog": {"*terier"}}},
			`groups.dog: no class matches "*terier" (the nearest is "Border terrier")`},
		{"no such number", Options{Groups: map[string][]string{"dog": {"8"}, "end": {"6-20"}}},
			"groups.dog: there is no class 8: the nearest is 7, the last one of the model\n" +
				"groups.end: there is no class 20: the nearest is 7, the last one of the model"},
		{"backwards", Options{Groups: map[string][]string{"dog": {"3-1"}}}, "groups.dog: the range 3-1 runs backwards (did you mean 1-3?)"},
		{"in two groups", Options{Groups: map[string][]string{"dog": {"*terrier"}, "small": {"2-3"}}},
			`groups.small: the class "Yorkshire Terrier" (by "2-3") is in the group dog too: a class counts for one group only`},
		{"an empty group", Options{Groups: map[string][]string{"dog": nil, "": {"1"}}},
			"groups.: a group needs a name and classes: [first, second]\ngroups.dog: a group needs a name and classes: [first, second]"},
		{"a group called as a class", Options{Groups: map[string][]string{"crane": {"1"}}},
			`groups.crane: there is a class "crane" outside the group: put it in, or give the group another name`},
		{"ignored inside of a group", Options{Groups: map[string][]string{"dog": {"*terrier"}}, Ignore: []string{"Border terrier", "1-3"}},
			`ignore: the class "Border terrier" is in the group dog: name the group instead` + "\n" +
				`ignore: the class "Border terrier" is in the group dog: name the group instead`},
		{"all ignored", Options{Ignore: []string{"*"}}, "ignore: nothing is left that could be decided"},
		{"no groups, no others", Options{IgnoreOthers: true}, "ignore: nothing is left that could be decided"},
		{"own values of nobody", Options{Classes: map[string]Own{"crain": {}}},
			`classes.crain: no class or group is called "crain" (the nearest is "crane")`},
		{"own values twice", Options{Classes: map[string]Own{"Crane": {}, "5": {}, "6-6": {}}},
			`classes.6-6: "crane" has values of its own as "5" already` + "\n" + `classes.Crane: "crane" has values of its own as "5" already`},
		{"leave above enter", Options{Enter: 0.5, Leave: 0.6, Classes: map[string]Own{"crane": {Leave: &half}, "2024": {Enter: new(float64), Leave: &half}}},
			"leave: 0.6 is above enter, 0.5: what is decided would be left at once (want at most enter)\n" +
				"classes.2024.leave: 0.5 is above enter, 0: what is decided would be left at once (want at most enter)"},
		{"out of range", Options{Enter: -1, Leave: -2, Margin: 2, Dwell: -1, Cooldown: many, Classes: map[string]Own{"crane": {Enter: &high, Cooldown: &many}}},
			"enter: -1 is out of range (want 0 to 1)\nleave: -2 is out of range (want 0 to 1)\nmargin: 2 is out of range (want 0 to 1)\n" +
				"dwell: -1ns is out of range (want 0s to 8760h0m0s)\ncooldown: 20000h0m0s is out of range (want 0s to 8760h0m0s)\n" +
				"classes.crane.enter: 1.5 is out of range (want 0 to 1)\nclasses.crane.cooldown: 20000h0m0s is out of range (want 0s to 8760h0m0s)"},
		{"a window without votes", Options{Window: 5},
			"need: 0 of 5 is not possible (want 4 to 5: above half of the window, rounded up)"},
		{"votes without a window", Options{Need: 5}, "window: 0 is out of range (want 1 to 1000)"},
		{"too few votes", Options{Need: 2, Window: 3, Classes: map[string]Own{"crane": {Need: 4}}},
			"need: 2 of 3 is not possible (want 3: above half of the window, rounded up)\n" +
				"classes.crane.need: 4 of 3 is not possible (want 3: above half of the window, rounded up)"},
		{"two of one", Options{Need: 2, Window: 1}, "need: 2 of 1 is not possible (want 1: above half of the window, rounded up)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := New(c.options, breeds)
			if err == nil || err.Error() != c.want {
				t.Errorf("error\n%v\nwant\n%s", err, c.want)
			}
		})
	}
}

func TestNeeds(t *testing.T) {
	for window := 1; window <= 10; window++ {
		least := []int{0, 1, 2, 3, 3, 4, 4, 5, 5, 6, 6}[window]
		for need := range 12 {
			_, err := New(Options{Need: need, Window: window}, breeds)
			if good := need >= least && need <= window; good != (err == nil) {
				t.Errorf("%d of %d: %v", need, window, err)
			}
		}
	}
}

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"*", "", true}, {"*", "x", true}, {"?", "", false}, {"?", "é", true}, {"??", "é", false}, {"*terrier*", "border terrier dog", true},
		{"*terrier", "terrier dog", false}, {"a*b*c", "a__b_b__c", true}, {"a*b*c", "acb", false}, {"**é?", "xéy", true},
		{"a?c", "abc", true}, {"a?c", "ac", false}, {"[a]", "a", false}, {`\*`, `\x`, true}, {"*ab", "aab", true}, {"", "", true}, {"", "x", false},
	} {
		if got := matches(c.pattern, c.name); got != c.want {
			t.Errorf("%q matches %q: %t", c.pattern, c.name, got)
		}
	}
}

// FuzzEntries gives New names and entries as they come: it answers with an error or with candidates for all classes.
func FuzzEntries(f *testing.F) {
	f.Add("dog\ncat", "d*", "1")
	f.Add("\xff\n\n", "?", "0-1")
	f.Add("a\nb\nc", "0-999999999", "**")
	f.Fuzz(func(t *testing.T, text, first, second string) {
		classes := strings.Split(text, "\n")
		if len(classes) > 50 || len(text)+len(first)+len(second) > 1000 {
			return
		}
		d, err := New(Options{Groups: map[string][]string{"group": {first}}, Ignore: []string{second}, Classes: map[string]Own{second: {}}}, classes)
		if err != nil {
			if err.Error() == "" {
				t.Error("an error that says nothing")
			}
			return
		}
		if len(d.of) != len(classes) || len(d.Labels()) == 0 || slices.Contains(d.Labels(), "") {
			t.Errorf("%d of %d classes, labels %q", len(d.of), len(classes), d.Labels())
		}
	})
}
